#include "authd/oauth/device.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/http/json_write.h"
#include "authd/identity/session.h"
#include "authd/identity/throttle.h"
#include "authd/oauth/client.h"
#include "authd/oauth/refresh.h"
#include "authd/request.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"

#define CODE_BYTES     32
#define PARAMETER_MOST 512
#define CODES_TRIED    4 /* of one request: until one is free */
#define USER_LABEL     "ombud device user code 1:"

/* RFC 8628 6.1: no vowels, so that no words come about; each stands for itself on every keyboard and on the phone. */
static const char letters_of_codes[] = "BCDFGHJKLMNPQRSTVWXZ";
#define LETTERS (sizeof(letters_of_codes) - 1)

/* ---- codes ---- */

/* Bytes that would favour some letters are thrown away. */
static void
put_letters(struct buf *out)
{
	while (out->n < DEVICE_CODE_LETTERS) {
		uint8_t byte;

		random_bytes(&byte, 1);
		if (byte < 256 / LETTERS * LETTERS)
			buf_put_char(out, letters_of_codes[byte % LETTERS]);
	}
}

enum status
device_read_code(struct str typed, struct buf *letters)
{
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (memchr(letters_of_codes, c, LETTERS) == NULL || letters->n == DEVICE_CODE_LETTERS)
			return E_INVALID;
		buf_put_char(letters, c);
	}
	TRY(buf_status(letters));
	return letters->n == DEVICE_CODE_LETTERS ? OK : E_INVALID;
}

void
device_put_code(struct str letters, struct buf *out)
{
	buf_put(out, str_slice(letters, 0, letters.n / 2));
	buf_put_char(out, '-');
	buf_put(out, str_slice(letters, letters.n / 2, letters.n));
}

/* Eight letters are few enough to try all: a plain hash in a stolen database would be as good as the code. */
static enum status
hash_letters(struct request *rq, struct str letters, uint8_t out[KEYS_PEPPER_LEN])
{
	CLEANUP(buf_clear) struct buf data = BUF(sizeof(USER_LABEL) + DEVICE_CODE_LETTERS);

	buf_put_cstr(&data, USER_LABEL);
	buf_put(&data, letters);
	TRY(buf_status(&data));
	return keys_pepper(rq->authd->keys, buf_str(&data), out);
}

/* ---- beginning ---- */

struct codes {
	struct buf device, letters;
	struct hash device_hash;
	uint8_t user_hash[KEYS_PEPPER_LEN];
};

static void
codes_clear(struct codes *c)
{
	if (c->device.p != NULL)
		secret_wipe(c->device.p, c->device.n);
	buf_clear(&c->device);
	buf_clear(&c->letters);
}

static enum status
make_codes(struct request *rq, struct codes *c)
{
	uint8_t secret[CODE_BYTES];

	codes_clear(c);
	c->device = BUF(64);
	c->letters = BUF(DEVICE_CODE_LETTERS);
	random_bytes(secret, sizeof(secret));
	encode_base64url(&c->device, str_from(secret, sizeof(secret)));
	secret_wipe(secret, sizeof(secret));
	put_letters(&c->letters);
	TRY(buf_status(&c->device));
	TRY(buf_status(&c->letters));
	c->device_hash = hash_sha256(buf_str(&c->device));
	return hash_letters(rq, buf_str(&c->letters), c->user_hash);
}

struct wish {
	const struct store_client *client;
	struct buf scope, audience;
};

static void
wish_clear(struct wish *w)
{
	buf_clear(&w->scope);
	buf_clear(&w->audience);
}

