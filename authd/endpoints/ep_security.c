/*
 * ep_security.c: where a person is signed in, ending a session, whom they have let in, changing the password.
 *
 * A new password needs the old one, however fresh the session is: a browser that somebody left open must not be enough
 * to take the account. Wrong old passwords count as wrong ones of the sign-in page do, by address and by account, and
 * are entries of the log that the person sees.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/secret.h"
#include "authd/access/freezing.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/agent_name.h"
#include "authd/http/json_write.h"
#include "authd/identity/password.h"
#include "authd/identity/session.h"
#include "authd/identity/throttle.h"
#include "authd/oauth/approve.h"
#include "authd/request.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_session.h"

#define PAGE_SIZE    50
#define SID_MOST     64
#define ID_MOST      128
#define CLIENTS_MOST 100

/* ---- the page ---- */

static json_t *
session_card(const struct request *rq, const struct store_session *s)
{
	int64_t idle_end = s->seen_us + s->idle_us_limit;
	const struct agent_name name = agent_name(s->agent);

	return json_pack("{s:s%, s:b, s:I, s:I, s:I, s:o, s:s?, s:s?}", "id", s->sid.p, s->sid.n, "current",
			 str_is(s->sid, rq->who.sid), "began", (json_int_t)s->auth_us, "seen", (json_int_t)s->seen_us,
			 "ends", (json_int_t)(idle_end < s->expires_us ? idle_end : s->expires_us), "agent",
			 json_of_str(s->agent), "program", name.program, "system", name.system);
}

static enum status
add_sessions(struct request *rq, json_t *data)
{
	CLEANUP(store_session_list_clear) struct store_session_list list = { 0 };
	struct str cursor = rq->http->method == HTTP_GET ? form_get(&rq->query, "cursor") : STR("");
	json_t *sessions = json_array();

	if (sessions == NULL || json_object_set_new(data, "sessions", sessions) != 0)
		return E_NOMEM;
	TRY(store_session_page(request_store(rq), str_of(rq->who.sub), clock_now_us(), cursor.n > 0 ? cursor : STR(""),
			       PAGE_SIZE, &list));
	for (size_t i = 0; i < list.count; i++)
		if (json_array_append_new(sessions, session_card(rq, &list.items[i])) != 0)
			return E_NOMEM;
	return json_object_set_new(data, "next", json_string(list.next.text)) == 0 ? OK : E_NOMEM;
}

/* Every client that has a grant in force, whether the person was asked on a page or signing in was the yes. */
static enum status
add_clients(struct request *rq, json_t *data)
{
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list list = { 0 };
	json_t *clients = json_array();

	if (clients == NULL || json_object_set_new(data, "clients", clients) != 0)
		return E_NOMEM;
	TRY(store_grant_clients(request_store(rq), str_of(rq->who.sub), CLIENTS_MOST, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_grant_client *c = &list.items[i];

		if (json_array_append_new(clients,
					  json_pack("{s:o, s:o, s:I, s:I}", "id", json_of_str(c->client_id), "name",
						    json_of_str(c->name), "first", (json_int_t)c->first_us, "last",
						    (json_int_t)c->last_us)) != 0)
			return E_NOMEM;
	}
	return OK;
}

static enum status
add_freeze(struct request *rq, json_t *data)
{
	int64_t frozen_us = 0;

	TRY(store_freeze_find(request_store(rq), str_of(rq->who.sub), &frozen_us));
	return frozen_us == 0 || json_object_set_new(data, "frozen", json_integer(frozen_us)) == 0 ? OK : E_NOMEM;
}

/* fault: a key of the catalogues, or NULL; field: the member that marks its field. */
static enum status
page(struct request *rq, int http, const char *field, const char *fault)
{
	bool changed = rq->http->method == HTTP_GET && form_get(&rq->query, "changed").n > 0;
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:b, s:s?}", "path", "/security", "changed", changed, "fault", fault);
	enum status st;

	if (data == NULL)
		return E_NOMEM;
	if (field != NULL)
		json_object_set_new(data, field, json_true());
	st = add_sessions(rq, data);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this page of the list does not exist");
	TRY(st);
	TRY(add_clients(rq, data));
	TRY(add_freeze(rq, data));
	return request_page(rq, http, "security", data);
}

enum status
ep_security(struct request *rq)
{
	return page(rq, 200, NULL, NULL);
}

/* ---- ending a session ---- */

