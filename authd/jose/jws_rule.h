/* jws_rule.h: what a token of each use may look like, as a table, and the checks that follow from a row. For jws.c. */
#ifndef AUTHD_JOSE_JWS_RULE_H
#define AUTHD_JOSE_JWS_RULE_H

#include "authd/jose/jws.h"

struct jws_rule;

/* What the header said that matters, borrowed from it. */
struct jws_header {
	enum jwk_alg alg;
	struct str kid;
	const json_t *jwk; /* only where the row wants one */
};

/* NULL for a use that is not in the table. */
const struct jws_rule *jws_rule_of(enum jws_use use);
/* E_INVALID: a member that nobody may send, `typ` or `alg` not of the row, a `jwk` missing or unwanted. */
MUST_USE enum status jws_rule_header(const struct jws_rule *rule, const json_t *header, struct jws_header *out);
/* E_INVALID: a claim of the wrong type, or a required one missing. Believes nothing yet. */
MUST_USE enum status jws_rule_shape(const struct jws_rule *rule, const json_t *claims);
/* The values, as jws_check() has them. */
MUST_USE enum status
jws_rule_check(const struct jws_rule *rule, const json_t *claims, enum jwk_alg alg, const struct jws_expect *expect);
/* `aud` is this string or an array with it. */
bool jws_rule_has_audience(const json_t *claims, struct str aud);

#endif
