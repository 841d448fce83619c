#include "authd/jose/idtoken.h"

#include <jwt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "authd/jose/jws.h"

static void
token_freep(jwt_t **t)
{
	jwt_free(*t);
}

static enum status
libjwt_alg(enum jwk_alg alg, jwt_alg_t *out)
{
	switch (alg) {
	case JWK_RS256:
		*out = JWT_ALG_RS256;
		return OK;
	case JWK_ES256:
		*out = JWT_ALG_ES256;
		return OK;
	default:
		return E_UNSUPPORTED;
	}
}

static enum status
encode(jwt_t *token, struct buf *out)
{
	char *text = jwt_encode_str(token);

	if (text == NULL)
		return E_SYSTEM;
	buf_put_cstr(out, text);
	free(text);
	return buf_status(out);
}

/* The proof that the library did what it was asked for: right type, right algorithm, right key. */
static enum status
read_back(struct str text, enum jwk_alg alg, const struct jwk *published)
{
	CLEANUP(jws_freep) struct jws *j = NULL;

	if (jws_parse(JWS_ID_TOKEN_HINT, text, &j) != OK || jws_alg(j) != alg ||
	    !str_eq(jws_kid(j), jwk_kid(published)) || jws_verify(j, published) != OK)
		return E_CORRUPT;
	return OK;
}

static enum status
set_content(jwt_t *token, struct str claims, struct str kid)
{
	CLEANUP(jws_json_freep) json_t *object = NULL;
	CLEANUP(freep) char *claims_text = NULL;
	CLEANUP(freep) char *kid_text = NULL;

	TRY(jws_json_object(claims, IDTOKEN_CLAIMS_MAX, &object));
	TRY(str_dup(claims, &claims_text));
	TRY(str_dup(kid, &kid_text));
	if (jwt_add_grants_json(token, claims_text) != 0 || jwt_add_header(token, "kid", kid_text) != 0)
		return E_INVALID;
	return OK;
}

enum status
idtoken_sign(enum jwk_alg alg, struct str pem, const struct jwk *published, struct str claims, struct buf *out)
{
	CLEANUP(token_freep) jwt_t *token = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(JWS_MAX);
	jwt_alg_t name;

	TRY(libjwt_alg(alg, &name));
	if (jwt_new(&token) != 0)
		return E_NOMEM;
	TRY(set_content(token, claims, jwk_kid(published)));
	if (pem.n > INT_MAX || jwt_set_alg(token, name, (const unsigned char *)pem.p, (int)pem.n) != 0)
		return E_INVALID;
	TRY(encode(token, &text));
	TRY(read_back(buf_str(&text), alg, published));
	buf_put(out, buf_str(&text));
	return buf_status(out);
}
