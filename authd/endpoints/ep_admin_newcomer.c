/*
 * ep_admin_newcomer.c: POST /admin/v1/people: somebody is added. An administrator can start a password for them and
 * never see one; particulars are sealed under the person's own key.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/base/secret.h"
#include "authd/access/bynumber.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/identity/password.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
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

	TRY(bynumber_newcomer(a->rq, a->snils, &a->newcomer));
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

	TRY(store_begin(request_store(a->rq), &tx));
	TRY(bynumber_save(&tx, &a->newcomer, &row));
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

/* That there is somebody is about them: whoever learns it so leaves an entry that they see, before the answer (R1). */
static enum status
say_taken(struct adding *a)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;
	enum status st = E_NOT_FOUND;

	if (a->login.n > 0)
		st = store_person_by_login(request_store(a->rq), a->login, &p);
	if (st == E_NOT_FOUND && a->snils.n > 0)
		st = bynumber_find(a->rq, a->snils, &p);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(ep_admin_record_read(a->rq, "person.taken", &who));
	return request_fail(a->rq, E_CONFLICT, "conflict", "there is somebody with this login or insurance number");
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
	st = add(&a);
	if (st == E_CONFLICT)
		return say_taken(&a);
	return st == OK ? say_added(&a) : st;
}
