#include "authd/access/desk.h"

#include <stdio.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"
#include "authd/access/question.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_outbox.h"

void
desk_case_clear(struct desk_case *c)
{
	store_desk_case_clear(&c->row);
	store_person_clear(&c->person);
}

void
desk_offer_clear(struct desk_offer *o)
{
	store_desk_offer_clear(&o->row);
	store_person_clear(&o->person);
	buf_clear(&o->text);
	json_decref(o->content);
	o->content = NULL;
}

void
desk_result_clear(struct desk_result *r)
{
	json_decref(r->looks);
	r->looks = NULL;
	secret_clear(&r->codes);
}

/* ---- entries ---- */

static void
add_fact(struct entry *e, const char *name, struct str text)
{
	if (text.n > 0)
		e->facts[e->fact_count++] = (struct entry_fact){ .name = str_of(name), .text = text };
}

struct audit_event
desk_event(const struct request *rq, const struct officer *o, int event, const struct store_person *person,
	   const struct store_desk_offer *offer)
{
	struct audit_event ev = audit_of(rq, (enum entry_event)event);

	ev.entry.by.operator_id = str_of(o->pseudonym);
	ev.entry.by.roles[0] = str_of(o->role);
	ev.entry.by.role_count = 1;
	add_fact(&ev.entry, "organisation", str_of(o->organisation));
	if (offer != NULL) {
		add_fact(&ev.entry, "act", offer->action);
		add_fact(&ev.entry, "channel", offer->channel);
		add_fact(&ev.entry, "way", offer->way);
	}
	if (person != NULL && person->wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
	return ev;
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

/* Those that go wrong are counted when they do; here only whether there are any left. */
static enum status
check_left(struct request *rq, const char *who, const char *what, int most)
{
	int count = 0;

	TRY(store_desk_use_count(request_store(rq), str_of(who), str_of(what), window_now(), &count));
	return count < most ? OK : too_often(rq);
}

static enum status
count_wrong(struct request *rq, const char *who, const char *what, int most)
{
	enum status st = store_desk_use_take(request_store(rq), str_of(who), str_of(what), window_now(), most);

	return st == E_LIMITED ? OK : st;
}

/* ---- cases ---- */

static bool
can_be_helped(const struct store_person *p)
{
	return p->status == STORE_PERSON_ACTIVE && p->wrapped_key.n > 0 && p->log_index != STORE_NO_INDEX;
}

/* Nobody: the same entry with the same work, about nobody. */
static enum status
record_miss(struct request *rq, const struct officer *o)
{
	CLEANUP(audit_draft_clear) struct audit_draft decoy = { 0 };
	struct audit_event ev = desk_event(rq, o, ENTRY_DESK_OPENED, NULL, NULL);
	struct receipt receipt;

	rq->refusal_recorded = true;
	ev.entry.decision = ENTRY_REFUSE;
	TRY(count_wrong(rq, o->sub, "miss", DESK_MISSES_MOST));
	TRY(audit_decoy(rq->authd, &ev, &decoy));
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
new_id(const char *prefix, char out[DESK_ID_MOST + 1])
{
	CLEANUP(buf_clear) struct buf id = BUF(DESK_ID_MOST);

	random_put_id(&id, prefix);
	TRY(buf_status(&id));
	memcpy(out, id.p, id.n);
	out[id.n] = '\0';
	return OK;
}

static enum status
make_case(struct request *rq, const struct officer *o, const struct store_person *p, struct str channel,
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

	add_fact(&ev.entry, "channel", channel);
	TRY(audit_draft(rq->authd, &ev, &draft));
	row.event_id = str_of(draft.id_text);
	TRY(save_case(rq, &row, &draft));
	return audit_forward(rq->authd, &draft,
			     &receipt); /* the person sees the look before the operator sees anything */
}

enum status
desk_open(struct request *rq, const struct officer *o, struct str identifier, struct str channel,
	  char case_id[DESK_ID_MOST + 1])
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	enum status st;

	if (!str_is(channel, "office") && !str_is(channel, "phone"))
		return request_fail(rq, E_INVALID, "invalid_request", "say whether it is the office or the telephone");
	TRY(check_left(rq, o->sub, "miss", DESK_MISSES_MOST));
	TRY(desk_take(rq, o->sub, "look", DESK_LOOKUPS_MOST));
	st = store_person_by_login(request_store(rq), identifier, &p);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (!can_be_helped(&p))
		return record_miss(rq, o);
	TRY(officer_may_help(rq, o, p.sub));
	TRY(new_id("dsk_", case_id));
	return make_case(rq, o, &p, channel, case_id);
}

enum status
desk_case(struct request *rq, const struct officer *o, struct str case_id, struct desk_case *out)
{
	TRY(store_desk_case_find(request_store(rq), case_id, str_of(o->sub), str_of(rq->who.sid), clock_now_us(),
				 &out->row));
	if (!str_is(out->row.organisation, o->organisation))
		return E_NOT_FOUND;
	TRY(store_person_find(request_store(rq), out->row.sub, &out->person));
	return can_be_helped(&out->person) ? OK : E_NOT_FOUND;
}

/* ---- preparing ---- */

struct preparing {
	struct request *rq;
	const struct officer *o;
	const struct desk_case *c;
	const struct desk_preparing *what;
	const char *id;
	json_t *content;
	struct buf text, sealed;
	struct hash digest;
	char list_id[DESK_ID_MOST];
	int64_t number;
	struct audit_draft draft;
};

static void
preparing_clear(struct preparing *p)
{
	json_decref(p->content);
	buf_clear(&p->text);
	buf_clear(&p->sealed);
	audit_draft_clear(&p->draft);
}

static enum status
refuse(struct preparing *p, const char *why)
{
	return request_fail(p->rq, E_INVALID, "invalid_request", why);
}

static enum status
put(struct preparing *p, const char *name, json_t *value)
{
	return value != NULL && json_object_set_new(p->content, name, value) == 0 ? OK : E_NOMEM;
}

/* Of what was asked as optional, only what the person wants; anything else is not theirs to have ticked. */
static enum status
put_choice(struct preparing *p, const struct store_request *asked)
{
	CLEANUP(json_decrefp) json_t *required = NULL, *optional = NULL;
	json_t *chosen = json_array();
	size_t kept = 0;

	TRY(put(p, "optional", chosen));
	TRY(json_read(asked->categories, 8192, &required, NULL));
	TRY(json_read(asked->optional, 8192, &optional, NULL));
	for (size_t i = 0; i < json_array_size(optional); i++) {
		const char *name = json_string_value(json_array_get(optional, i));

		for (size_t k = 0; k < p->what->ticked_count; k++)
			if (name != NULL && str_is(p->what->ticked[k], name) && ++kept > 0 &&
			    json_array_append_new(chosen, json_string(name)) != 0)
				return E_NOMEM;
	}
	if (kept != p->what->ticked_count)
		return refuse(p, "this category was not asked for");
	return put(p, "required", json_incref(required));
}

static bool
waits(const struct store_request *asked)
{
	return (str_is(asked->state, "requested") || str_is(asked->state, "deferred")) &&
	       asked->log_index != STORE_NO_INDEX && asked->expires_us > clock_now_us();
}

/* give, refuse, defer: a request of the operator's own organisation, under the rules that are in force. */
static enum status
put_request(struct preparing *p)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	const struct purpose *u;
	const struct notice *n;

	TRY(store_request_find(request_store(p->rq), p->what->target, p->c->person.sub, &asked));
	if (!str_is(asked.organisation, p->o->organisation))
		return E_NOT_FOUND;
	if (!waits(&asked))
		return request_fail(p->rq, E_EXPIRED, "request_expired", "this request waits no longer");
	u = policy_purpose(p->rq->policy, asked.purpose);
	n = notice_find(p->rq->policy, asked.notice_id, (unsigned)asked.notice_version);
	if (u == NULL || n == NULL || u->version != (unsigned)asked.purpose_version)
		return request_fail(p->rq, E_CONFLICT, "policy_changed",
				    "the rules have changed since this was asked; the service must ask anew");
	TRY(put(p, "service", json_of_str(asked.service)));
	TRY(put(p, "purpose", json_of_str(asked.purpose)));
	TRY(put(p, "version", json_integer(asked.purpose_version)));
	TRY(put(p, "until", json_integer(asked.until_us)));
	TRY(put(p, "notice",
		json_pack("{s:s, s:i, s:s}", "id", n->id, "version", asked.notice_version, "sha256",
			  n->in[p->rq->http->lang == I18N_EN ? WORDS_EN : WORDS_RU].sha256)));
	return put_choice(p, &asked);
}

static enum status
put_record(struct preparing *p)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };

	TRY(store_consent_find(request_store(p->rq), p->what->target, p->c->person.sub, &c));
	if (!str_is(c.organisation, p->o->organisation))
		return E_NOT_FOUND;
	if (!str_is(c.state, "given") || c.log_index == STORE_NO_INDEX)
		return request_fail(p->rq, E_CONFLICT, "conflict", "this consent is not in force");
	TRY(put(p, "service", json_of_str(c.service)));
	TRY(put(p, "purpose", json_of_str(c.purpose)));
	return put(p, "until", json_integer(c.until_us));
}

