#include "authd/jose/jws.h"

#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/jose/jws_rule.h"
#include "authd/jose/jws_signature.h"

struct jws {
	const struct jws_rule *rule;
	struct buf signed_bytes; /* header and claims as they came, with the dot between */
	struct buf signature;
	json_t *header, *claims;
	struct jws_header said;
	struct jwk *header_key;
	bool verified, checked;
};

struct segments {
	struct str header, claims, signature, signed_bytes;
};

static enum status
split(struct str token, struct segments *out)
{
	struct str rest = token;
	struct str extra;

	if (token.n > JWS_MAX)
		return E_TOO_LARGE;
	if (token.n == 0 || !str_next(&rest, '.', &out->header) || !str_next(&rest, '.', &out->claims) ||
	    !str_next(&rest, '.', &out->signature) || str_next(&rest, '.', &extra))
		return E_INVALID;
	if (out->header.n == 0 || out->claims.n == 0 || out->signature.n == 0)
		return E_INVALID;
	out->signed_bytes = str_from(token.p, out->header.n + 1 + out->claims.n);
	return OK;
}

static enum status
decode_object(struct str segment, json_t **out)
{
	CLEANUP(buf_clear) struct buf text = BUF(JWS_MAX);

	TRY(decode_base64url(segment, &text));
	return jws_json_object(buf_str(&text), JWS_MAX, out);
}

static enum status
decode_signature(struct jws *j, struct str segment)
{
	j->signature = BUF(JWS_MAX);
	TRY(decode_base64url(segment, &j->signature));
	return jws_signature_length_fits(j->said.alg, j->signature.n) ? OK : E_INVALID;
}

static enum status
fill(struct jws *j, const struct segments *s)
{
	TRY(decode_object(s->header, &j->header));
	TRY(jws_rule_header(j->rule, j->header, &j->said));
	TRY(decode_signature(j, s->signature));
	if (j->said.jwk != NULL && jwk_import(j->said.jwk, &j->header_key) != OK)
		return E_INVALID;
	TRY(decode_object(s->claims, &j->claims));
	TRY(jws_rule_shape(j->rule, j->claims));
	j->signed_bytes = BUF(JWS_MAX);
	buf_put(&j->signed_bytes, s->signed_bytes);
	return buf_status(&j->signed_bytes);
}

enum status
jws_parse(enum jws_use use, struct str token, struct jws **out)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct segments s = { 0 };

	TRY(split(token, &s));
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return E_NOMEM;
	j->rule = jws_rule_of(use);
	if (j->rule == NULL)
		return E_INVALID;
	TRY(fill(j, &s));
	*out = STEAL(&j);
	return OK;
}

void
jws_free(struct jws *j)
{
	if (j == NULL)
		return;
	buf_clear(&j->signed_bytes);
	buf_clear(&j->signature);
	json_decref(j->header);
	json_decref(j->claims);
	jwk_free(j->header_key);
	free(j);
}

void
jws_freep(struct jws **j)
{
	jws_free(*j);
	*j = NULL;
}

struct str
jws_kid(const struct jws *j)
{
	return j->said.kid;
}

enum jwk_alg
jws_alg(const struct jws *j)
{
	return j->said.alg;
}

const struct jwk *
jws_header_key(const struct jws *j)
{
	return j->header_key;
}

enum status
jws_unverified(const struct jws *j, const char *claim, struct str *out)
{
	return jws_json_text(j->claims, claim, out) == OK ? OK : E_NOT_FOUND;
}

enum status
jws_verify(struct jws *j, const struct jwk *key)
{
	j->verified = false;
	TRY(jws_signature_verify(j->said.alg, key, buf_str(&j->signed_bytes), buf_str(&j->signature)));
	j->verified = true;
	return OK;
}

enum status
jws_check(struct jws *j, const struct jws_expect *expect)
{
	j->checked = false;
	if (!j->verified)
		return E_UNAUTHENTICATED;
	TRY(jws_rule_check(j->rule, j->claims, j->said.alg, expect));
	j->checked = true;
	return OK;
}

const json_t *
jws_claims(const struct jws *j)
{
	return j->verified && j->checked ? j->claims : NULL;
}

enum status
jws_accept(enum jws_use use, struct str token, const struct jwk_set *keys, const struct jws_expect *expect,
	   struct jws **out)
{
	CLEANUP(jws_freep) struct jws *j = NULL;

	TRY(jws_parse(use, token, &j));
	const struct jwk *key = jwk_set_find(keys, j->said.kid, j->said.alg);
	if (key == NULL)
		return E_UNAUTHENTICATED;
	TRY(jws_verify(j, key));
	TRY(jws_check(j, expect));
	*out = STEAL(&j);
	return OK;
}

enum status
jws_time_us(const struct jws *j, const char *claim, int64_t *out_us)
{
	const json_t *v = jws_claims(j) != NULL ? json_object_get(j->claims, claim) : NULL;

	if (!json_is_integer(v))
		return E_NOT_FOUND;
	/* Within the year 9999, as the shape of every time claim is checked; another claim could be any integer. */
	if (json_integer_value(v) < 0 || json_integer_value(v) > INT64_MAX / SECOND_US)
		return E_NOT_FOUND;
	*out_us = json_integer_value(v) * SECOND_US;
	return OK;
}
