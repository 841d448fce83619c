#include "authd/oauth/par.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/identity/session.h"
#include "authd/oauth/client.h"
#include "authd/request.h"

#define RANDOM_LEN 43 /* 256 bits in base64url */

bool
par_hash(struct str request_uri, uint8_t hash[32])
{
	struct str value = str_slice(request_uri, sizeof(PAR_PREFIX) - 1, request_uri.n);
	struct hash h;

	if (!str_starts(request_uri, STR(PAR_PREFIX)) || value.n != RANDOM_LEN)
		return false;
	h = hash_sha256(value);
	memcpy(hash, h.b, sizeof(h.b));
	return true;
}

/* What proves the client is nobody's business afterwards, least of all the database's. */
static bool
is_credential(struct str name)
{
	return str_is(name, "client_secret") || str_is(name, "client_assertion") ||
	       str_is(name, "client_assertion_type");
}

static enum status
put_params(const struct form *in, struct buf *out)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct form_pair *p = &in->pairs[i];

		if (is_credential(p->name))
			continue;
		if (out->n > 0)
			buf_put_char(out, '&');
		form_put_escaped(out, p->name);
		buf_put_char(out, '=');
		form_put_escaped(out, p->value);
	}
	return buf_status(out);
}

/* Anybody can speak for a client without credentials. */
static enum status
add_row(struct request *rq, const struct store_client *client, const struct store_pushed *row)
{
	enum status st;

	if (!client_is_public(client))
		return store_pushed_add(request_store(rq), row);
	st = store_pushed_add_bounded(request_store(rq), row, PAR_WAITING_MOST);
	return st == E_LIMITED
		   ? request_fail(rq, E_LIMITED, "rate_limited", "too many requests of this client wait for a person")
		   : st;
}

enum status
par_push(struct request *rq, const struct store_client *client, const struct form *in, struct str dpop_jkt,
	 struct buf *request_uri)
{
	CLEANUP(buf_clear) struct buf params = BUF(PAR_PARAMS_MOST), value = BUF(64);
	const int64_t now = clock_now_us();
	uint8_t hash[32];
	struct store_pushed row = { .id_hash = str_from(hash, sizeof(hash)),
				    .client_id = client->client_id,
				    .dpop_jkt = dpop_jkt.n > 0 ? dpop_jkt : (struct str){ 0 },
				    .created_us = now,
				    .expires_us = now + PAR_LIFE_S * SECOND_US };

	TRY(put_params(in, &params));
	TRY(session_random(&value));
	session_id_hash(buf_str(&value), hash);
	row.params = buf_str(&params);
	TRY(add_row(rq, client, &row));
	buf_put_cstr(request_uri, PAR_PREFIX);
	buf_put(request_uri, buf_str(&value));
	return buf_status(request_uri);
}

enum status
par_find(struct request *rq, struct str request_uri, struct str client_id, struct store_pushed *out,
	 struct form *params)
{
	static const char *const repeatable[] = { "resource", NULL };
	uint8_t hash[32];

	if (!par_hash(request_uri, hash))
		return E_NOT_FOUND;
	TRY(store_pushed_find(request_store(rq), str_from(hash, sizeof(hash)), client_id, clock_now_us(), out));
	return form_parse(out->params, repeatable, params) == OK ? OK : E_CORRUPT;
}
