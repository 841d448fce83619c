/*
 * consent_jsonld.h: a consent record and its receipt as JSON-LD, by the profile of the W3C Data Privacy Vocabulary for
 * ISO/IEC TS 27560:2023 (DPV 2.3, https://w3id.org/dpv/schema/dpv-27560).
 *
 * The context is embedded and says prefixes only: nothing has to be fetched, and no member's meaning depends on a file
 * elsewhere. Member names are constants of consent_jsonld.c and consent_jsonld_process.c; what comes out of a record
 * becomes a value, or an address where the record's own shape (consent_shape.h) makes it one (jsonld.h). What neither
 * DPV nor Dublin Core, DCAT, ODRL and SPDX have a term for is said with Dublin Core: an entry of the log is a
 * dct:provenance of its event.
 */
#ifndef AUTHD_CONSENT_CONSENT_JSONLD_H
#define AUTHD_CONSENT_CONSENT_JSONLD_H

#include <jansson.h>

#include "auditlog/base/str.h"

/* A valid record (consent_record_validate()). issuer: "https://host[:port]". *out is the caller's. E_INVALID. */
MUST_USE enum status consent_jsonld_record(const json_t *record, struct str issuer, json_t **out);
/* What consenting_receipt() made. */
MUST_USE enum status consent_jsonld_receipt(const json_t *receipt, struct str issuer, json_t **out);

#endif
