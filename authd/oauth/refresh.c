#include "authd/oauth/refresh.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/oauth/client.h"
#include "authd/oauth/details.h"
#include "authd/request.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"

#define SECRET_BYTES 32
#define TOKEN_MOST   8192 /* of a parameter; ours are shorter */
#define TURNS_MOST   4    /* of finding out what a token is, when others use it at the same time */
/* HMAC input of a successor: what it is for, then the token before. */
#define SUCCESSOR_LABEL "ombud refresh token successor 1:"

/* ---- the text of a token ---- */

struct text {
	struct buf token; /* cleared with its bytes */
	struct hash hash;
};

static void
text_clear(struct text *t)
{
	if (t->token.p != NULL)
		secret_wipe(t->token.p, t->token.n);
	buf_clear(&t->token);
}

static enum status
text_make(struct str handle, const uint8_t secret[SECRET_BYTES], struct text *out)
{
	out->token = BUF(REFRESH_TOKEN_LEN);
	buf_put_cstr(&out->token, REFRESH_PREFIX);
	buf_put(&out->token, handle);
	encode_base64url(&out->token, str_from(secret, SECRET_BYTES));
	TRY(buf_status(&out->token));
	out->hash = hash_sha256(buf_str(&out->token));
	return OK;
}

static struct str
text_hash(const struct hash *h)
{
	return str_from(h->b, sizeof(h->b));
}

/* The handle of a text that can be a token; empty when it cannot. */
static struct str
handle_of(struct str token)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const size_t from = sizeof(REFRESH_PREFIX) - 1;

	if (token.n != REFRESH_TOKEN_LEN || !str_starts(token, STR(REFRESH_PREFIX)) || !str_only(token, alphabet))
		return STR("");
	return str_slice(token, from, from + REFRESH_HANDLE);
}

/* Only who has the token, and can ask authd-keyd, can make the next one; both together always make the same one. */
static enum status
text_next(struct request *rq, struct str handle, struct str token, struct text *out)
{
	CLEANUP(buf_clear) struct buf data = BUF(sizeof(SUCCESSOR_LABEL) + REFRESH_TOKEN_LEN);
	uint8_t secret[KEYS_PEPPER_LEN];
	enum status st;

	_Static_assert(KEYS_PEPPER_LEN == SECRET_BYTES, "an HMAC is a secret");
	buf_put_cstr(&data, SUCCESSOR_LABEL);
	buf_put(&data, token);
	TRY(buf_status(&data));
	st = keys_pepper(rq->authd->keys, buf_str(&data), secret);
	secret_wipe(data.p, data.n);
	if (st == OK)
		st = text_make(handle, secret, out);
	secret_wipe(secret, sizeof(secret));
	return st;
}

/* ---- the first one ---- */

/* A client without credentials of its own may be copied with its token, so its tokens change with each use. */
static bool
rotates(const struct store_client *client)
{
	return client_is_public(client);
}

/* What a refresh must show again. A confidential client may change its DPoP key: its authentication binds the token
 * (RFC 9449 5); of a fapi client we ask both. */
static bool
keeps_key(const struct store_client *client)
{
	return client_is_public(client) || client->fapi;
}

struct beginning {
	const struct grant_also *also;
	struct store_refresh row;
};

static enum status
begin_family(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	struct beginning *b = arg;

	if (b->also->work != NULL)
		TRY(b->also->work(tx, issue, b->also->arg));
	b->row.event_id = str_of(issue->draft.id_text);
	return store_refresh_add(tx, &b->row);
}

static int64_t
or_usual(int64_t seconds, int64_t usual_us)
{
	return seconds > 0 ? seconds * SECOND_US : usual_us;
}

static struct store_refresh
first_row(struct request *rq, const struct token_terms *t, struct str handle, struct str audience, struct str cnf)
{
	const struct config_refresh *usual = &rq->authd->config.refresh;
	const int64_t now = clock_now_us();

	return (struct store_refresh){
		.handle = handle,
		.grant_id = t->grant_id,
		.client_id = t->client->client_id,
		.sub = t->person->sub,
		.sid = t->sid,
		.scope = t->scope,
		.audience = audience,
		.cnf = cnf,
		.details = t->authorization_details.n > 0 ? t->authorization_details : (struct str){ 0 },
		.acr = (int)t->acr,
		.amr = t->amr,
		.auth_us = t->auth_us,
		.rotating = rotates(t->client),
		.created_us = now,
		.used_us = now,
		.idle_us = or_usual(t->client->refresh_idle_s, usual->idle_us),
		.expires_us = now + or_usual(t->client->refresh_life_s, usual->absolute_us),
	};
}

