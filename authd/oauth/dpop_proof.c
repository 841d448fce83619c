#include "authd/oauth/dpop_proof.h"

#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "authd/jose/jws.h"
#include "authd/oauth/htu.h"

/* One question of the list: leaves with the reason when it is not met. */
#define NEED(condition, reason)                                                                                        \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			*why = (reason);                                                                               \
			return E_INVALID;                                                                              \
		}                                                                                                      \
	} while (0)

static struct str
claim(const struct jws *j, const char *name)
{
	struct str value;

	return jws_json_text(jws_claims(j), name, &value) == OK ? value : (struct str){ 0 };
}

static bool
copy(struct str from, char *to, size_t size)
{
	if (from.n >= size || (from.n > 0 && memchr(from.p, '\0', from.n) != NULL))
		return false;
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return true;
}

/* RFC 9449 4.2: base64url of the SHA-256 of the token's text. */
static bool
is_hash_of(struct str ath, struct str token)
{
	CLEANUP(buf_clear) struct buf text = BUF(CNF_VALUE_LEN);
	struct hash h = hash_sha256(token);

	encode_base64url(&text, str_from(h.b, sizeof(h.b)));
	return buf_status(&text) == OK && secret_equal(ath, buf_str(&text));
}

static enum status
check_signature(struct jws *j, int64_t now_us, const char **why)
{
	const struct jws_expect expect = { .now_us = now_us };
	enum status st = jws_verify(j, jws_header_key(j));

	if (st == E_NOMEM)
		return st;
	NEED(st == OK, "the signature of the DPoP proof does not hold under its own key");
	NEED(jws_check(j, &expect) == OK,
	     "the DPoP proof was not made just now: iat may be 60 s in the past and 10 s ahead");
	return OK;
}

static enum status
check_purpose(const struct jws *j, const struct dpop_proof_asked *asked, const char **why)
{
	NEED(str_is(claim(j, "htm"), asked->method), "htm of the DPoP proof is not the method of this request");
	NEED(htu_same(claim(j, "htu"), asked->uri), "htu of the DPoP proof is not the address of this request");
	NEED(asked->token.p == NULL || is_hash_of(claim(j, "ath"), asked->token),
	     "ath of the DPoP proof is not the hash of this access token");
	return OK;
}

enum status
dpop_proof_check(struct str text, const struct dpop_proof_asked *asked, struct dpop_proof *out, const char **why)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	enum status st = jws_parse(JWS_DPOP, text, &j);

	if (st == E_NOMEM)
		return st;
	NEED(st == OK, "the DPoP header is no proof: a JWT of typ dpop+jwt with alg " DPOP_PROOF_ALGS
		       ", a public jwk, and jti, htm, htu and iat");
	TRY(check_signature(j, asked->now_us, why));
	TRY(check_purpose(j, asked, why));
	NEED(copy(claim(j, "jti"), out->jti, sizeof(out->jti)), "jti of the DPoP proof is longer than 128 bytes");
	NEED(copy(claim(j, "nonce"), out->nonce, sizeof(out->nonce)), "nonce of the DPoP proof is none of ours");
	TRY(jws_time_us(j, "iat", &out->issued_us));
	return cnf_of_jkt(jwk_thumbprint(jws_header_key(j)), &out->cnf);
}
