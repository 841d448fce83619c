#include "authd/oauth/cnf.h"

#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"

/* The names of a kind: in a token, and before the value in a column. */
static const struct {
	const char *claim, *column;
} names[] = {
	[CNF_DPOP] = { "jkt", "jkt:" },
	[CNF_TLS] = { "x5t#S256", "x5t:" },
};

static bool
is_thumbprint(struct str s)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(32);

	return s.n == CNF_VALUE_LEN && decode_base64url(s, &bytes) == OK && bytes.n == 32;
}

static enum status
fill(enum cnf_kind kind, struct str value, struct cnf *out)
{
	if (!is_thumbprint(value))
		return E_INVALID;
	*out = (struct cnf){ .kind = kind };
	memcpy(out->value, value.p, CNF_VALUE_LEN);
	return OK;
}

enum status
cnf_of_jkt(struct str jkt, struct cnf *out)
{
	return fill(CNF_DPOP, jkt, out);
}

struct cnf
cnf_of_cert(const uint8_t thumbprint[32])
{
	CLEANUP(buf_clear) struct buf text = BUF(CNF_VALUE_LEN);
	struct cnf c = { .kind = CNF_TLS };

	encode_base64url(&text, str_from((const char *)thumbprint, 32));
	/* Without memory the value stays empty, which is no thumbprint and equals none. */
	if (buf_status(&text) == OK)
		memcpy(c.value, text.p, CNF_VALUE_LEN);
	return c;
}

bool
cnf_equal(const struct cnf *a, const struct cnf *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == CNF_NONE || (a->value[0] != '\0' && secret_equal(str_of(a->value), str_of(b->value)));
}

bool
cnf_is_jkt(const struct cnf *c, struct str jkt)
{
	return c->kind == CNF_DPOP && jkt.n == CNF_VALUE_LEN && secret_equal(str_of(c->value), jkt);
}

const char *
cnf_token_type(const struct cnf *c)
{
	return c->kind == CNF_DPOP ? "DPoP" : "Bearer";
}

json_t *
cnf_claim(const struct cnf *c, bool *failed)
{
	json_t *claim;

	if (c->kind == CNF_NONE)
		return NULL;
	claim = json_pack("{s:s}", names[c->kind].claim, c->value);
	*failed = *failed || claim == NULL;
	return claim;
}

enum status
cnf_of_claims(const json_t *claims, struct cnf *out)
{
	const json_t *cnf = json_object_get(claims, "cnf");

	*out = (struct cnf){ .kind = CNF_NONE };
	if (cnf == NULL)
		return OK;
	/* Exactly one member: a token bound twice, or in a way that we cannot check, is not half checked. */
	if (json_object_size(cnf) != 1)
		return E_INVALID;
	for (enum cnf_kind kind = CNF_DPOP; kind <= CNF_TLS; kind++) {
		const json_t *value = json_object_get(cnf, names[kind].claim);

		if (json_is_string(value))
			return fill(kind, str_from(json_string_value(value), json_string_length(value)), out);
	}
	return E_INVALID;
}

void
cnf_put(const struct cnf *c, struct buf *out)
{
	if (c->kind == CNF_NONE)
		return;
	buf_put_cstr(out, names[c->kind].column);
	buf_put_cstr(out, c->value);
}

enum status
cnf_parse(struct str text, struct cnf *out)
{
	*out = (struct cnf){ .kind = CNF_NONE };
	if (text.n == 0)
		return OK;
	for (enum cnf_kind kind = CNF_DPOP; kind <= CNF_TLS; kind++) {
		if (str_starts(text, str_of(names[kind].column)))
			return fill(kind, str_slice(text, 4, text.n), out) == OK ? OK : E_CORRUPT;
	}
	return E_CORRUPT;
}