static enum status
put_question(struct preparing *p)
{
	uint64_t index;

	if (p->what->text.n == 0)
		return refuse(p, "write down what the person asks");
	if (p->what->text.n > DESK_TEXT_MOST)
		return refuse(p, "the text is too long");
	if (str_to_u64(p->what->target, INT64_MAX, &index) != OK)
		return refuse(p, "which entry it is about is a number");
	return put(p, "text", json_of_str(p->what->text));
}

static enum status
put_nothing(struct preparing *p UNUSED)
{
	return OK;
}

/* Codes are for paper's sake: who has a list confirms with it, who has none signs. */
static enum status
put_codes(struct preparing *p)
{
	return str_is(p->what->way, "paper") ? OK : refuse(p, "a new list is given out on a signed paper");
}

static enum status
put_account(struct preparing *p)
{
	if (p->c != NULL || p->what->particulars == NULL)
		return refuse(p, "an account is made for somebody who has none");
	if (!str_is(p->what->way, "paper"))
		return refuse(p, "an account is made on a signed paper");
	return put(p, "particulars", json_incref(p->what->particulars));
}

static const struct {
	const char *action;
	enum status (*put)(struct preparing *p);
} actions[] = {
	{ "give", put_request },       { "refuse", put_request }, { "defer", put_request },
	{ "withdraw", put_record },    { "see", put_nothing },    { "question", put_question },
	{ "complaint", put_question }, { "codes", put_codes },    { "account", put_account },
};

