#include "authd/identity/signin.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/access/later.h"
#include "authd/audit/audit.h"
#include "authd/http/cookie.h"
#include "authd/identity/browser.h"
#include "authd/identity/password.h"
#include "authd/identity/session.h"
#include "authd/identity/throttle.h"
#include "authd/request.h"
#include "authd/store/store_login.h"
#include "authd/store/store_password.h"
#include "authd/store/store_person.h"
#include "authd/store/store_totp.h"

enum { STAGE_CODE = 1 };

bool
signin_is_own_path(struct str path)
{
	if (path.n == 0 || path.n > SIGNIN_RETURN_MOST || path.p[0] != '/')
		return false;
	if (path.n > 1 && path.p[1] == '/')
		return false;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] <= ' ' || path.p[i] >= 0x7f || path.p[i] == '\\')
			return false;
	return true;
}

/* ---- entries ---- */

/*
 * A failed try is the person's to see, too. For nobody it costs the same, and its entry, which is public, looks the
 * same. is_known: who tries has shown the password.
 */
static enum status
record_failure(struct request *rq, enum entry_event event, const char *factor, const struct store_person *person,
	       struct str login, bool is_known)
{
	CLEANUP(audit_draft_clear) struct audit_draft decoy = { 0 };
	struct audit_event ev = audit_of(rq, event);
	struct receipt receipt;

	rq->refusal_recorded = true;
	ev.entry.by.service = STR("portal");
	audit_fact(&ev, "factor", str_of(factor));
	if (!is_known)
		later_apart(&ev);
	if (person->wrapped_key.n == 0) {
		TRY(audit_decoy(rq->authd, &ev, login, &decoy));
		return audit_append(rq->authd, &decoy, &receipt);
	}
	ev.person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
	return audit_record(rq->authd, &ev, &receipt);
}

/* ---- the first factor ---- */

struct first {
	struct store_person person;
	struct store_password password;
	int number; /* of this try among those in a row; 0: it is none, there is no password or the account waits */
};

static void
first_clear(struct first *f)
{
	store_person_clear(&f->person);
	store_password_clear(&f->password);
}

/* Nobody by that name is no error here: the work that follows is the same. */
static enum status
find_person(struct request *rq, struct str login, struct first *f)
{
	enum status st = store_person_by_login(request_store(rq), login, &f->person);

	if (st == OK)
		st = store_password_find(request_store(rq), f->person.sub, &f->password);
	return st == E_NOT_FOUND ? OK : st;
}

/*
 * A try is counted before it is made. Tries while the account waits do not make it wait longer: whoever keeps trying
 * must not keep the owner out for ever.
 */
static enum status
count_try(struct request *rq, struct first *f)
{
	enum status st;

	if (f->password.sub.n == 0)
		return OK;
	st = store_password_try(request_store(rq), f->password.sub, clock_now_us(), throttle_trying_us, &f->number);
	return st == E_LIMITED ? OK : st;
}

static enum status
uncount_try(struct request *rq, const struct first *f)
{
	return f->number == 0 ? OK : store_password_give_back(request_store(rq), f->password.sub, f->number);
}

/* An account that waits does so for strangers: a browser that its owner has signed in with before need not. */
static bool
may_try(struct request *rq, const struct first *f)
{
	bool known = browser_is_known(rq, f->person.sub);

	return f->person.status == STORE_PERSON_ACTIVE && f->person.wrapped_key.n > 0 &&
	       f->person.log_index != STORE_NO_INDEX && (known || f->number > 0);
}

/* Everything is checked, whatever the first thing that was wrong: so that it takes the same. */
static enum status
check_password(struct request *rq, struct first *f, struct str login, struct str password)
{
	enum status st;
	bool may;

	TRY(count_try(rq, f));
	st = password_verify(rq->authd, f->person.sub, password, f->password.phc);
	may = may_try(rq, f);
	if (st == OK && may)
		return store_password_passed(request_store(rq), f->person.sub);
	if (st == OK || st == E_UNAUTHENTICATED) {
		if (throttle_delay_us(f->number) > 0)
			TRY(store_password_wait(request_store(rq), f->person.sub,
						clock_now_us() + throttle_delay_us(f->number)));
		TRY(record_failure(rq, ENTRY_AUTH_FAILED, "pwd", &f->person, login, false));
		return E_UNAUTHENTICATED;
	}
	TRY(uncount_try(rq, f));
	return st;
}

/*
 * The form token of the second page is derived from the cookie, so that the page can be shown again without keeping the
 * token; the database has only hashes of both.
 */
static enum status
form_token(struct str cookie, struct buf *out)
{
	CLEANUP(buf_clear) struct buf data = BUF(256);
	struct hash h;

	buf_put_cstr(&data, "ombud sign-in form v1\n");
	buf_put(&data, cookie);
	TRY(buf_status(&data));
	h = hash_sha256(buf_str(&data));
	encode_base64url(out, str_from(h.b, sizeof(h.b)));
	return buf_status(out);
}

