/*
 * ep_admin_people.c: /admin/v1/people: adding, finding, enabling and disabling people, resetting their factors. An
 * administrator can start a password for somebody and never see one; particulars are sealed under the person's own key.
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "authd/access/bynumber.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/identity/password.h"
#include "authd/store/store_death.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_session.h"
#include "authd/store/store_totp.h"

#define LOGIN_MOST 200
#define TEXT_MOST  500

static const char *const kinds[] = { "adult", "child", "staff" };

static bool
is_kind(struct str s)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_is(s, kinds[i]))
			return true;
	return false;
}

/* ---- adding ---- */

struct adding {
	struct request *rq;
	struct json_in in;
	struct str login, kind, password, totp_secret, snils;
	const json_t *profile_given;
	struct bynumber_newcomer newcomer;
	struct buf pseudonym, profile, phc, totp, totp_id;
	struct secret totp_text; /* made here: shown once */
	struct audit_draft draft;
};

static void
adding_clear(struct adding *a)
{
	bynumber_newcomer_clear(&a->newcomer);
	buf_clear(&a->pseudonym);
	buf_clear(&a->profile);
	buf_clear(&a->phc);
	buf_clear(&a->totp);
	buf_clear(&a->totp_id);
	secret_clear(&a->totp_text);
	audit_draft_clear(&a->draft);
}

static enum status
read_adding(struct adding *a)
{
	static const char *const known[] = { "login", "kind", "profile", "password", "totp_secret", NULL };
	struct json_in profile;
	struct str name;

	TRY(json_only(&a->in, known));
	TRY(json_opt_str(&a->in, "login", LOGIN_MOST, &a->login));
	TRY(json_need_str(&a->in, "kind", 16, &a->kind));
	TRY(json_opt_str(&a->in, "password", PASSWORD_MOST, &a->password));
	TRY(json_opt_str(&a->in, "totp_secret", 128, &a->totp_secret));
	TRY(json_need_object(&a->in, "profile", &profile));
	TRY(json_need_str(&profile, "name", TEXT_MOST, &name));
	TRY(json_opt_str(&profile, "snils", TEXT_MOST, &a->snils));
	a->profile_given = profile.at;
	return OK;
}

static enum status
check_adding(struct adding *a)
{
	char digits[SNILS_DIGITS + 1];
	const char *fault;

	if (a->snils.n > 0 && snils_parse(a->snils, digits) != OK)
		return request_fail(a->rq, E_INVALID, "invalid_request",
				    "profile.snils must be an insurance number with right check digits");
	if (!is_kind(a->kind))
		return request_fail(a->rq, E_INVALID, "invalid_request", "kind must be adult, child or staff");
	if (a->login.n == 0 && a->password.n > 0)
		return request_fail(a->rq, E_INVALID, "invalid_request", "a password needs a login");
	fault = a->password.n > 0 ? password_fault(a->password, a->login) : NULL;
	return fault == NULL ? OK : request_fail(a->rq, E_INVALID, "invalid_request", fault);
}

/* However it was typed: the person reads it as on their card. */
static enum status
print_number(struct str said, json_t *profile)
{
	char digits[SNILS_DIGITS + 1], text[SNILS_TEXT + 1];

	TRY(snils_parse(said, digits));
	snils_print(digits, text);
	return json_object_set_new(profile, "snils", json_string(text)) == 0 ? OK : E_NOMEM;
}

/*
 * Consent records carry a hash of the particulars. Names and document numbers can be guessed, so a random salt goes in
 * with them: then the hash says nothing to anybody who does not have them already.
 */
static enum status
salted_profile(const struct adding *a, struct buf *text)
{
	CLEANUP(json_decrefp) json_t *profile = json_deep_copy(a->profile_given);
	CLEANUP(buf_clear) struct buf salt = BUF(64);

	random_put_id(&salt, "");
	TRY(buf_status(&salt));
	if (profile == NULL || json_object_set_new(profile, "salt", json_of_str(buf_str(&salt))) != 0)
		return E_NOMEM;
	if (a->snils.n > 0)
		TRY(print_number(a->snils, profile));
	return json_write(profile, text);
}

/* Key first: everything else of the person is sealed under it. */
static enum status
make_key_and_profile(struct adding *a)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	struct keys_person who;
	struct keys_place place;

	enum status st = bynumber_newcomer(a->rq, a->snils, &a->newcomer);

	if (st == E_CONFLICT)
		return request_fail(a->rq, st, "conflict", "there is somebody with this insurance number");
	TRY(st);
	if (str_is(a->kind, "staff"))
		random_put_id(&a->pseudonym, "opr_");
	TRY(buf_status(&a->pseudonym));
	TRY(salted_profile(a, &text));
	who = (struct keys_person){ .sub = str_of(a->newcomer.sub), .wrapped = buf_str(&a->newcomer.wrapped) };
	place = (struct keys_place){ STR("person"), STR("profile"), str_of(a->newcomer.sub) };
	return keys_field_seal(a->rq->authd->keys, &who, &place, buf_str(&text), &a->profile);
}

