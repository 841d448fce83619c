/*
 * ep_admin_people.c: /admin/v1/people: finding, enabling and disabling people, resetting their factors. An
 * administrator can start a password for somebody and never see one. Who is added: ep_admin_newcomer.c.
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/bynumber.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/identity/password.h"
#include "authd/store/store_death.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_session.h"
#include "authd/store/store_totp.h"

/* ---- finding ---- */

static json_t *
item(const struct store_person *p)
{
	json_t *body =
	    json_pack("{s:s%, s:s%, s:s, s:b}", "sub", p->sub.p, p->sub.n, "kind", p->kind.p, p->kind.n, "status",
		      p->status == STORE_PERSON_ACTIVE ? "active" : "disabled", "erased", p->wrapped_key.p == NULL);

	if (body != NULL && p->login.n > 0)
		json_object_set_new(body, "login", json_of_str(p->login));
	if (body != NULL && p->pseudonym.n > 0)
		json_object_set_new(body, "pseudonym", json_of_str(p->pseudonym));
	return body;
}

static enum status
by_login(struct request *rq, struct str login)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	enum status st = store_person_by_login(request_store(rq), login, &p);
	const struct keys_person who = { .sub = p.sub, .wrapped = p.wrapped_key };
	json_t *records;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	TRY(ep_admin_record_read(rq, "people.listed", &who));
	records = json_array();
	if (st == OK)
		json_array_append_new(records, item(&p));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", ""));
}

/* Ids, kinds and logins, no particulars; but who is registered here, and under which login, is data about them, too. */
enum status
ep_admin_people(struct request *rq)
{
	CLEANUP(store_person_list_clear) struct store_person_list list = { 0 };
	struct str login = form_get(&rq->query, "login"), kind = form_get(&rq->query, "kind"), cursor;
	json_t *records;
	int limit;

	TRY(ep_admin_page(rq, &limit, &cursor));
	if (login.n > 0)
		return by_login(rq, login);
	TRY(ep_admin_record_read(rq, "people.listed", NULL));
	TRY(store_person_page(request_store(rq), kind.p != NULL ? kind : STR(""), cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

/* Whom services only asked about (bynumber.h) is nobody yet. */
static enum status
find_person(struct request *rq, struct store_person *p)
{
	TRY(store_person_find(request_store(rq), rq->param[0], p));
	return p->event_id.n > 0 ? OK : E_NOT_FOUND;
}

enum status
ep_admin_person(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;

	TRY(find_person(rq, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(ep_admin_record_read(rq, "person.shown", &who));
	return ep_admin_say(rq, 200, item(&p));
}

/*
 * Somebody who still is somebody: an erased person gets neither a status nor a password again. Nobody looks after their
 * own account here: whoever has an administrator's token for a while would set them another password without the old.
 */
static enum status
find_living(struct request *rq, struct store_person *p)
{
	TRY(find_person(rq, p));
	if (rq->who.kind == PRINCIPAL_TOKEN && str_is(p->sub, rq->who.sub))
		return request_fail(rq, E_DENIED, "own_matter", "a colleague looks after your account");
	return p->wrapped_key.n > 0 ? OK : request_fail(rq, E_CONFLICT, "person_erased", "this person was erased");
}

/* ---- enabling and disabling ---- */

/* Where they are signed in or about to be (whoever is past an old password has nothing of a new one), and what they
 * gave services for longer. */
static enum status
end_everything(struct store_tx *tx, struct str sub)
{
	const int64_t now = clock_now_us();

	TRY(store_login_drop_all(tx, sub));
	TRY(store_session_end_all(tx, sub, STR(""), now, NULL));
	return store_grant_revoke_person(tx, sub, now);
}

/*
 * What was at the death stays until that is taken back (death.h): else somebody at a desk could raise the dead. Asked
 * when the row of the person is ours: a death that is confirmed meanwhile is seen, or comes after and shuts the
 * account.
 */
static enum status
check_alive(struct request *rq, struct store_tx *tx, struct str sub)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };
	enum status st = store_death_stands(tx->db, sub, &d);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return request_fail(rq, E_CONFLICT, "person_dead", "a death of this person is registered");
}

static enum status
set_status(struct request *rq, const struct store_person *p, bool active, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_person_set_status(&tx, p->sub, active ? STORE_PERSON_ACTIVE : STORE_PERSON_DISABLED,
				    str_of(draft->id_text)));
	TRY(check_alive(rq, &tx, p->sub));
	if (!active) /* ASVS 7.4.2: disabled means out, at once */
		TRY(end_everything(&tx, p->sub));
	TRY(audit_emit(&tx, draft, STORE_TARGET_PERSON, p->sub));
	return store_commit(&tx);
}

static enum status
change_status(struct request *rq, bool active)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(find_living(rq, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	ev = ep_admin_event(rq, ENTRY_ADMIN_CHANGED, active ? "person.enabled" : "person.disabled", &who);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(set_status(rq, &p, active, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(
	    rq, 200, json_pack("{s:s%, s:s}", "sub", p.sub.p, p.sub.n, "status", active ? "active" : "disabled"));
}

enum status
ep_admin_person_status(struct request *rq)
{
	static const char *const known[] = { "status", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	struct str wanted;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "status", 16, &wanted);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	if (!str_is(wanted, "active") && !str_is(wanted, "disabled"))
		return request_fail(rq, E_INVALID, "invalid_request", "status must be active or disabled");
	return change_status(rq, str_is(wanted, "active"));
}

/* ---- resetting: locked devices are unlocked, and a new password is set when one is given ---- */

static enum status
reset(struct request *rq, const struct store_person *p, struct str phc, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_totp_unlock(&tx, p->sub));
	if (phc.n > 0)
		TRY(store_password_set(&tx, p->sub, phc, clock_now_us()));
	TRY(end_everything(&tx, p->sub));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
ep_admin_person_reset(struct request *rq)
{
	static const char *const known[] = { "password", NULL };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(buf_clear) struct buf phc = BUF(256);
	struct json_why why = { 0 };
	struct json_in in;
	struct str password;
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_opt_str(&in, "password", PASSWORD_MOST, &password);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(find_living(rq, &p));
	if (password.n > 0 && password_fault(password, p.login) != NULL)
		return request_fail(rq, E_INVALID, "invalid_request", password_fault(password, p.login));
	if (password.n > 0)
		TRY(password_hash(rq->authd, p.sub, password, &phc));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	ev = ep_admin_event(rq, ENTRY_AUTH_RECOVERED, password.n > 0 ? "password.set" : "factors.unlocked", &who);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(reset(rq, &p, buf_str(&phc), &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(rq, 200, json_pack("{s:s%}", "sub", p.sub.p, p.sub.n));
}
