#include "authd/identity/session.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/audit/audit.h"
#include "authd/http/cookie.h"
#include "authd/http/json_write.h"
#include "authd/identity/acting.h"
#include "authd/identity/authenticate.h"
#include "authd/request.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_session.h"

#define TOKEN_BYTES 32
#define AGENT_MOST  200

void
session_id_hash(struct str cookie, uint8_t out[32])
{
	struct hash h = hash_sha256(cookie);

	memcpy(out, h.b, sizeof(h.b));
}

enum status
session_random(struct buf *out)
{
	uint8_t bytes[TOKEN_BYTES];

	random_bytes(bytes, sizeof(bytes));
	encode_base64url(out, str_from(bytes, sizeof(bytes)));
	secret_wipe(bytes, sizeof(bytes));
	return buf_status(out);
}

/* ---- finding out who is asking ---- */

/* To the sign-in page, and from there back to where the person was going. Only a page that can be fetched again. */
static enum status
to_login(struct request *rq)
{
	CLEANUP(buf_clear) struct buf url = BUF(16384);

	buf_put_cstr(&url, "/login");
	if (rq->http->method == HTTP_GET)
		form_put_param(&url, "return_to", rq->http->target);
	TRY(buf_status(&url));
	response_redirect(rq->rsp, buf_str(&url));
	return E_UNAUTHENTICATED;
}

static enum status
fill(struct request *rq, const struct store_session *s)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	struct principal *who = &rq->who;

	TRY(store_person_find(request_store(rq), s->sub, &person));
	who->kind = PRINCIPAL_PERSON;
	who->acr = (unsigned)s->acr;
	who->auth_us = s->auth_us;
	who->wrapped = BUF(KEYS_BLOB_MAX);
	buf_put(&who->wrapped, person.wrapped_key);
	TRY(buf_status(&who->wrapped));
	TRY(principal_put(who->sub, sizeof(who->sub), s->sub));
	TRY(principal_put(who->sid, sizeof(who->sid), s->sid));
	TRY(principal_put(who->amr, sizeof(who->amr), s->amr));
	return principal_put(who->csrf, sizeof(who->csrf), s->csrf);
}

/* E_NOT_FOUND: nobody is signed in. */
static enum status
find_session(struct request *rq)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };
	const int64_t now = clock_now_us();
	uint8_t id[32];
	struct str cookie, hash = str_from(id, sizeof(id));
	enum status st = cookie_find(rq->http, SESSION_COOKIE, &cookie);

	if (st == E_INVALID)
		return request_fail(rq, E_INVALID, "invalid_request", "the cookies of this request cannot be read");
	TRY(st);
	session_id_hash(cookie, id);
	TRY(store_session_find(request_store(rq), hash, now, &s));
	TRY(store_session_touch(request_store(rq), &s, now));
	return fill(rq, &s);
}

enum status
authenticate_session(struct request *rq)
{
	enum status st = find_session(rq);

	if (st == OK)
		return acting_take_on(rq);
	return st == E_NOT_FOUND ? to_login(rq) : st;
}

enum status
authenticate_session_optional(struct request *rq)
{
	enum status st = find_session(rq);

	return st == E_NOT_FOUND ? OK : st; /* rq->who stays PRINCIPAL_NOBODY */
}

/* ---- beginning ---- */

struct fresh {
	struct buf cookie, csrf, sid;
	uint8_t id[32];
};

static void
fresh_clear(struct fresh *f)
{
	if (f->cookie.p != NULL)
		secret_wipe(f->cookie.p, f->cookie.n);
	buf_clear(&f->cookie);
	buf_clear(&f->csrf);
	buf_clear(&f->sid);
}

static enum status
make_fresh(struct fresh *f)
{
	TRY(session_random(&f->cookie));
	TRY(session_random(&f->csrf));
	random_put_id(&f->sid, "ses_");
	session_id_hash(buf_str(&f->cookie), f->id);
	return buf_status(&f->sid);
}

/*
 * Whatever session this browser had ends with the new one (ASVS 7.2.4), another person's too: nobody has its cookie any
 * more but who copied it.
 */
struct former {
	struct store_session session; /* sid.n == 0: there is none */
	struct store_person person;
	struct audit_draft draft;
	bool emitted;
};

static void
former_clear(struct former *f)
{
	store_session_clear(&f->session);
	store_person_clear(&f->person);
	audit_draft_clear(&f->draft);
}

/* Its end is an entry of its own, the former person's to see. */
static enum status
draft_former(struct request *rq, struct former *f)
{
	struct audit_event ev = audit_of(rq, ENTRY_AUTH_SESSION_ENDED);

	TRY(store_person_find(request_store(rq), f->session.sub, &f->person));
	ev.entry.by.service = STR("portal");
	ev.person = (struct keys_person){ .sub = f->person.sub, .wrapped = f->person.wrapped_key };
	return audit_draft(rq->authd, &ev, &f->draft);
}

static enum status
find_former(struct request *rq, struct former *f)
{
	uint8_t id[32];
	struct str cookie;
	enum status st;

	if (cookie_find(rq->http, SESSION_COOKIE, &cookie) != OK)
		return OK;
	session_id_hash(cookie, id);
	st = store_session_find(request_store(rq), str_from(id, sizeof(id)), clock_now_us(), &f->session);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return draft_former(rq, f);
}

