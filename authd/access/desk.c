#include "authd/access/desk_parts.h"

#include <string.h>

#include "auditlog/base/random.h"
#include "authd/access/bynumber.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* Ids of cases that a number opened: there the operator has not learnt the login, and does not. */
#define BY_NUMBER "dsn_"

void
desk_case_clear(struct desk_case *c)
{
	store_desk_case_clear(&c->row);
	store_person_clear(&c->person);
}

void
desk_result_clear(struct desk_result *r)
{
	json_decref(r->looks);
	r->looks = NULL;
	secret_clear(&r->codes);
}

/* ---- entries ---- */

struct audit_event
desk_event(const struct request *rq, const struct officer *o, enum entry_event event, const struct store_person *person,
	   const struct store_desk_offer *offer)
{
	struct audit_event ev = audit_of(rq, event);

	ev.entry.by.operator_id = str_of(o->pseudonym);
	ev.entry.by.roles[0] = str_of(o->role);
	ev.entry.by.role_count = 1;
	audit_fact(&ev, "organisation", str_of(o->organisation));
	if (offer != NULL) {
		audit_fact(&ev, "act", offer->action);
		audit_fact(&ev, "channel", offer->channel);
		audit_fact(&ev, "way", offer->way);
	}
	if (person != NULL && person->wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
	return ev;
}

/* ---- shared by the steps ---- */

enum status
desk_new_id(const char *prefix, char out[DESK_ID_MOST + 1])
{
	CLEANUP(buf_clear) struct buf id = BUF(DESK_ID_MOST);

	random_put_id(&id, prefix);
	TRY(buf_status(&id));
	memcpy(out, id.p, id.n);
	out[id.n] = '\0';
	return OK;
}

static bool
is_registered(const struct store_person *p)
{
	return p->wrapped_key.n > 0 && p->log_index != STORE_NO_INDEX;
}

bool
desk_can_be_helped(const struct store_person *p)
{
	return p->status == STORE_PERSON_ACTIVE && is_registered(p);
}

/* ---- how often ---- */

static int64_t
window_now(void)
{
	return clock_now_us() / DESK_WINDOW_US * DESK_WINDOW_US;
}

static enum status
too_often(struct request *rq)
{
	rq->rsp->retry_after_s = (unsigned)((window_now() + DESK_WINDOW_US - clock_now_us()) / SECOND_US + 1);
	return request_fail(rq, E_LIMITED, "rate_limited", "this was done too often in the last hour; wait a little");
}

enum status
desk_take(struct request *rq, const char *who, const char *what, int most)
{
	enum status st = store_desk_use_take(request_store(rq), str_of(who), str_of(what), window_now(), most);

	return st == E_LIMITED ? too_often(rq) : st;
}

enum status
desk_try_take(struct request *rq, const char *who, const char *what, int most, struct desk_try *out)
{
	enum status st;

	*out = (struct desk_try){ .who = who, .what = what, .window_us = window_now() };
	st = store_desk_use_take(request_store(rq), str_of(who), str_of(what), out->window_us, most);
	return st == E_LIMITED ? too_often(rq) : st;
}

enum status
desk_try_give_back(struct request *rq, const struct desk_try *t)
{
	return store_desk_use_give_back(request_store(rq), str_of(t->who), str_of(t->what), t->window_us);
}

/* ---- cases ---- */

static void
note_number(struct audit_event *ev, bool by_number)
{
	if (by_number)
		audit_fact(ev, "found_by", STR("snils"));
}

/* Nobody: the same entry with the same work, about nobody. */
static enum status
record_miss(struct request *rq, const struct officer *o, bool by_number)
{
	CLEANUP(audit_draft_clear) struct audit_draft decoy = { 0 };
	struct audit_event ev = desk_event(rq, o, ENTRY_DESK_OPENED, NULL, NULL);
	struct receipt receipt;

	rq->refusal_recorded = true;
	ev.entry.decision = ENTRY_REFUSE;
	note_number(&ev, by_number);
	TRY(audit_decoy(rq->authd, &ev, STR(""), &decoy));
	TRY(audit_record(rq->authd, &ev, &receipt));
	return request_fail(rq, E_NOT_FOUND, "not_found", "nobody can be helped here under this identifier");
}

static enum status
save_case(struct request *rq, const struct store_desk_case *row, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_desk_case_add(&tx, row));
	TRY(audit_emit(&tx, draft, STORE_TARGET_DESK_CASE, row->case_id));
	return store_commit(&tx);
}