static enum status
make_factors(struct adding *a)
{
	if (a->password.n > 0)
		TRY(password_hash(a->rq->authd, str_of(a->newcomer.sub), a->password, &a->phc));
	if (a->login.n == 0)
		return OK;
	random_put_id(&a->totp_id, "otp_");
	TRY(buf_status(&a->totp_id));
	if (a->totp_secret.n > 0)
		return keys_totp_import(a->rq->authd->keys, str_of(a->newcomer.sub), a->totp_secret, &a->totp);
	return keys_totp_new(a->rq->authd->keys, str_of(a->newcomer.sub), &a->totp, &a->totp_text);
}

static enum status
save_factors(struct adding *a, struct store_tx *tx)
{
	const struct store_totp totp = { .id = buf_str(&a->totp_id),
					 .sub = str_of(a->newcomer.sub),
					 .secret_sealed = buf_str(&a->totp),
					 .confirmed = 1 };

	if (a->phc.n > 0)
		TRY(store_password_set(tx, str_of(a->newcomer.sub), buf_str(&a->phc), clock_now_us()));
	return a->totp.n > 0 ? store_totp_add(tx, &totp) : OK;
}

static enum status
save_person(struct adding *a)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct store_person row = {
		.sub = str_of(a->newcomer.sub),
		.login = a->login.n > 0 ? a->login : (struct str){ 0 },
		.kind = a->kind,
		.status = STORE_PERSON_ACTIVE,
		.wrapped_key = buf_str(&a->newcomer.wrapped),
		.profile = buf_str(&a->profile),
		.pseudonym = a->pseudonym.n > 0 ? buf_str(&a->pseudonym) : (struct str){ 0 },
		.created_us = clock_now_us(),
		.event_id = str_of(a->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
	enum status st;

	TRY(store_begin(request_store(a->rq), &tx));
	st = bynumber_save(&tx, &a->newcomer, &row);
	if (st == E_CONFLICT)
		return request_fail(a->rq, st, "conflict", "there is somebody with this login or insurance number");
	TRY(st);
	TRY(save_factors(a, &tx));
	TRY(audit_emit(&tx, &a->draft, STORE_TARGET_PERSON, row.sub));
	return store_commit(&tx);
}

static enum status
add(struct adding *a)
{
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(check_adding(a));
	TRY(make_key_and_profile(a));
	TRY(make_factors(a));
	who = (struct keys_person){ .sub = str_of(a->newcomer.sub), .wrapped = buf_str(&a->newcomer.wrapped) };
	ev = ep_admin_event(a->rq, ENTRY_ADMIN_CHANGED, "person.added", &who);
	audit_fact_if_short(&ev, "kind", a->kind);
	ev.new_person = true;
	TRY(audit_draft(a->rq->authd, &ev, &a->draft));
	TRY(save_person(a));
	TRY(audit_remember(a->rq->authd, &a->draft, str_of(a->newcomer.sub)));
	return audit_forward(a->rq->authd, &a->draft, &receipt);
}

static enum status
say_added(struct adding *a)
{
	json_t *body =
	    json_pack("{s:s%, s:s%}", "sub", a->newcomer.sub, strlen(a->newcomer.sub), "kind", a->kind.p, a->kind.n);

	if (body == NULL)
		return E_NOMEM;
	if (a->login.n > 0)
		json_object_set_new(body, "login", json_of_str(a->login));
	if (a->pseudonym.n > 0)
		json_object_set_new(body, "pseudonym", json_of_str(buf_str(&a->pseudonym)));
	if (a->totp_text.n > 0)
		json_object_set_new(body, "totp_secret", json_of_str(secret_str(&a->totp_text)));
	return ep_admin_say(a->rq, 201, body);
}

enum status
ep_admin_person_add(struct request *rq)
{
	CLEANUP(adding_clear)
	struct adding a = {
		.rq = rq,
		.pseudonym = BUF(64),
		.profile = BUF(KEYS_BLOB_MAX),
		.phc = BUF(256),
		.totp = BUF(KEYS_BLOB_MAX),
		.totp_id = BUF(64),
	};
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &a.in));
	st = read_adding(&a);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(add(&a));
	return say_added(&a);
}

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
	json_t *records = json_array();
	enum status st = store_person_by_login(request_store(rq), login, &p);

	if (st == OK)
		json_array_append_new(records, item(&p));
	else if (st != E_NOT_FOUND) {
		json_decref(records);
		return st;
	}
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
	TRY(ep_admin_record_read(rq, "people.listed", NULL));
	if (login.n > 0)
		return by_login(rq, login);
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

/* Somebody who still is somebody: an erased person gets neither a status nor a password again. */
static enum status
find_living(struct request *rq, struct store_person *p)
{
	TRY(find_person(rq, p));
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