static enum status
issue_with_family(struct request *rq, const struct token_terms *terms, struct str audience,
		  const struct grant_also *also)
{
	CLEANUP(text_clear) struct text text = { 0 };
	CLEANUP(buf_clear) struct buf handle = BUF(REFRESH_HANDLE), cnf = BUF(CNF_TEXT_MOST);
	struct token_terms with = *terms;
	struct beginning b = { .also = also };
	uint8_t secret[SECRET_BYTES];
	enum status st;

	random_put_id(&handle, "");
	if (keeps_key(terms->client))
		cnf_put(&terms->cnf, &cnf);
	random_bytes(secret, sizeof(secret));
	st = text_make(buf_str(&handle), secret, &text);
	secret_wipe(secret, sizeof(secret));
	TRY(st);
	TRY(buf_status(&handle));
	TRY(buf_status(&cnf));
	b.row = first_row(rq, terms, buf_str(&handle), audience, buf_str(&cnf));
	b.row.token_hash = text_hash(&text.hash);
	with.refresh_token = buf_str(&text.token);
	const struct grant_also family = {
		.work = begin_family, .arg = &b, .target = STORE_TARGET_REFRESH, .target_key = b.row.handle
	};
	return grant_issue(rq, &with, &family);
}

enum status
refresh_first(struct request *rq, const struct token_terms *terms, struct str audience, const struct grant_also *also)
{
	if (client_has(terms->scope, STR("offline_access")) && client_has(terms->client->grants, STR("refresh_token")))
		return issue_with_family(rq, terms, audience, also);
	return grant_issue(rq, terms, also);
}

/* ---- the next one ---- */

struct refreshing {
	const struct store_client *client;
	const struct cnf *shown;
	struct str token;
	struct hash hash;
	struct store_refresh first;  /* as it was found; the terms borrow from it */
	struct store_refresh family; /* as it is now; the same until somebody else was faster */
	struct store_person person;
	struct buf scope, audience;
	struct text next; /* of a family that rotates */
	int64_t window_us;
};

static void
refreshing_clear(struct refreshing *r)
{
	store_refresh_clear(&r->family);
	store_refresh_clear(&r->first);
	store_person_clear(&r->person);
	buf_clear(&r->scope);
	buf_clear(&r->audience);
	text_clear(&r->next);
}

/* One answer for whatever is wrong with a token; E_DENIED, because it may be a stolen one: the attempt is an entry. */
static enum status
invalid(struct request *rq)
{
	return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token is not good");
}

static enum status
find_family(struct request *rq, const struct refreshing *r, struct store_refresh *out)
{
	enum status st;

	store_refresh_clear(out);
	st = store_refresh_find(request_store(rq), handle_of(r->token), out);
	if (st == E_NOT_FOUND || (st == OK && !str_eq(out->client_id, r->client->client_id)))
		return invalid(rq);
	return st;
}

/* The key that the family is bound to, where it is bound to one. */
static enum status
check_key(struct request *rq, const struct refreshing *r)
{
	struct cnf bound;

	TRY(cnf_parse(r->first.cnf, &bound));
	if (bound.kind != CNF_NONE && !cnf_equal(&bound, r->shown))
		return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token is bound to another key");
	return OK;
}

static enum status
check_life(struct request *rq, const struct store_refresh *family)
{
	const int64_t now = clock_now_us();

	if (family->revoked)
		return request_fail(rq, E_DENIED, "invalid_grant", "this grant was revoked");
	if (now >= family->expires_us || now >= family->used_us + family->idle_us)
		return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token has expired");
	return OK;
}

/* What was granted and the client is still registered for. */
static enum status
put_still_allowed(const struct refreshing *r, struct buf *out)
{
	struct str rest = r->first.scope, word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (word.n == 0 || !client_has(r->client->scopes, word))
			continue;
		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put(out, word);
	}
	return buf_status(out);
}

