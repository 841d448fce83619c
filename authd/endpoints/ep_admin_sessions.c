/*
 * ep_admin_sessions.c: /admin/v1/sessions: who is signed in, which clients have lasting access (`offline=1`), and
 * ending either.
 */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_refresh.h"
#include "authd/store/store_session.h"

static json_t *
item(const struct store_session *s)
{
	return json_pack("{s:s%, s:s%, s:i, s:I, s:I, s:I}", "sid", s->sid.p, s->sid.n, "sub", s->sub.p, s->sub.n,
			 "acr", s->acr, "created_us", (json_int_t)s->created_us, "seen_us", (json_int_t)s->seen_us,
			 "expires_us", (json_int_t)s->expires_us);
}

/* When and how long somebody is here is data about them: the look is on record, theirs to see when it is at one person.
 */
static enum status
record_read(struct request *rq, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st = sub.n > 0 ? store_person_find(request_store(rq), sub, &p) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return ep_admin_record_read(rq, "sessions.listed", &who);
}

/* Of a refresh token only what it is for; nothing that could be used. */
static json_t *
lasting_item(const struct store_refresh *r)
{
	const int64_t silent = r->used_us + r->idle_us;

	return json_pack("{s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:I}", "grant_id", r->grant_id.p, r->grant_id.n, "sub",
			 r->sub.p, r->sub.n, "client_id", r->client_id.p, r->client_id.n, "scope", r->scope.p,
			 r->scope.n, "created_us", (json_int_t)r->created_us, "seen_us", (json_int_t)r->used_us,
			 "expires_us", (json_int_t)(silent < r->expires_us ? silent : r->expires_us));
}

static enum status
say_lasting(struct request *rq, struct str person, struct str cursor, int limit)
{
	CLEANUP(store_refresh_list_clear) struct store_refresh_list list = { 0 };
	json_t *records;

	TRY(store_refresh_page(request_store(rq), person, clock_now_us(), cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, lasting_item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

static enum status
say_sessions(struct request *rq, struct str person, struct str cursor, int limit)
{
	CLEANUP(store_session_list_clear) struct store_session_list list = { 0 };
	json_t *records;

	TRY(store_session_page(request_store(rq), person, clock_now_us(), cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

enum status
ep_admin_sessions(struct request *rq)
{
	struct str person = form_get(&rq->query, "person"), cursor;
	int limit;

	if (person.p == NULL)
		person = STR("");
	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(record_read(rq, person));
	return form_get(&rq->query, "offline").n > 0 ? say_lasting(rq, person, cursor, limit)
						     : say_sessions(rq, person, cursor, limit);
}

/* ---- ending ---- */

/* What is ended: a session by its sid, lasting access by the name of its grant. */
struct ending {
	struct store_session session;
	struct store_grant grant;
	struct str id, sub;
	bool lasting;
};

static void
ending_clear(struct ending *e)
{
	store_session_clear(&e->session);
	store_grant_clear(&e->grant);
}

static enum status
find(struct request *rq, struct ending *e)
{
	e->id = rq->param[0];
	e->lasting = str_starts(e->id, STR("grt_"));
	if (!e->lasting) {
		TRY(store_session_by_sid(request_store(rq), e->id, &e->session));
		e->sub = e->session.sub;
		return OK;
	}
	TRY(store_grant_find(request_store(rq), e->id, &e->grant));
	e->sub = e->grant.sub;
	return e->grant.revoked_us == 0 ? OK : E_NOT_FOUND;
}

static enum status
end(struct request *rq, const struct ending *e, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	if (e->lasting)
		TRY(store_grant_revoke(&tx, e->id, clock_now_us()));
	else
		TRY(store_session_end(&tx, e->id, e->sub, clock_now_us()));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
ep_admin_session_end(struct request *rq)
{
	CLEANUP(ending_clear) struct ending e = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(find(rq, &e));
	TRY(store_person_find(request_store(rq), e.sub, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	ev = ep_admin_event(rq, e.lasting ? ENTRY_TOKEN_REVOKED : ENTRY_AUTH_SESSION_ENDED,
			    e.lasting ? "grant.ended" : "session.ended", &who);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(end(rq, &e, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:b}", e.lasting ? "grant_id" : "sid", e.id.p, e.id.n, "ended", 1));
}
