/*
 * cnf.h: who may use a token besides whoever holds it (RFC 7800): nobody else, the holder of a DPoP key (RFC 9449 6:
 * `jkt`, the RFC 7638 thumbprint of its key), or the holder of a TLS certificate (RFC 8705 3.1: `x5t#S256`). Pure.
 */
#ifndef AUTHD_OAUTH_CNF_H
#define AUTHD_OAUTH_CNF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/buf.h"

#define CNF_VALUE_LEN 43 /* base64url of a SHA-256 value */
#define CNF_TEXT_MOST 47 /* "jkt:" or "x5t:" and the value */

enum cnf_kind {
	CNF_NONE, /* a bearer token */
	CNF_DPOP, /* jkt */
	CNF_TLS,  /* x5t#S256 */
};

/* All zero is CNF_NONE. Copied freely. */
struct cnf {
	enum cnf_kind kind;
	char value[CNF_VALUE_LEN + 1];
};

/* E_INVALID unless it is 43 characters of base64url. */
MUST_USE enum status cnf_of_jkt(struct str jkt, struct cnf *out);
/* thumbprint: SHA-256 of the DER certificate (struct http_cert). */
struct cnf cnf_of_cert(const uint8_t thumbprint[32]);

/* Constant in time. Two CNF_NONE are equal. */
bool cnf_equal(const struct cnf *a, const struct cnf *b);
/* Only the key of a DPoP proof: `jkt` (dpop_jkt of a request or code) names this one. */
bool cnf_is_jkt(const struct cnf *c, struct str jkt);
/* What `token_type` says: "DPoP" or "Bearer" (a certificate-bound token is a Bearer token, RFC 8705 3). */
const char *cnf_token_type(const struct cnf *c);

/* The claim `cnf` of a token; NULL for CNF_NONE (and when memory is out: then *failed is set). The caller's. */
json_t *cnf_claim(const struct cnf *c, bool *failed);
/* Reads `cnf` out of claims: absent is CNF_NONE. E_INVALID for a confirmation that we do not make or check. */
MUST_USE enum status cnf_of_claims(const json_t *claims, struct cnf *out);

/* As one column of a table: "" for none, "jkt:…", "x5t:…". */
void cnf_put(const struct cnf *c, struct buf *out);
/* E_CORRUPT for any other text. */
MUST_USE enum status cnf_parse(struct str text, struct cnf *out);

#endif