static enum status
begin(struct request *rq, struct str sub, struct str return_to)
{
	CLEANUP(buf_clear) struct buf cookie = BUF(64), token = BUF(64);
	const int64_t now = clock_now_us();
	uint8_t id[32], csrf[32];
	struct store_login row = {
		.id_hash = str_from(id, sizeof(id)),
		.sub = sub,
		.stage = STAGE_CODE,
		.return_to = signin_is_own_path(return_to) ? return_to : STR("/me"),
		.csrf_hash = str_from(csrf, sizeof(csrf)),
		.created_us = now,
		.expires_us = now + SIGNIN_LIFE_S * SECOND_US,
	};

	TRY(session_random(&cookie));
	TRY(form_token(buf_str(&cookie), &token));
	session_id_hash(buf_str(&cookie), id);
	session_id_hash(buf_str(&token), csrf);
	TRY(store_login_add(request_store(rq), &row));
	cookie_set(rq->rsp, SIGNIN_COOKIE, buf_str(&cookie), SIGNIN_LIFE_S, COOKIE_LAX);
	return OK;
}

static enum status
take_of_address(struct request *rq)
{
	return throttle_take(rq->http->peer, &rq->rsp->retry_after_s) == OK
		   ? OK
		   : request_fail(rq, E_LIMITED, "rate_limited",
				  "too many wrong tries from your address; wait a little");
}

enum status
signin_password(struct request *rq, struct str login, struct str password, struct str return_to)
{
	CLEANUP(first_clear) struct first f = { 0 };
	enum status st;

	TRY(take_of_address(rq));
	st = find_person(rq, login, &f);
	if (st == OK)
		st = check_password(rq, &f, login, password);
	if (st != E_UNAUTHENTICATED)
		throttle_give_back(rq->http->peer);
	TRY(st);
	return begin(rq, f.person.sub, return_to);
}

/* ---- the second factor ---- */

struct second {
	uint8_t id[32];
	struct store_login login;
	struct store_person person;
	struct store_totp_list devices;
};

static void
second_clear(struct second *s)
{
	store_login_clear(&s->login);
	store_person_clear(&s->person);
	store_totp_list_clear(&s->devices);
}

static enum status
find_pending(struct request *rq, struct second *s, struct buf *token)
{
	struct str cookie;

	if (cookie_find(rq->http, SIGNIN_COOKIE, &cookie) != OK)
		return E_NOT_FOUND;
	session_id_hash(cookie, s->id);
	TRY(store_login_find(request_store(rq), str_from(s->id, sizeof(s->id)), clock_now_us(), &s->login));
	if (s->login.stage != STAGE_CODE || s->login.sub.n == 0)
		return E_NOT_FOUND;
	return form_token(cookie, token);
}

enum status
signin_pending(struct request *rq, char csrf[64], char **return_to)
{
	CLEANUP(second_clear) struct second s = { 0 };
	CLEANUP(buf_clear) struct buf token = BUF(63);

	TRY(find_pending(rq, &s, &token));
	TRY(str_dup(s.login.return_to, return_to));
	memcpy(csrf, token.p, token.n);
	csrf[token.n] = '\0';
	return OK;
}

/* Those that are asked: with a try that was counted before. */
static bool
is_asked(const struct store_totp *d)
{
	return d->confirmed && !d->locked && d->failures <= SIGNIN_DEVICE_CODES;
}

/* failures of each device becomes the number of this try; of one that has no try left, one more than there are. */
static enum status
count_tries(struct request *rq, struct second *s)
{
	for (size_t i = 0; i < s->devices.count; i++) {
		struct store_totp *d = &s->devices.items[i];
		enum status st = E_LIMITED;

		if (d->confirmed && !d->locked)
			st = store_totp_try(request_store(rq), d->id, SIGNIN_DEVICE_CODES, &d->failures);
		if (st == E_LIMITED)
			d->failures = SIGNIN_DEVICE_CODES + 1;
		else
			TRY(st);
	}
	return OK;
}

/* A device that took the code counts none any more. */
static enum status
uncount_tries(struct request *rq, const struct second *s, const struct store_totp *taken)
{
	for (size_t i = 0; i < s->devices.count; i++) {
		const struct store_totp *d = &s->devices.items[i];

		if (d != taken && is_asked(d))
			TRY(store_totp_give_back(request_store(rq), d->id));
	}
	return OK;
}

/* One device's answer to a code. E_USED from the compare-and-set: the same code a moment ago, or in parallel. */
static enum status
try_device(struct request *rq, const struct store_totp *d, struct str code)
{
	int64_t step = 0;
	enum status st;

	if (!is_asked(d))
		return E_UNAUTHENTICATED;
	TRY(keys_totp_check(rq->authd->keys, d->sub, d->secret_sealed, code, d->last_step, &step));
	st = store_totp_take(request_store(rq), d->id, step);
	return st == E_USED ? E_UNAUTHENTICATED : st;
}