static bool
is_date(struct str s)
{
	int64_t us;

	return s.n == sizeof("2026-12-31") - 1 && clock_parse_rfc3339(s, &us) == OK && us <= clock_now_us();
}

/* What was signed, and where anybody finds it again. */
static enum status
put_paper(struct preparing *p)
{
	const struct desk_paper *paper = &p->what->paper;
	struct hash scan;

	if (str_is(p->what->way, "code"))
		return OK;
	if (!question_is_case_number(paper->number))
		return refuse(p, "write down the paper's number as your office files it, like 2026-00123");
	if (paper->kept.n == 0 || paper->kept.n > 200)
		return refuse(p, "write down where the paper is kept");
	if (!is_date(paper->date))
		return refuse(p, "the paper's date looks like 2026-11-22 and is not in the future");
	if (paper->scan.n > 0 && hash_from_hex(paper->scan, &scan) != OK)
		return refuse(p, "the scan's hash is 64 hexadecimal digits");
	return put(p, "paper",
		   json_pack("{s:o, s:o, s:o, s:o}", "number", json_of_str(paper->number), "date",
			     json_of_str(paper->date), "kept", json_of_str(paper->kept), "scan",
			     json_of_str(paper->scan)));
}

static enum status
write_content(struct preparing *p)
{
	const struct desk_preparing *w = p->what;
	struct str channel = p->c != NULL ? p->c->row.channel : STR("office");

	p->content = json_pack("{s:s, s:o, s:o, s:o, s:s, s:s}", "offer", p->id, "action", json_of_str(w->action),
			       "channel", json_of_str(channel), "target", json_of_str(w->target), "organisation",
			       p->o->organisation, "lang", p->rq->http->lang == I18N_EN ? "en" : "ru");
	if (p->content == NULL)
		return E_NOMEM;
	if (!str_is(w->way, "code") && !str_is(w->way, "paper"))
		return refuse(p, "say how the person confirms");
	if (str_is(w->way, "paper") && !str_is(channel, "office"))
		return refuse(p, "nothing is signed over the telephone");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (!str_is(w->action, actions[i].action))
			continue;
		if (p->c == NULL && actions[i].put != put_account)
			return refuse(p, "say whom it is about");
		TRY(actions[i].put(p));
		TRY(put_paper(p));
		return json_write(p->content, &p->text);
	}
	return refuse(p, "this is not something that the desk does");
}