static enum status
read_wish(struct request *rq, struct wish *w)
{
	if (!client_has(w->client->grants, STR(DEVICE_GRANT)))
		return request_fail(rq, E_DENIED, "unauthorized_client", "this client may not use that grant");
	if (form_get(&rq->form, "authorization_details").n > 0)
		return request_fail(rq, E_INVALID, "invalid_authorization_details",
				    "a device cannot ask for personal data; use the authorization code flow");
	if (client_scope(w->client, form_get(&rq->form, "scope"), &w->scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope", "a scope is not one of this client's");
	TRY(grant_own_audience(rq, w->client, &w->audience));
	return OK;
}

static enum status
draft_start(struct request *rq, const struct wish *w, struct audit_draft *out)
{
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_DEVICE_STARTED);

	ev.entry.by.service = w->client->client_id;
	audit_fact(&ev, "client", w->client->client_id);
	audit_fact_if_short(&ev, "scope", buf_str(&w->scope));
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save_start(struct request *rq, const struct wish *w, const struct codes *c, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_device row = {
		.device_hash = str_from(c->device_hash.b, sizeof(c->device_hash.b)),
		.user_hash = str_from(c->user_hash, sizeof(c->user_hash)),
		.client_id = w->client->client_id,
		.scope = buf_str(&w->scope),
		.audience = buf_str(&w->audience),
		.state = STR("waiting"),
		.interval_us = DEVICE_INTERVAL_US,
		.created_us = now,
		.expires_us = now + DEVICE_LIFE_US,
		.event_id = str_of(draft->id_text),
	};
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_device_add(&tx, &row, DEVICE_WAITING_MOST);
	if (st == E_LIMITED)
		return request_fail(rq, E_LIMITED, "rate_limited", "too many devices wait for an answer");
	TRY(st);
	TRY(audit_emit(&tx, draft, STORE_TARGET_DEVICE, row.client_id));
	return store_commit(&tx);
}

/* RFC 8628 3.2. */
static enum status
answer_start(struct request *rq, const struct codes *c)
{
	CLEANUP(buf_clear) struct buf shown = BUF(DEVICE_CODE_SHOWN);
	CLEANUP(json_decrefp) json_t *body = NULL;
	const char *issuer = rq->authd->config.issuer;

	device_put_code(buf_str(&c->letters), &shown);
	TRY(buf_status(&shown));
	body = json_pack("{s:o, s:o, s:o, s:o, s:i, s:i}", "device_code", json_of_str(buf_str(&c->device)), "user_code",
			 json_of_str(buf_str(&shown)), "verification_uri", json_sprintf("%s/device", issuer),
			 "verification_uri_complete",
			 json_sprintf("%s/device?user_code=%.*s", issuer, STR_ARG(buf_str(&shown))), "expires_in",
			 (int)(DEVICE_LIFE_US / SECOND_US), "interval", (int)(DEVICE_INTERVAL_US / SECOND_US));
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
	return OK;
}

enum status
device_start(struct request *rq, const struct store_client *client)
{
	CLEANUP(wish_clear)
	struct wish w = { client, BUF(PRINCIPAL_SCOPE_MOST), BUF(GRANT_AUDIENCE_MOST) };
	CLEANUP(codes_clear) struct codes codes = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct receipt receipt;
	enum status st = E_CONFLICT;

	TRY(read_wish(rq, &w));
	TRY(draft_start(rq, &w, &draft));
	for (size_t i = 0; i < CODES_TRIED && st == E_CONFLICT; i++) {
		TRY(make_codes(rq, &codes));
		st = save_start(rq, &w, &codes, &draft);
	}
	TRY(st == E_CONFLICT ? E_BUSY : st);
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return answer_start(rq, &codes);
}

/* ---- the person ---- */

enum status
device_find(struct request *rq, struct str letters, struct store_device *out)
{
	uint8_t hash[KEYS_PEPPER_LEN];
	enum status st;

	if (throttle_take(rq->http->peer, &rq->rsp->retry_after_s) != OK)
		return request_fail(rq, E_LIMITED, "rate_limited",
				    "too many wrong tries from your address; wait a little");
	st = hash_letters(rq, letters, hash);
	if (st == OK)
		st = store_device_by_user(request_store(rq), str_from(hash, sizeof(hash)), clock_now_us(), out);
	if (st != E_NOT_FOUND)
		throttle_give_back(rq->http->peer);
	return st;
}

static enum status
draft_answer(struct request *rq, const struct store_device *d, bool approve, struct audit_draft *out)
{
	struct audit_event ev = audit_of(rq, approve ? ENTRY_TOKEN_DEVICE_APPROVED : ENTRY_TOKEN_DEVICE_REFUSED);

	audit_fact(&ev, "client", d->client_id);
	ev.person = request_person(rq);
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save_answer(struct request *rq, const struct store_device *d, struct str grant_id, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_grant grant = { .grant_id = grant_id,
					   .client_id = d->client_id,
					   .sub = str_of(rq->who.sub),
					   .sid = str_of(rq->who.sid),
					   .scope = d->scope,
					   .created_us = now };
	const struct store_device_answer answer = { .sub = grant.sub,
						    .sid = grant.sid,
						    .amr = str_of(rq->who.amr),
						    .grant_id = grant_id,
						    .event_id = str_of(draft->id_text),
						    .acr = (int)rq->who.acr,
						    .auth_us = rq->who.auth_us };

	TRY(store_begin(request_store(rq), &tx));
	/* A new password ends the sessions first and then every grant: none may come into being between. */
	TRY(session_hold(rq, &tx));
	if (grant_id.n > 0)
		TRY(store_grant_add(&tx, &grant));
	TRY(store_device_answer(&tx, d->user_hash, now, &answer));
	TRY(audit_emit(&tx, draft, STORE_TARGET_DEVICE, d->client_id));
	return store_commit(&tx);
}

enum status
device_answer(struct request *rq, const struct store_device *d, bool approve)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf grant_id = BUF(64);
	struct receipt receipt;
	enum status st;

	if (approve)
		random_put_id(&grant_id, "grt_");
	TRY(buf_status(&grant_id));
	TRY(draft_answer(rq, d, approve, &draft));
	st = save_answer(rq, d, buf_str(&grant_id), &draft);
	TRY(st == E_USED ? E_NOT_FOUND : st);
	return audit_forward(rq->authd, &draft, &receipt);
}

/* ---- the device asks ---- */

static enum status
not_good(struct request *rq)
{
	return request_fail(rq, E_DENIED, "invalid_grant", "this device code is not good");
}

/* RFC 8628 3.5. Waiting is nothing to record; each answer is constant text. */
static enum status
why_not(struct request *rq, const struct store_device *d)
{
	if (d->used_us != 0)
		return not_good(rq);
	if (str_is(d->state, "refused"))
		return request_fail(rq, E_INVALID, "device_refused", "the person said no");
	if (d->expires_us <= clock_now_us())
		return request_fail(rq, E_INVALID, "expired_token", "the time to answer is over; begin again");
	if (d->slowed)
		return request_fail(rq, E_INVALID, "slow_down", "wait five seconds longer between two questions");
	return request_fail(rq, E_INVALID, "authorization_pending", "the person has not answered yet");
}

static enum status
poll(struct request *rq, struct str hash, struct str client_id, struct store_device *out)
{
	enum status st = store_device_poll(request_store(rq), hash, client_id, clock_now_us(), out);

	return st == E_NOT_FOUND ? not_good(rq) : st;
}

static bool
is_ready(const struct store_device *d)
{
	return str_is(d->state, "approved") && d->used_us == 0 && d->log_index != STORE_NO_INDEX &&
	       d->expires_us > clock_now_us();
}

struct taking {
	struct str hash, client_id;
	bool taken; /* by somebody else */
};

static enum status
work_take(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	CLEANUP(store_device_clear) struct store_device d = { 0 };
	struct taking *t = arg;
	enum status st = store_device_consume(tx, t->hash, t->client_id, issue->issued_us, &d);

	t->taken = st == E_NOT_FOUND;
	return st;
}

/* Without `sid`: whoever signs out of the browser that they said yes in does not mean the device. */
static enum status
issue(struct request *rq, const struct store_client *client, const struct cnf *shown, const struct store_device *d)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf audience = BUF(GRANT_AUDIENCE_MOST);
	struct taking t = { d->device_hash, client->client_id, false };
	const struct grant_also also = { .work = work_take, .arg = &t };
	struct token_terms terms = { .client = client,
				     .person = &person,
				     .scope = d->scope,
				     .amr = d->amr,
				     .acr = (unsigned)d->acr,
				     .auth_us = d->auth_us,
				     .cnf = *shown,
				     .grant_id = d->grant_id };
	enum status st;

	TRY(grant_person(rq, d->sub, &person));
	TRY(grant_audience(rq, client, d->audience, &audience));
	terms.audience = buf_str(&audience);
	st = refresh_first(rq, &terms, d->audience, &also);
	return t.taken ? not_good(rq) : st;
}

enum status
device_grant(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(store_device_clear) struct store_device d = { 0 };
	struct str code;
	struct hash hash;

	if (form_need(&rq->form, "device_code", PARAMETER_MOST, &code) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	hash = hash_sha256(code);
	TRY(poll(rq, str_from(hash.b, sizeof(hash.b)), client->client_id, &d));
	return is_ready(&d) ? issue(rq, client, shown, &d) : why_not(rq, &d);
}