/* RFC 6749 6: less may be asked for, more never. The family keeps all of it. */
static enum status
narrow(struct request *rq, struct refreshing *r)
{
	CLEANUP(buf_clear) struct buf allowed = BUF(PRINCIPAL_SCOPE_MOST);

	TRY(put_still_allowed(r, &allowed));
	if (grant_narrow(buf_str(&allowed), form_get(&rq->form, "scope"), &r->scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope", "a scope was not granted");
	return grant_audience(rq, r->client, r->first.audience, &r->audience);
}

/* ---- a token that had its time ---- */

static enum status
draft_reuse(struct request *rq, const struct store_refresh *family, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_REUSE_DETECTED);
	enum status st = store_person_find(request_store(rq), family->sub, &person);

	audit_fact(&ev, "grant", family->grant_id);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person.sub, .wrapped = person.wrapped_key };
	return audit_draft(rq->authd, &ev, out);
}

/* Two have it, and one of them should not. Nobody can tell which, so neither keeps anything. */
static enum status
end_stolen(struct request *rq, const struct store_refresh *family)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	rq->refusal_recorded = true;
	TRY(draft_reuse(rq, family, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_grant_revoke(&tx, family->grant_id, clock_now_us()));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return request_fail(rq, E_DENIED, "invalid_grant", "this refresh token was used before");
}

/* ---- which way ---- */

enum way {
	WAY_KEEP,   /* the good one of a family that does not rotate */
	WAY_ROTATE, /* the good one */
	WAY_RETRY,  /* the one before it, again, and soon */
	WAY_STOLEN, /* one that had its time */
	WAY_WRONG,  /* right handle, wrong secret */
};

static bool
is_hash(struct str stored, const struct hash *given)
{
	return stored.n == sizeof(given->b) && secret_equal(stored, text_hash(given));
}

/* A rotation whose entry is not in the log yet was told to nobody, however long ago it was. */
static bool
is_soon(const struct refreshing *r, int64_t now_us)
{
	return r->family.rotated_us >= now_us - r->window_us || r->family.log_index == STORE_NO_INDEX;
}

static enum way
way_of(const struct refreshing *r, int64_t now_us)
{
	if (is_hash(r->family.token_hash, &r->hash))
		return r->family.rotating ? WAY_ROTATE : WAY_KEEP;
	if (!r->family.rotating)
		return WAY_WRONG;
	/* The good one must be what we would give now: else the pepper is another one, and a retry cannot be served. */
	if (is_hash(r->family.former_hash, &r->hash) && is_soon(r, now_us) &&
	    is_hash(r->family.token_hash, &r->next.hash))
		return WAY_RETRY;
	return WAY_STOLEN;
}

/* ---- issuing ---- */

static enum status
work_keep(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_touch(tx, r->family.handle, text_hash(&r->hash), issue->issued_us);
}

static enum status
work_rotate(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_rotate(tx, r->family.handle, text_hash(&r->hash), text_hash(&r->next.hash),
				    issue->issued_us, str_of(issue->draft.id_text));
}

static enum status
work_retry(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	const struct refreshing *r = arg;

	return store_refresh_retry(tx, r->family.handle, text_hash(&r->hash), issue->issued_us - r->window_us);
}

