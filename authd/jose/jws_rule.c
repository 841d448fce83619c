#include "authd/jose/jws_rule.h"

#include <string.h>

#include "auditlog/base/clock.h"

#define AUDIENCES_MAX 16
#define TEXT_MAX      2048
#define YEAR_9999_S   INT64_C(253402300799)

enum audience {
	AUDIENCE_NONE,  /* the token has none: DPoP */
	AUDIENCE_SOLE,  /* a string, equal to the expected one */
	AUDIENCE_AMONG, /* the expected one is it or is in the array */
	AUDIENCE_KNOWN, /* as AMONG; when none is expected, any */
	AUDIENCE_ANY,   /* the caller checks */
};

struct jws_rule {
	const char *typs[4]; /* "" = the header may have none */
	unsigned algs;
	const char *required[9];
	enum audience audience;
	bool subject_is_issuer;
	bool expired_is_fine;
	int64_t life_most_us; /* exp at most this far ahead; 0 = no limit of ours */
	int64_t age_most_us;  /* iat at most this long ago; 0 = no limit */
	bool header_key;
};

#define ACCESS_TOKEN_ROW(who)                                                                                          \
	{                                                                                                              \
		.typs = { "at+jwt", "application/at+jwt" }, .algs = JWK_ES256 | JWK_RS256 | JWK_PS256,                 \
		.required = { "iss", "sub", "aud", "exp", "iat", "jti", "client_id" }, .audience = (who),              \
	}

static const struct jws_rule rules[JWS_USES] = {
	[JWS_ACCESS_TOKEN] = ACCESS_TOKEN_ROW(AUDIENCE_AMONG),
	[JWS_INTROSPECTED] = ACCESS_TOKEN_ROW(AUDIENCE_ANY),
	/* RFC 10070 and FAPI 2.0: the issuer alone, as a string; anything wider could be replayed at somebody else. */
	[JWS_CLIENT_ASSERTION] = {
		.typs = { "", "JWT", "client-authentication+jwt" },
		.algs = JWK_ES256 | JWK_RS256 | JWK_PS256 | JWK_EDDSA,
		.required = { "iss", "sub", "aud", "exp", "jti" },
		.audience = AUDIENCE_SOLE,
		.subject_is_issuer = true,
		.life_most_us = 300 * SECOND_US,
	},
	[JWS_TICKET] = {
		.typs = { "ombud-ticket+jwt" },
		.algs = JWK_ES256,
		.required = { "iss", "sub", "aud", "exp", "iat", "jti", "client_id" },
		.audience = AUDIENCE_AMONG,
	},
	[JWS_ID_TOKEN_HINT] = {
		.typs = { "JWT", "" },
		.algs = JWK_RS256 | JWK_ES256 | JWK_PS256,
		.required = { "iss", "sub", "aud", "exp", "iat" },
		.audience = AUDIENCE_KNOWN,
		.expired_is_fine = true,
	},
	[JWS_DPOP] = {
		.typs = { "dpop+jwt" },
		.algs = JWK_ES256 | JWK_PS256 | JWK_EDDSA,
		.required = { "jti", "htm", "htu", "iat" },
		.audience = AUDIENCE_NONE,
		.age_most_us = 60 * SECOND_US,
		.header_key = true,
	},
};

const struct jws_rule *
jws_rule_of(enum jws_use use)
{
	return (unsigned)use < JWS_USES ? &rules[use] : NULL;
}

/* ---- header ---- */

/*
 * Members that would make the verifier fetch something, change what is signed, or nest another token. `jwk` is judged
 * by the row. Other unknown members are ignored, as RFC 7515 has it.
 */
static const char *const header_refused[] = {
	"crit", "b64", "zip", "enc", "cty", "jku", "x5u", "x5c", "x5t", "x5t#S256",
};

static bool
typ_is_of(const struct jws_rule *rule, struct str typ)
{
	for (size_t i = 0; i < ARRAY_LEN(rule->typs) && rule->typs[i] != NULL; i++) {
		if (str_is(typ, rule->typs[i]))
			return true;
	}
	return false;
}

static enum status
optional_text(const json_t *object, const char *member, struct str *out)
{
	enum status st = jws_json_text(object, member, out);

	if (st == E_NOT_FOUND) {
		*out = STR("");
		return OK;
	}
	/* Present and empty is not the same as absent. */
	return st == OK && out->n > 0 ? OK : E_INVALID;
}

enum status
jws_rule_header(const struct jws_rule *rule, const json_t *header, struct jws_header *out)
{
	struct str alg, typ, kid;

	for (size_t i = 0; i < ARRAY_LEN(header_refused); i++) {
		if (json_object_get(header, header_refused[i]) != NULL)
			return E_INVALID;
	}
	TRY(optional_text(header, "alg", &alg));
	TRY(optional_text(header, "typ", &typ));
	TRY(optional_text(header, "kid", &kid));
	if (!typ_is_of(rule, typ) || kid.n > JWK_KID_MAX)
		return E_INVALID;
	unsigned known = jwk_alg_by_name(alg) & rule->algs;
	if (known == 0)
		return E_INVALID;
	const json_t *jwk = json_object_get(header, "jwk");
	if ((jwk != NULL) != rule->header_key)
		return E_INVALID;

	*out = (struct jws_header){ .alg = (enum jwk_alg)known, .kid = kid, .jwk = jwk };
	return OK;
}