static enum status
seal_content(struct preparing *p)
{
	const struct keys_place place = { STR("desk_offer"), STR("content"), str_of(p->id) };
	struct keys_person who = { 0 };

	p->digest = hash_sha256(buf_str(&p->text));
	if (p->c != NULL)
		who = (struct keys_person){ .sub = p->c->person.sub, .wrapped = p->c->person.wrapped_key };
	return keys_field_seal(p->rq->authd->keys, p->c != NULL ? &who : NULL, &place, buf_str(&p->text), &p->sealed);
}

static struct store_desk_offer
row_of(const struct preparing *p)
{
	const int64_t now = clock_now_us();
	bool paper = str_is(p->what->way, "paper");

	return (struct store_desk_offer){
		.offer_id = str_of(p->id),
		.case_id = p->c != NULL ? p->c->row.case_id : STR(""),
		.sub = p->c != NULL ? p->c->person.sub : STR(""),
		.operator_sub = str_of(p->o->sub),
		.operator_id = str_of(p->o->pseudonym),
		.organisation = str_of(p->o->organisation),
		.role = str_of(p->o->role),
		.action = p->what->action,
		.channel = p->c != NULL ? p->c->row.channel : STR("office"),
		.way = p->what->way,
		.content = buf_str(&p->sealed),
		.digest = hash_str(&p->digest),
		.created_us = now,
		.expires_us = now + (paper ? DESK_PAPER_US : DESK_CODE_US),
		.event_id = str_of(p->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
}

static enum status
draft_offer(struct preparing *p)
{
	const struct store_desk_offer row = row_of(p);
	struct audit_event ev = desk_event(p->rq, p->o, ENTRY_DESK_PREPARED, p->c != NULL ? &p->c->person : NULL, &row);

	return audit_draft(p->rq->authd, &ev, &p->draft);
}

/* The number is the offer's from here on, whether anybody ever says its code or not. */
static enum status
save_offer(struct preparing *p)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct store_desk_offer row = row_of(p);
	enum status st;

	TRY(store_begin(request_store(p->rq), &tx));
	if (str_is(p->what->way, "code")) {
		st = store_desk_codes_reserve(&tx, row.sub, row.operator_sub, &p->number, p->list_id);
		if (st == E_USED)
			return request_fail(p->rq, E_CONFLICT, "no_codes",
					    "there is no list of codes that can be used with you; let the person sign");
		TRY(st);
	}
	row.code_number = p->number;
	row.list_id = str_of(p->list_id);
	TRY(store_desk_offer_add(&tx, &row));
	TRY(audit_emit(&tx, &p->draft, STORE_TARGET_DESK_OFFER, row.offer_id));
	return store_commit(&tx);
}

enum status
desk_prepare(struct request *rq, const struct officer *o, const struct desk_case *c, const struct desk_preparing *what,
	     char offer_id[DESK_ID_MOST + 1])
{
	CLEANUP(preparing_clear)
	struct preparing p = { .rq = rq,
			       .o = o,
			       .c = c,
			       .what = what,
			       .id = offer_id,
			       .text = BUF(DESK_CONTENT_MOST),
			       .sealed = BUF(KEYS_BLOB_MAX) };
	CLEANUP(freep) char *about = NULL;
	struct receipt receipt;

	TRY(desk_take(rq, o->sub, "offer", DESK_OFFERS_MOST));
	if (c != NULL) {
		TRY(str_dup(c->person.sub, &about));
		TRY(desk_take(rq, about, "about", DESK_OFFERS_ABOUT));
	}
	TRY(new_id("off_", offer_id));
	TRY(write_content(&p));
	TRY(seal_content(&p));
	TRY(draft_offer(&p));
	TRY(save_offer(&p));
	return audit_forward(rq->authd, &p.draft, &receipt);
}

/* ---- offers ---- */

static enum status
open_content(struct request *rq, struct desk_offer *o)
{
	const struct keys_place place = { STR("desk_offer"), STR("content"), o->row.offer_id };
	const struct keys_person who = { .sub = o->person.sub, .wrapped = o->person.wrapped_key };

	o->text = BUF(DESK_CONTENT_MOST);
	if (o->row.content.n == 0)
		return OK;
	TRY(keys_field_open(rq->authd->keys, o->person.sub.n > 0 ? &who : NULL, &place, o->row.content, &o->text));
	return json_read(buf_str(&o->text), DESK_CONTENT_MOST, &o->content, NULL);
}

enum status
desk_offer(struct request *rq, const struct officer *o, struct str offer_id, struct desk_offer *out)
{
	TRY(store_desk_offer_find(request_store(rq), offer_id, str_of(o->organisation), &out->row));
	if (!str_is(out->row.operator_sub, o->sub) && !str_is(out->row.way, "paper"))
		return E_NOT_FOUND;
	if (out->row.sub.n > 0) {
		TRY(officer_may_help(rq, o, out->row.sub)); /* nor read what a colleague prepared for a relative */
		TRY(store_person_find(request_store(rq), out->row.sub, &out->person));
		if (!can_be_helped(&out->person))
			return E_NOT_FOUND;
	}
	return open_content(rq, out);
}

/* What a colleague prepared is somebody's: who reads it is an entry that the person sees, before the page (R1). */
enum status
desk_record_look(struct request *rq, const struct officer *o, const struct desk_offer *offer)
{
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_OPENED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;

	return str_is(offer->row.operator_sub, o->sub) ? OK : audit_record(rq->authd, &ev, &receipt);
}

/* ---- confirming ---- */

static enum status
over(struct request *rq)
{
	return request_fail(rq, E_USED, "offer_over", "this waits no longer: it was answered, or its time is over");
}

/* What the form shows is what is stored: or else the person agreed to something else. */
static enum status
check_digest(struct request *rq, const struct desk_offer *offer, struct str digest)
{
	struct hash said;

	if (hash_from_hex(digest, &said) == OK && str_eq(hash_str(&said), offer->row.digest))
		return OK;
	return request_fail(rq, E_CONFLICT, "offer_differs", "this is not the text that was prepared");
}

static enum status
record_wrong(struct request *rq, const struct officer *o, const struct desk_offer *offer)
{
	struct audit_event ev = desk_event(rq, o, ENTRY_AUTH_FAILED, &offer->person, NULL);
	struct receipt receipt;

	rq->refusal_recorded = true;
	add_fact(&ev.entry, "factor", STR("paper_code"));
	return audit_record(rq->authd, &ev, &receipt);
}

static enum status
wrong_code(struct request *rq, const struct officer *o, const struct desk_offer *offer)
{
	TRY(count_wrong(rq, o->sub, "wrong", DESK_WRONG_MOST));
	TRY(store_desk_codes_fail(request_store(rq), offer->row.sub, offer->row.list_id));
	TRY(record_wrong(rq, o, offer));
	return E_UNAUTHENTICATED;
}

/* Spaces and dashes are how people read a long number. */
static void
digits_of(struct str code, char out[KEYS_HOTP_DIGITS + 2])
{
	size_t n = 0;

	for (size_t i = 0; i < code.n && n < KEYS_HOTP_DIGITS + 1; i++)
		if (code.p[i] != ' ' && code.p[i] != '-')
			out[n++] = code.p[i];
	out[n] = '\0';
}

static enum status
check_code(struct request *rq, const struct desk_offer *offer, struct str code)
{
	CLEANUP(store_desk_codes_clear) struct store_desk_codes list = { 0 };
	char digits[KEYS_HOTP_DIGITS + 2];
	enum status st = store_desk_codes_of(request_store(rq), offer->row.sub, &list);

	if (st == E_NOT_FOUND || (st == OK && !str_eq(list.list_id, offer->row.list_id)))
		return over(rq); /* another list was given out meanwhile */
	TRY(st);
	if (list.failures >= STORE_DESK_CODES_WRONG)
		return over(rq);
	digits_of(code, digits);
	st = keys_hotp_check(rq->authd->keys, list.sub, list.sealed, str_of(digits), (uint32_t)offer->row.code_number);
	secret_wipe(digits, sizeof(digits));
	return st;
}

static enum status
confirm_tx(struct request *rq, const struct officer *o, struct desk_offer *offer, bool second,
	   const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_desk_offer *row = &offer->row;
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	if (second)
		st = store_desk_offer_by_second(&tx, row, str_of(o->sub), str_of(o->pseudonym), str_of(o->organisation),
						now);
	else
		st = store_desk_offer_by_code(&tx, row->offer_id, str_of(o->sub), row->digest, now);
	if (st == E_USED)
		return over(rq);
	TRY(st);
	if (!second)
		TRY(store_desk_codes_passed(&tx, row->sub, row->list_id));
	if (row->sub.n > 0)
		TRY(inbox_tell(&tx, row->sub, INBOX_DESK_HELPED,
			       &(struct inbox_refs){ .organisation = row->organisation }));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	offer->row.confirmed_us = now;
	return OK;
}

static enum status
confirm(struct request *rq, const struct officer *o, struct desk_offer *offer, bool second, struct desk_result *out)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_CONFIRMED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;

	add_fact(&ev.entry, "prepared_by", offer->row.operator_id);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(confirm_tx(rq, o, offer, second, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return desk_act(rq, o, offer, out);
}

enum status
desk_confirm_code(struct request *rq, const struct officer *o, struct desk_offer *offer, struct str digest,
		  struct str code, struct desk_result *out)
{
	enum status st;

	if (!str_is(offer->row.operator_sub, o->sub))
		return E_NOT_FOUND;
	TRY(officer_may_help(rq, o, offer->row.sub));
	TRY(check_digest(rq, offer, digest));
	TRY(check_left(rq, o->sub, "wrong", DESK_WRONG_MOST));
	st = store_desk_offer_try(request_store(rq), offer->row.offer_id, str_of(o->sub), clock_now_us());
	if (st == E_USED)
		return over(rq);
	TRY(st);
	st = check_code(rq, offer, code);
	if (st == E_UNAUTHENTICATED)
		return wrong_code(rq, o, offer);
	TRY(st);
	return confirm(rq, o, offer, false, out);
}

enum status
desk_confirm_paper(struct request *rq, const struct officer *second, struct desk_offer *offer, struct str digest,
		   struct desk_result *out)
{
	if (!str_is(offer->row.way, "paper"))
		return E_NOT_FOUND;
	if (str_is(offer->row.operator_sub, second->sub))
		return request_fail(rq, E_DENIED, "second_person", "somebody else must confirm what you prepared");
	if (offer->row.sub.n > 0)
		TRY(officer_may_help(rq, second, offer->row.sub));
	TRY(check_digest(rq, offer, digest));
	return confirm(rq, second, offer, true, out);
}

enum status
desk_refuse(struct request *rq, const struct officer *o, struct desk_offer *offer)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev =
	    desk_event(rq, o, ENTRY_DESK_REFUSED, offer->row.sub.n > 0 ? &offer->person : NULL, &offer->row);
	struct receipt receipt;
	enum status st;

	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	st = store_desk_offer_refuse(&tx, offer->row.offer_id, offer->row.organisation);
	if (st == E_USED)
		return over(rq);
	TRY(st);
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}
