/*
 * jws.h: the one reader of signed tokens (RFC 7515 compact form, RFC 8725).
 *
 * What a token may be is a row of a table per use: its `typ`, its algorithms, its required claims, its audience rule.
 * The rows exclude each other: an ID token is no access token, a ticket is no assertion. The algorithm must be allowed
 * by the row and by the key; the header only says which of the allowed ones was used. Nothing in a header is fetched or
 * trusted.
 *
 * Order: jws_parse (bounded, strict, nothing believed) -> find the key -> jws_verify -> jws_check -> jws_claims.
 * jws_accept does it all. Claims are handed out only after both checks.
 */
#ifndef AUTHD_JOSE_JWS_H
#define AUTHD_JOSE_JWS_H

#include <stdint.h>

#include "authd/jose/jwk_set.h"
#include "authd/jose/jws_json.h"

#define JWS_MAX     ((size_t)8 << 10) /* bytes of a token, checked before anything else */
#define JWS_SKEW_US INT64_C(10000000) /* how far in the future iat and nbf may lie; exp gets none */

enum jws_use {
	JWS_ACCESS_TOKEN,     /* RFC 9068: typ at+jwt; ours among its audiences */
	JWS_INTROSPECTED,     /* the same for any audience: only to tell about a token, never to let one in */
	JWS_CLIENT_ASSERTION, /* RFC 7523: typ absent, JWT or client-authentication+jwt; sole aud, at most 5 min */
	JWS_TICKET,           /* ombud-ticket+jwt */
	JWS_ID_TOKEN_HINT,    /* typ JWT or absent; an expired one is accepted, as OpenID Connect has it */
	JWS_DPOP,             /* RFC 9449: typ dpop+jwt, key in the header */
	JWS_USES
};

struct jws;

/*
 * Reads a token for one use. E_TOO_LARGE over JWS_MAX. E_INVALID: not three canonical base64url segments, header or
 * claims no UTF-8 JSON object without duplicate members, crit, b64, zip, jku, x5u, x5c, x5t or (but for JWS_DPOP) jwk
 * in the header, `typ` or `alg` not of the row, a signature of the wrong length, a claim of the wrong type or a
 * required one missing.
 */
MUST_USE enum status jws_parse(enum jws_use use, struct str token, struct jws **out);
void jws_free(struct jws *j);
void jws_freep(struct jws **j);

/* The header's kid, empty when absent: data for a lookup in a table, nothing else. */
struct str jws_kid(const struct jws *j);
enum jwk_alg jws_alg(const struct jws *j);
/* JWS_DPOP: the proof's own key (borrowed). NULL for every other use. */
const struct jwk *jws_header_key(const struct jws *j);
/* A string claim before anything is verified: only to find out whose keys to try. E_NOT_FOUND when absent. */
MUST_USE enum status jws_unverified(const struct jws *j, const char *claim, struct str *out);

/* E_UNAUTHENTICATED when the signature does not hold under this key, or the key is not for the token's algorithm. */
MUST_USE enum status jws_verify(struct jws *j, const struct jwk *key);

struct jws_expect {
	struct str iss; /* exact; for an assertion the client id, which must equal sub too; not used for DPoP */
	struct str aud; /* exact; for an assertion the only audience, as a string. Not used for DPoP and introspection;
			 * for a hint it may be empty: any client */
	int64_t now_us;
	unsigned algs; /* bits of enum jwk_alg to narrow the row further (FAPI: no RS256); 0 = as the row */
};

/*
 * Checks the claims of a verified token. E_EXPIRED: exp has passed (never for JWS_ID_TOKEN_HINT). E_UNAUTHENTICATED:
 * iss, aud, sub, iat, nbf or life against the rule, or jws_verify has not succeeded.
 */
MUST_USE enum status jws_check(struct jws *j, const struct jws_expect *expect);

/* The claims, borrowed from j, or NULL unless jws_verify and jws_check have both succeeded. */
const json_t *jws_claims(const struct jws *j);

/* Parse, find the key by kid in keys, verify, check. An unknown kid is E_UNAUTHENTICATED. */
MUST_USE enum status jws_accept(enum jws_use use, struct str token, const struct jwk_set *keys,
				const struct jws_expect *expect, struct jws **out);

/* Seconds of a verified integer claim as microseconds; E_NOT_FOUND when absent. */
MUST_USE enum status jws_time_us(const struct jws *j, const char *claim, int64_t *out_us);

#endif
