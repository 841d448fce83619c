/*
 * canonical.h: one spelling of a JSON value, so that it can be hashed and signed.
 *
 * No white space; strings in UTF-8 with only ", \ and control characters escaped (\b \t \n \f \r, else \u00xx in lower
 * case); integers in decimal. Numbers with a fraction are refused: nothing here needs one, and their spelling differs
 * between writers.
 */
#ifndef AUTHD_POLICY_CANONICAL_H
#define AUTHD_POLICY_CANONICAL_H

#include <jansson.h>

#include "auditlog/base/buf.h"

enum canonical_order {
	CANONICAL_AS_BUILT, /* members in the order in which they were set or read: consent records keep their schema's
			       order */
	CANONICAL_SORTED,   /* members by the bytes of their names: the policy bundle */
};

#define CANONICAL_DEPTH_MOST 64

/* Appends value to out. E_INVALID for a fraction or too much depth; otherwise out's own status. */
MUST_USE enum status canonical_put(struct buf *out, const json_t *value, enum canonical_order order);
void canonical_put_string(struct buf *out, struct str text);

#endif