/* E_USED: somebody else was faster; look again. */
static enum status
save_once(struct request *rq, struct refreshing *r, const struct token_issue *issue, enum way *way)
{
	struct grant_also also = { .arg = r };

	*way = way_of(r, issue->issued_us);
	switch (*way) {
	case WAY_WRONG:
		return invalid(rq);
	case WAY_STOLEN:
		return end_stolen(rq, &r->family);
	case WAY_RETRY:
		also.work = work_retry;
		return grant_save(rq, issue, &also);
	case WAY_KEEP:
	case WAY_ROTATE:
		break;
	}
	if (r->family.log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable", "this token is on its way into the log");
	if (*way == WAY_KEEP) {
		also.work = work_keep;
		return grant_save(rq, issue, &also);
	}
	also = (struct grant_also){ work_rotate, r, STORE_TARGET_REFRESH, r->family.handle };
	return grant_save(rq, issue, &also);
}

static enum status
save(struct request *rq, struct refreshing *r, const struct token_issue *issue, enum way *way)
{
	for (size_t i = 0; i < TURNS_MOST; i++) {
		enum status st = save_once(rq, r, issue, way);

		if (st != E_USED)
			return st;
		TRY(find_family(rq, r, &r->family));
		TRY(check_life(rq, &r->family));
	}
	return E_BUSY;
}

/* Nobody was told of the next token, so the client has the old one: let it be good again. */
static void
take_back(struct request *rq, const struct refreshing *r, const struct token_issue *issue)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st = store_begin(request_store(rq), &tx);

	if (st == OK)
		st = store_refresh_unrotate(&tx, r->family.handle, text_hash(&r->hash), str_of(issue->draft.id_text));
	if (st == OK)
		st = store_commit(&tx);
	if (st != OK && st != E_USED)
		log_warn(st, "refresh.take_back", "client=%.*s", STR_ARG(r->client->client_id));
}

static enum status
issue_next(struct request *rq, struct refreshing *r, const struct token_terms *terms)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	struct receipt receipt;
	enum status st;
	enum way way;

	TRY(token_draft(rq, terms, &issue));
	TRY(save(rq, r, &issue, &way));
	st = audit_forward(rq->authd, &issue.draft, &receipt);
	if (st != OK && way == WAY_ROTATE)
		take_back(rq, r, &issue);
	TRY(st);
	return token_answer(rq, &issue, &receipt);
}

/* The session's name is in the token while the session lives: then signing out ends the token. What was granted for
 * long goes on without it (OpenID Connect Back-Channel Logout 1.0, 2.7). */
static struct str
living_sid(struct request *rq, struct str sid, enum status *st)
{
	*st = grant_session(rq, sid);
	if (*st == E_NOT_FOUND) {
		*st = OK;
		return STR("");
	}
	return sid;
}

static enum status
find(struct request *rq, struct refreshing *r)
{
	if (form_need(&rq->form, "refresh_token", TOKEN_MOST, &r->token) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	r->hash = hash_sha256(r->token);
	TRY(find_family(rq, r, &r->first));
	TRY(check_key(rq, r));
	TRY(check_life(rq, &r->first));
	TRY(grant_person(rq, r->first.sub, &r->person));
	TRY(details_stand(rq, r->first.details, r->first.sub));
	TRY(narrow(rq, r));
	r->family = r->first;
	r->family.mem = NULL;
	return r->first.rotating ? text_next(rq, r->first.handle, r->token, &r->next) : OK;
}

enum status
refresh_grant(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(refreshing_clear)
	struct refreshing r = { .client = client,
				.shown = shown,
				.window_us = rq->authd->config.refresh.retry_us,
				.scope = BUF(PRINCIPAL_SCOPE_MOST),
				.audience = BUF(GRANT_AUDIENCE_MOST) };
	const struct store_refresh *was = &r.first;
	struct token_terms terms;
	enum status st;

	TRY(find(rq, &r));
	terms = (struct token_terms){
		.client = client,
		.person = &r.person,
		.scope = buf_str(&r.scope),
		.sid = living_sid(rq, was->sid, &st),
		.amr = was->amr,
		.acr = (unsigned)was->acr,
		.auth_us = was->auth_us,
		.cnf = *shown,
		.audience = buf_str(&r.audience),
		.authorization_details = was->details.n > 0 ? was->details : STR(""),
		.grant_id = was->grant_id,
		.refreshed = true,
		.refresh_token = was->rotating ? buf_str(&r.next.token) : STR(""),
	};
	TRY(st);
	return issue_next(rq, &r, &terms);
}

/* ---- for revocation ---- */

enum status
refresh_of_client(struct request *rq, struct str token, struct str client_id, struct store_refresh *out)
{
	const struct hash given = hash_sha256(token);

	if (handle_of(token).n == 0)
		return E_NOT_FOUND;
	TRY(store_refresh_find(request_store(rq), handle_of(token), out));
	if (str_eq(out->client_id, client_id) && (out->rotating || is_hash(out->token_hash, &given)))
		return OK;
	store_refresh_clear(out);
	return E_NOT_FOUND;
}
