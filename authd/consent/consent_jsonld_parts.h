/* consent_jsonld_parts.h: the parts of a record in JSON-LD that are long enough for a file of their own. */
#ifndef AUTHD_CONSENT_CONSENT_JSONLD_PARTS_H
#define AUTHD_CONSENT_CONSENT_JSONLD_PARTS_H

#include <jansson.h>

#include "auditlog/base/str.h"

/* Adds dpv:hasProcess to a consent record's node. E_INVALID: the record is not of its shape. */
MUST_USE enum status consent_jsonld_process(json_t *node, const json_t *record, struct str issuer);

#endif