/* One that ended meanwhile has its entry already. */
static enum status
end_former(struct store_tx *tx, struct former *f)
{
	enum status st;

	if (f->session.sid.n == 0)
		return OK;
	st = store_session_end(tx, f->session.sid, f->session.sub, clock_now_us());
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	f->emitted = true;
	return audit_emit(tx, &f->draft, STORE_TARGET_NONE, STR(""));
}

/* What the browser calls itself: text or nothing, and not cut inside a character: the database takes no other. */
static struct str
agent_of(const struct request *rq)
{
	struct str agent = str_slice(http_header(rq->http, "user-agent"), 0, AGENT_MOST);

	while (agent.n > 0 && !str_is_utf8(agent) && agent.n > AGENT_MOST - 4)
		agent.n--;
	return agent.n > 0 && str_is_utf8(agent) ? agent : STR("");
}

static enum status
save(struct request *rq, const struct session_proof *proof, const struct fresh *f, struct former *former,
     const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct config_session *limits = &rq->authd->config.session;
	const struct store_session row = {
		.id_hash = str_from(f->id, sizeof(f->id)),
		.sid = buf_str(&f->sid),
		.sub = proof->sub,
		.csrf = buf_str(&f->csrf),
		.acr = (int)proof->acr,
		.amr = proof->amr,
		.auth_us = now,
		.created_us = now,
		.seen_us = now,
		.idle_us_limit = limits->idle_us,
		.expires_us = now + limits->absolute_us,
		.agent = agent_of(rq),
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
	};

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_freeze_logged(&tx, proof->sub));
	TRY(end_former(&tx, former));
	TRY(store_session_add(&tx, &row));
	TRY(audit_emit(&tx, draft, STORE_TARGET_SESSION, row.sid));
	return store_commit(&tx);
}

/* What the person reads later under "sign-ins": from where and with what. */
static enum status
write_detail(const struct request *rq, struct buf *out)
{
	json_t *detail = json_pack("{s:s, s:o}", "peer", rq->http->peer, "agent", json_of_str(agent_of(rq)));
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

static enum status
draft_login(struct request *rq, const struct session_proof *proof, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(rq, ENTRY_AUTH_LOGIN);

	TRY(write_detail(rq, &detail));
	ev.entry.by.service = STR("portal");
	ev.entry.by.acr = str_of(proof->acr == 1 ? "1" : proof->acr == 2 ? "2" : "3");
	audit_fact(&ev, "amr", proof->amr);
	ev.person = (struct keys_person){ .sub = proof->sub, .wrapped = proof->wrapped };
	ev.detail = buf_str(&detail);
	return audit_draft(rq->authd, &ev, out);
}

static enum status
forward_former(struct request *rq, const struct former *f)
{
	struct receipt receipt;

	return f->emitted ? audit_forward(rq->authd, &f->draft, &receipt) : OK;
}

enum status
session_start(struct request *rq, const struct session_proof *proof)
{
	CLEANUP(fresh_clear) struct fresh f = { .cookie = BUF(64), .csrf = BUF(64), .sid = BUF(64) };
	CLEANUP(former_clear) struct former former = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct receipt receipt;

	TRY(make_fresh(&f));
	TRY(find_former(rq, &former));
	TRY(draft_login(rq, proof, &draft));
	TRY(save(rq, proof, &f, &former, &draft));
	TRY(forward_former(rq, &former));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	/* Lax: a link from a service to /ask/… or /oauth2/authorize must find the person signed in. */
	cookie_set(rq->rsp, SESSION_COOKIE, buf_str(&f.cookie), -1, COOKIE_LAX);
	return OK;
}

/* ---- another cookie ---- */

static enum status
gone(struct request *rq, enum status st)
{
	return st == E_NOT_FOUND
		   ? request_fail(rq, E_UNAUTHENTICATED, "unauthenticated", "you have signed out meanwhile")
		   : st;
}

enum status
session_renew(struct request *rq, struct store_tx *tx, struct buf *cookie)
{
	uint8_t old[32], fresh[32];
	struct str had;

	TRY(cookie_find(rq->http, SESSION_COOKIE, &had));
	TRY(session_random(cookie));
	session_id_hash(had, old);
	session_id_hash(buf_str(cookie), fresh);
	return gone(rq, store_session_renew(tx, str_from(old, sizeof(old)), str_from(fresh, sizeof(fresh))));
}

void
session_renewed(struct request *rq, const struct buf *cookie)
{
	cookie_set(rq->rsp, SESSION_COOKIE, buf_str(cookie), -1, COOKIE_LAX);
}

/* ---- ending ---- */

static enum status
end(struct request *rq, struct str sid)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_AUTH_SESSION_ENDED);
	struct receipt receipt;

	ev.person = request_person(rq);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_session_end(&tx, sid, str_of(rq->who.sub), clock_now_us()));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
session_end(struct request *rq)
{
	enum status st = end(rq, str_of(rq->who.sid));

	/* The session has ended at commit, whatever became of the entry: the browser may forget it. */
	cookie_expire(rq->rsp, SESSION_COOKIE);
	response_header(rq->rsp, "Clear-Site-Data", STR("\"cache\", \"storage\""));
	return st;
}

enum status
session_end_other(struct request *rq, struct str sid)
{
	return end(rq, sid);
}

enum status
session_hold(struct request *rq, struct store_tx *tx)
{
	TRY(gone(rq, store_session_hold(tx, str_of(rq->who.sid))));
	return store_freeze_logged(tx, str_of(rq->who.sub));
}