/* ---- shape ---- */

static bool
is_text(const json_t *v)
{
	return json_is_string(v) && json_string_length(v) > 0 && json_string_length(v) <= TEXT_MAX;
}

static bool
is_any_text(const json_t *v)
{
	return json_is_string(v);
}

/* Integers only: 1.0, "1" and true are no times. A number past 64 bits never got through the JSON reader. */
static bool
is_time(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= YEAR_9999_S;
}

static bool
is_text_list(const json_t *v)
{
	if (!json_is_array(v))
		return false;
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!is_text(json_array_get(v, i)))
			return false;
	}
	return true;
}

static bool
is_audience(const json_t *v)
{
	return is_text(v) || (is_text_list(v) && json_array_size(v) >= 1 && json_array_size(v) <= AUDIENCES_MAX);
}

static bool
is_object(const json_t *v)
{
	return json_is_object(v);
}

/* clang-format off: a table */
static const struct {
	const char *claim;
	bool (*fits)(const json_t *v);
} shapes[] = {
	{ "iss", is_text },       { "sub", is_text },       { "aud", is_audience },    { "jti", is_text },
	{ "exp", is_time },       { "iat", is_time },       { "nbf", is_time },        { "auth_time", is_time },
	{ "client_id", is_text }, { "azp", is_text },       { "sid", is_text },        { "acr", is_text },
	{ "org", is_any_text },   { "htm", is_text },       { "htu", is_text },        { "ath", is_text },
	{ "scope", is_any_text }, { "nonce", is_any_text }, { "roles", is_text_list }, { "amr", is_text_list },
	{ "cnf", is_object },     { "act", is_object },
};
/* clang-format on */

enum status
jws_rule_shape(const struct jws_rule *rule, const json_t *claims)
{
	for (size_t i = 0; i < ARRAY_LEN(rule->required) && rule->required[i] != NULL; i++) {
		if (json_object_get(claims, rule->required[i]) == NULL)
			return E_INVALID;
	}
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const json_t *v = json_object_get(claims, shapes[i].claim);

		if (v != NULL && !shapes[i].fits(v))
			return E_INVALID;
	}
	return OK;
}

/* ---- values ---- */

static bool
text_is(const json_t *v, struct str expected)
{
	return json_is_string(v) && str_eq(str_from(json_string_value(v), json_string_length(v)), expected);
}

bool
jws_rule_has_audience(const json_t *claims, struct str aud)
{
	const json_t *v = json_object_get(claims, "aud");

	if (text_is(v, aud))
		return true;
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (text_is(json_array_get(v, i), aud))
			return true;
	}
	return false;
}

static bool
audience_holds(const struct jws_rule *rule, const json_t *claims, struct str aud)
{
	switch (rule->audience) {
	case AUDIENCE_NONE:
	case AUDIENCE_ANY:
		return true;
	case AUDIENCE_SOLE:
		return aud.n > 0 && text_is(json_object_get(claims, "aud"), aud);
	case AUDIENCE_AMONG:
		return aud.n > 0 && jws_rule_has_audience(claims, aud);
	case AUDIENCE_KNOWN:
		return aud.n == 0 || jws_rule_has_audience(claims, aud);
	}
	return false;
}

static bool
issuer_holds(const struct jws_rule *rule, const json_t *claims, struct str iss)
{
	if (rule->audience == AUDIENCE_NONE)
		return true;
	if (iss.n == 0 || !text_is(json_object_get(claims, "iss"), iss))
		return false;
	return !rule->subject_is_issuer || text_is(json_object_get(claims, "sub"), iss);
}

/* The claim in microseconds, or `absent`; the shape has been checked, so there is no overflow. */
static int64_t
time_of(const json_t *claims, const char *claim, int64_t absent)
{
	const json_t *v = json_object_get(claims, claim);

	return json_is_integer(v) ? json_integer_value(v) * SECOND_US : absent;
}

static enum status
check_times(const struct jws_rule *rule, const json_t *claims, int64_t now)
{
	int64_t iat = time_of(claims, "iat", now), nbf = time_of(claims, "nbf", now);
	int64_t exp = time_of(claims, "exp", INT64_MAX);

	if (iat > now + JWS_SKEW_US || nbf > now + JWS_SKEW_US)
		return E_UNAUTHENTICATED;
	if (rule->age_most_us > 0 && iat < now - rule->age_most_us)
		return E_UNAUTHENTICATED;
	if (rule->life_most_us > 0 && exp > now + rule->life_most_us + JWS_SKEW_US)
		return E_UNAUTHENTICATED;
	if (exp <= now && !rule->expired_is_fine)
		return E_EXPIRED;
	return OK;
}

enum status
jws_rule_check(const struct jws_rule *rule, const json_t *claims, enum jwk_alg alg, const struct jws_expect *expect)
{
	if (expect->algs != 0 && (expect->algs & alg) == 0)
		return E_UNAUTHENTICATED;
	if (!issuer_holds(rule, claims, expect->iss) || !audience_holds(rule, claims, expect->aud))
		return E_UNAUTHENTICATED;
	return check_times(rule, claims, expect->now_us);
}