static enum status
ask_devices(struct request *rq, const struct second *s, struct str code, const struct store_totp **taken)
{
	for (size_t i = 0; i < s->devices.count; i++) {
		enum status st = try_device(rq, &s->devices.items[i], code);

		if (st == OK)
			*taken = &s->devices.items[i];
		if (st != E_UNAUTHENTICATED)
			return st;
	}
	return E_UNAUTHENTICATED;
}

static bool
is_wrong(enum status st)
{
	return st == E_UNAUTHENTICATED || st == E_INVALID;
}

/* All of them are counted first: keyd is asked in between, and asked once. */
static enum status
try_devices(struct request *rq, struct second *s, struct str code)
{
	const struct store_totp *taken = NULL;
	enum status st;

	TRY(count_tries(rq, s));
	st = ask_devices(rq, s, code, &taken);
	if (!is_wrong(st))
		TRY(uncount_tries(rq, s, taken));
	return st;
}

static enum status
end_pending(struct request *rq, const struct second *s)
{
	TRY(store_login_drop(request_store(rq), str_from(s->id, sizeof(s->id))));
	cookie_expire(rq->rsp, SIGNIN_COOKIE);
	return E_NOT_FOUND;
}

/*
 * A try is counted before it is made, so that a hundred codes sent at the same moment are still no more than
 * SIGNIN_CODES. The right one takes the whole sign-in out, count and all.
 */
static enum status
take_try(struct request *rq, const struct second *s, int *tries)
{
	TRY(store_login_fail(request_store(rq), str_from(s->id, sizeof(s->id)), tries));
	return *tries <= SIGNIN_CODES ? OK : end_pending(rq, s);
}

/* Too many wrong codes lock the devices and end the sign-in under way. */
static enum status
wrong_code(struct request *rq, struct second *s, int tries)
{
	bool any_locked = false;

	for (size_t i = 0; i < s->devices.count; i++) {
		const struct store_totp *d = &s->devices.items[i];
		enum status st = d->confirmed && !d->locked
				     ? store_totp_lock(request_store(rq), d->id, SIGNIN_DEVICE_CODES)
				     : E_USED;

		if (st != OK && st != E_USED)
			return st;
		any_locked |= st == OK;
	}
	TRY(record_failure(rq, any_locked ? ENTRY_AUTH_LOCKED : ENTRY_AUTH_FAILED, "otp", &s->person, s->person.login,
			   true));
	return tries < SIGNIN_CODES ? E_UNAUTHENTICATED : end_pending(rq, s);
}

/* The sign-in is taken out first: of two right codes at once only one becomes a session. */
static enum status
finish(struct request *rq, struct second *s)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(store_login_clear) struct store_login taken = { 0 };
	const struct session_proof proof = {
		.sub = s->person.sub, .wrapped = s->person.wrapped_key, .acr = 2, .amr = STR("pwd otp")
	};
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_login_consume(&tx, str_from(s->id, sizeof(s->id)), STAGE_CODE, clock_now_us(), &taken);
	if (st != OK)
		return st == E_USED ? E_NOT_FOUND : st;
	TRY(store_commit(&tx));
	cookie_expire(rq->rsp, SIGNIN_COOKIE);
	return session_start(rq, &proof);
}

static enum status
load(struct request *rq, struct second *s, struct str csrf)
{
	CLEANUP(buf_clear) struct buf token = BUF(63);

	TRY(find_pending(rq, s, &token));
	if (!secret_equal(buf_str(&token), csrf))
		return request_fail(rq, E_DENIED, "csrf_failed", "this form is too old; open the page again");
	TRY(store_person_find(request_store(rq), s->login.sub, &s->person));
	if (s->person.status != STORE_PERSON_ACTIVE)
		return E_NOT_FOUND;
	return store_totp_of(request_store(rq), s->login.sub, &s->devices);
}

enum status
signin_code(struct request *rq, struct str csrf, struct str code, char **return_to)
{
	CLEANUP(second_clear) struct second s = { 0 };
	CLEANUP(freep) char *to = NULL;
	enum status st;
	int tries = 0;

	TRY(load(rq, &s, csrf));
	TRY(take_of_address(rq));
	st = take_try(rq, &s, &tries);
	if (st == OK)
		st = try_devices(rq, &s, code);
	if (is_wrong(st))
		return wrong_code(rq, &s, tries);
	throttle_give_back(rq->http->peer);
	TRY(st);
	TRY(str_dup(s.login.return_to, &to));
	TRY(finish(rq, &s));
	browser_remember(rq, s.person.sub);
	*return_to = STEAL(&to);
	return OK;
}