enum status
ep_session_end(struct request *rq)
{
	struct str id;

	if (form_need(&rq->form, "id", SID_MOST, &id) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	if (str_is(id, rq->who.sid)) {
		TRY(session_end(rq));
		response_redirect(rq->rsp, STR("/login"));
		return OK;
	}
	TRY(session_end_other(rq, id));
	response_redirect(rq->rsp, STR("/security"));
	return OK;
}

/* ---- this was not me ---- */

enum status
ep_freeze(struct request *rq)
{
	TRY(freezing_begin(rq));
	response_redirect(rq->rsp, STR("/security#freeze"));
	return OK;
}

enum status
ep_thaw(struct request *rq)
{
	enum status st = freezing_end(rq);

	if (st == E_DENIED)
		return page(rq, 403, "fault_thaw", "thaw_sign_in");
	if (st != OK && st != E_NOT_FOUND) /* pressed twice: it is thawed, or the page says that it is not */
		return st;
	response_redirect(rq->rsp, STR("/security#freeze"));
	return OK;
}

/* ---- ending a client's access ---- */

enum status
ep_client_end(struct request *rq)
{
	struct str id;

	if (form_need(&rq->form, "id", ID_MOST, &id) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	TRY(approve_end(rq, id));
	response_redirect(rq->rsp, STR("/security#clients"));
	return OK;
}

/* ---- changing the password ---- */

struct change {
	struct store_person person;
	struct store_password password;
	struct str old, fresh;
	struct buf phc;
	struct audit_draft draft;
};

static void
change_clear(struct change *c)
{
	store_person_clear(&c->person);
	store_password_clear(&c->password);
	buf_clear(&c->phc);
	audit_draft_clear(&c->draft);
}

static struct audit_event
event_of(const struct request *rq, enum entry_event event)
{
	struct audit_event ev = audit_of(rq, event);

	ev.person = request_person(rq);
	audit_fact(&ev, "factor", STR("pwd"));
	return ev;
}

static enum status
load(struct request *rq, struct change *c)
{
	struct str sub = str_of(rq->who.sub);

	TRY(store_person_find(request_store(rq), sub, &c->person));
	return store_password_find(request_store(rq), sub, &c->password);
}

static enum status
record_wrong(struct request *rq)
{
	struct audit_event ev = event_of(rq, ENTRY_AUTH_FAILED);
	struct receipt receipt;

	return audit_record(rq->authd, &ev, &receipt);
}

/* Counted before it is looked at, as in signin.c. OK with *fault set when the page is to be shown again. */
static enum status
check_counted(struct request *rq, const struct change *c, const char **fault)
{
	int number = 0;
	enum status st =
	    store_password_try(request_store(rq), c->person.sub, clock_now_us(), throttle_trying_us, &number);

	if (st == E_LIMITED)
		return request_fail(rq, E_LIMITED, "rate_limited", "too many wrong tries; wait a little");
	TRY(st);
	st = password_verify(rq->authd, c->person.sub, c->old, c->password.phc);
	if (st == OK)
		return store_password_passed(request_store(rq), c->person.sub);
	if (st != E_UNAUTHENTICATED) {
		TRY(store_password_give_back(request_store(rq), c->person.sub, number));
		return st;
	}
	*fault = "password_old_wrong";
	if (throttle_delay_us(number) > 0)
		return store_password_wait(request_store(rq), c->person.sub,
					   clock_now_us() + throttle_delay_us(number));
	return OK;
}

static enum status
check_old(struct request *rq, const struct change *c, const char **fault)
{
	enum status st;

	if (throttle_take(rq->http->peer, &rq->rsp->retry_after_s) != OK)
		return request_fail(rq, E_LIMITED, "rate_limited",
				    "too many wrong tries from your address; wait a little");
	st = check_counted(rq, c, fault);
	if (*fault != NULL)
		return record_wrong(rq);
	throttle_give_back(rq->http->peer);
	return st;
}

static const char *
fault_of_new(const struct change *c)
{
	const char *fault = password_fault(c->fresh, c->person.login);

	return fault == NULL && secret_equal(c->old, c->fresh) ? "password_same" : fault;
}

/* Whoever copied this session's cookie has nothing of the new password, either. */
static enum status
save(struct request *rq, const struct change *c)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf cookie = BUF(64);
	const int64_t now = clock_now_us();

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_password_set(&tx, c->person.sub, buf_str(&c->phc), now));
	TRY(session_renew(rq, &tx, &cookie));
	TRY(store_login_drop_all(&tx, c->person.sub));
	TRY(store_session_end_all(&tx, c->person.sub, str_of(rq->who.sid), now, NULL));
	TRY(store_grant_revoke_person(&tx, c->person.sub, now)); /* RFC 9700 4.14: lasting access ends, too */
	TRY(audit_emit(&tx, &c->draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	session_renewed(rq, &cookie);
	return OK;
}

static enum status
apply(struct request *rq, struct change *c)
{
	const struct audit_event ev = event_of(rq, ENTRY_AUTH_FACTOR_ADDED);
	struct receipt receipt;

	TRY(password_hash(rq->authd, c->person.sub, c->fresh, &c->phc));
	TRY(audit_draft(rq->authd, &ev, &c->draft));
	TRY(save(rq, c));
	return audit_forward(rq->authd, &c->draft, &receipt);
}

enum status
ep_password_change(struct request *rq)
{
	CLEANUP(change_clear)
	struct change c = { .old = form_get(&rq->form, "old"), .fresh = form_get(&rq->form, "new"), .phc = BUF(256) };
	const char *fault = NULL;

	TRY(load(rq, &c));
	TRY(check_old(rq, &c, &fault));
	if (fault != NULL)
		return page(rq, 403, "fault_old", fault);
	fault = fault_of_new(&c);
	if (fault != NULL)
		return page(rq, 400, "fault_new", fault);
	TRY(apply(rq, &c));
	response_redirect(rq->rsp, STR("/security?changed=1"));
	return OK;
}
