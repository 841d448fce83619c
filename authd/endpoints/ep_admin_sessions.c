/* ep_admin_sessions.c: /admin/v1/sessions: who is signed in, and ending a session. */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
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

enum status
ep_admin_sessions(struct request *rq)
{
	CLEANUP(store_session_list_clear) struct store_session_list list = { 0 };
	struct str person = form_get(&rq->query, "person"), cursor;
	json_t *records;
	int limit;

	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(record_read(rq, person));
	TRY(store_session_page(request_store(rq), person.p != NULL ? person : STR(""), clock_now_us(), cursor, limit,
			       &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

static enum status
end(struct request *rq, const struct store_session *s, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_session_end(&tx, s->sid, s->sub, clock_now_us()));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
ep_admin_session_end(struct request *rq)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(store_session_by_sid(request_store(rq), rq->param[0], &s));
	TRY(store_person_find(request_store(rq), s.sub, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	ev = ep_admin_event(rq, ENTRY_AUTH_SESSION_ENDED, "session.ended", &who);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(end(rq, &s, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(rq, 200, json_pack("{s:s%, s:b}", "sid", s.sid.p, s.sid.n, "ended", 1));
}