static enum status
make_case(struct request *rq, const struct officer *o, const struct store_person *p, struct str channel, bool by_number,
	  const char *case_id)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = desk_event(rq, o, ENTRY_DESK_OPENED, p, NULL);
	const int64_t now = clock_now_us();
	struct receipt receipt;
	struct store_desk_case row = {
		.case_id = str_of(case_id),
		.sub = p->sub,
		.operator_sub = str_of(o->sub),
		.organisation = str_of(o->organisation),
		.sid = str_of(rq->who.sid),
		.channel = channel,
		.opened_us = now,
		.expires_us = now + DESK_CASE_US,
	};

	audit_fact(&ev, "channel", channel);
	note_number(&ev, by_number);
	TRY(audit_draft(rq->authd, &ev, &draft));
	row.event_id = str_of(draft.id_text);
	TRY(save_case(rq, &row, &draft));
	return audit_forward(rq->authd, &draft,
			     &receipt); /* the person sees the look before the operator sees anything */
}

/*
 * A login, a card number, or the insurance number that the person shows. Such numbers can be guessed, logins hardly: so
 * fewer of them, and each of them counts, also that of somebody who is here.
 */
static enum status
look_up(struct request *rq, const struct officer *o, struct str identifier, bool by_number, struct store_person *p)
{
	enum status st;

	if (!by_number)
		return store_person_by_login(request_store(rq), identifier, p);
	TRY(desk_take(rq, o->sub, "number", DESK_NUMBERS_MOST));
	st = bynumber_find(rq, identifier, p);
	/* A login may look like a number. */
	return st == E_NOT_FOUND ? store_person_by_login(request_store(rq), identifier, p) : st;
}

bool
desk_by_number(struct str case_id)
{
	return str_starts(case_id, STR(BY_NUMBER));
}

/* Somebody whom this official may help, or nobody; both cost the same. */
static enum status
find(struct request *rq, const struct officer *o, struct str identifier, bool by_number, enum desk_whom whom,
     struct store_person *p)
{
	struct desk_try miss;
	enum status st;

	TRY(desk_take(rq, o->sub, "look", DESK_LOOKUPS_MOST));
	TRY(desk_try_take(rq, o->sub, "miss", DESK_MISSES_MOST, &miss));
	st = look_up(rq, o, identifier, by_number, p);
	if ((st == OK || st == E_NOT_FOUND) && (whom == DESK_REGISTERED ? !is_registered(p) : !desk_can_be_helped(p)))
		return record_miss(rq, o, by_number);
	TRY(desk_try_give_back(rq, &miss));
	TRY(st);
	return officer_may_help(rq, o, p->sub);
}

static bool
is_number(struct str identifier)
{
	char digits[SNILS_DIGITS + 1];

	return snils_parse(identifier, digits) == OK;
}

enum status
desk_open(struct request *rq, const struct officer *o, struct str identifier, struct str channel,
	  char case_id[DESK_ID_MOST + 1])
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	const bool by_number = is_number(identifier);

	if (!str_is(channel, "office") && !str_is(channel, "phone"))
		return request_fail(rq, E_INVALID, "invalid_request", "say whether it is the office or the telephone");
	TRY(find(rq, o, identifier, by_number, DESK_ACTIVE, &p));
	TRY(desk_new_id(by_number ? BY_NUMBER : "dsk_", case_id));
	return make_case(rq, o, &p, channel, by_number, case_id);
}

enum status
desk_identify(struct request *rq, const struct officer *o, struct str identifier, enum desk_whom whom, const char *act,
	      struct store_person *out)
{
	const bool by_number = is_number(identifier);
	struct audit_event ev;
	struct receipt receipt;

	TRY(find(rq, o, identifier, by_number, whom, out));
	ev = desk_event(rq, o, ENTRY_DESK_OPENED, out, NULL);
	audit_fact(&ev, "act", str_of(act));
	note_number(&ev, by_number);
	return audit_record(rq->authd, &ev, &receipt);
}

enum status
desk_record_list(struct request *rq, const struct officer *o, const char *list, struct str sub)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct audit_event ev;
	struct receipt receipt;
	enum status st = sub.n > 0 ? store_person_find(request_store(rq), sub, &p) : OK;

	if (st != OK && st != E_NOT_FOUND)
		return st;
	ev = desk_event(rq, o, ENTRY_DESK_OPENED, &p, NULL);
	audit_fact(&ev, "list", str_of(list));
	return audit_record(rq->authd, &ev, &receipt);
}

enum status
desk_case(struct request *rq, const struct officer *o, struct str case_id, struct desk_case *out)
{
	TRY(store_desk_case_find(request_store(rq), case_id, str_of(o->sub), str_of(rq->who.sid), clock_now_us(),
				 &out->row));
	if (!str_is(out->row.organisation, o->organisation))
		return E_NOT_FOUND;
	TRY(store_person_find(request_store(rq), out->row.sub, &out->person));
	return desk_can_be_helped(&out->person) ? OK : E_NOT_FOUND;
}
