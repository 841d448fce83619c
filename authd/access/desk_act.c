/* desk_act.c: what was confirmed at the desk is carried out, from the stored text alone. */
#include <stdio.h>
#include <string.h>

#include "auditlog/core/entry.h"
#include "authd/access/contracting.h"
#include "authd/access/desk_codes.h"
#include "authd/access/desk_parts.h"
#include "authd/access/history.h"
#include "authd/access/inquiry.h"
#include "authd/audit/audit.h"
#include "authd/request.h"

struct acting {
	struct request *rq;
	const struct officer *o; /* who confirms: the first operator, or the second one */
	struct desk_offer *offer;
	struct desk_result *out;
	struct consenting_giver giver;
};

static struct str
said(const struct desk_offer *o, const char *name)
{
	return str_of(json_string_value(json_object_get(o->content, name)));
}

static struct str
paper(const struct desk_offer *o, const char *name)
{
	return str_of(json_string_value(json_object_get(json_object_get(o->content, "paper"), name)));
}

/* How it was confirmed is the signature: a code of the person's own list is one factor, a paper none of ours. */
static struct consenting_giver
giver_of(const struct officer *o, const struct desk_offer *offer)
{
	bool on_paper = str_is(offer->row.way, "paper");
	bool phone = str_is(offer->row.channel, "phone");

	return (struct consenting_giver){
		.sub = offer->person.sub,
		.wrapped = offer->person.wrapped_key,
		.assistance = {
			.channel = offer->row.channel,
			.operator_id = offer->row.operator_id,
			.organisation = offer->row.organisation,
			.confirmation = on_paper ? STR("paper") : STR("hotp-list"),
			.second_operator = on_paper ? str_of(o->pseudonym) : STR(""),
			.operator_sub = offer->row.operator_sub,
			.second_sub = on_paper ? str_of(o->sub) : STR(""),
			.paper = paper(offer, "number"),
			.paper_date = paper(offer, "date"),
			.paper_kept = paper(offer, "kept"),
			.paper_scan = paper(offer, "scan"),
			.confirmed_us = offer->row.confirmed_us,
		},
		.method = on_paper ? STR("paper+second-operator") : phone ? STR("phone+hotp-list") : STR("office+hotp-list"),
		.acr = on_paper ? STR("") : STR("1"),
		/* In which it was read out, whichever page confirms. */
		.read_in = str_is(said(offer, "lang"), "en") ? WORDS_EN : WORDS_RU,
	};
}

static void
keep_id(struct acting *a, const char *id)
{
	snprintf(a->out->id, sizeof(a->out->id), "%s", id);
}

/* ---- requests and consents ---- */

static enum status
give(struct acting *a)
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };
	const json_t *chosen = json_object_get(a->offer->content, "optional");
	struct str ticked[CONSENTING_CATEGORIES_MOST];
	char record_id[UUID_TEXT_LEN + 1];
	size_t n = 0;

	TRY(store_request_find(request_store(a->rq), said(a->offer, "target"), a->giver.sub, &asked));
	for (; n < json_array_size(chosen) && n < CONSENTING_CATEGORIES_MOST; n++)
		ticked[n] = str_of(json_string_value(json_array_get(chosen, n)));
	TRY(consenting_give(a->rq, &asked, &a->giver, ticked, n, record_id));
	keep_id(a, record_id);
	return OK;
}

static enum status
answer(struct acting *a,
       enum status (*how)(struct request *, const struct store_request *, const struct consenting_giver *))
{
	CLEANUP(store_request_clear) struct store_request asked = { 0 };

	TRY(store_request_find(request_store(a->rq), said(a->offer, "target"), a->giver.sub, &asked));
	return how(a->rq, &asked, &a->giver);
}

static enum status
say_no(struct acting *a)
{
	return answer(a, consenting_refuse);
}

static enum status
put_off(struct acting *a)
{
	return answer(a, consenting_defer);
}

static enum status
take_back(struct acting *a)
{
	CLEANUP(freep) char *record = NULL;

	TRY(str_dup(said(a->offer, "target"), &record));
	TRY(consenting_withdraw(a->rq, &a->giver, str_of(record)));
	keep_id(a, record);
	return OK;
}

/* ---- what the person sees and asks ---- */

/*
 * The request as if the person had made it, for reading what is theirs: the same connection, policy and language,
 * another principal, without roles. It lives as long as the call.
 */
struct as_person {
	struct request rq;
};

static void
as_person_clear(struct as_person *p)
{
	buf_clear(&p->rq.who.wrapped);
}

static enum status
as_person(const struct acting *a, struct as_person *out)
{
	const struct store_person *p = &a->offer->person;

	out->rq = *a->rq;
	out->rq.who = (struct principal){ .kind = PRINCIPAL_PERSON, .wrapped = BUF(KEYS_BLOB_MAX) };
	snprintf(out->rq.who.sub, sizeof(out->rq.who.sub), "%.*s", STR_ARG(p->sub));
	buf_put(&out->rq.who.wrapped, p->wrapped_key);
	return buf_status(&out->rq.who.wrapped);
}

static enum status
see_some(struct request *rq, struct str month, bool refused, json_t *looks)
{
	CLEANUP(json_decrefp) json_t *some = NULL;
	uint64_t next;

	TRY(history_month(rq, month, UINT64_MAX, refused, &some, &next));
	return json_array_extend(looks, some) == 0 ? OK : E_NOMEM;
}

static enum status
see_month(struct request *rq, int64_t at_us, json_t *looks)
{
	CLEANUP(buf_clear) struct buf month = BUF(8);

	clock_put_month(&month, at_us);
	TRY(buf_status(&month));
	TRY(see_some(rq, buf_str(&month), false, looks));
	return see_some(rq, buf_str(&month), true, looks);
}

/* This month and the one before, the newest HISTORY_PAGE of each, and as many refused attempts. */
static enum status
see(struct acting *a)
{
	CLEANUP(as_person_clear) struct as_person theirs = { 0 };
	const int64_t now = clock_now_us();
	CLEANUP(buf_clear) struct buf this_month = BUF(8), before = BUF(8);
	int64_t at = now;

	TRY(as_person(a, &theirs));
	a->out->looks = json_array();
	clock_put_month(&this_month, now);
	do {
		at -= DAY_US;
		buf_reset(&before);
		clock_put_month(&before, at);
	} while (str_eq(buf_str(&this_month), buf_str(&before)));
	TRY(see_month(&theirs.rq, now, a->out->looks));
	return see_month(&theirs.rq, at, a->out->looks);
}

static enum status
ask(struct acting *a)
{
	CLEANUP(as_person_clear) struct as_person theirs = { 0 };
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *entry = NULL;
	char id[INQUIRY_ID_MOST + 1];
	struct inquiry what = { .complaint = str_is(a->offer->row.action, "complaint"),
				.text = said(a->offer, "text") };

	TRY(str_to_u64(said(a->offer, "target"), INT64_MAX, &what.about));
	TRY(as_person(a, &theirs));
	TRY(history_one(&theirs.rq, what.about, &entry, &line)); /* about them, or there is none */
	what.line = buf_str(&line);
	what.organisation = str_of(json_string_value(json_object_get(entry, "organisation_id")));
	TRY(inquiry_open(a->rq, &a->giver, &what, id));
	keep_id(a, id);
	return OK;
}

/* ---- contracts ---- */

static enum status
answer_contract(struct acting *a)
{
	enum status st = contracting_answer_for(a->rq, &a->giver, said(a->offer, "target"),
						str_is(a->offer->row.action, "contract"));

	return st == E_USED ? request_fail(a->rq, st, "conflict", "this contract waits for no answer") : st;
}

/* ---- codes and accounts ---- */

static enum status
codes(struct acting *a)
{
	return desk_codes_issue(a->rq, a->o, &a->offer->person, &a->out->codes);
}

static const struct {
	const char *action;
	enum status (*run)(struct acting *a);
} acts[] = {
	{ "give", give },
	{ "refuse", say_no },
	{ "defer", put_off },
	{ "withdraw", take_back },
	{ "see", see },
	{ "question", ask },
	{ "complaint", ask },
	{ "codes", codes },
	{ "contract", answer_contract },
	{ "contract_no", answer_contract },
};

enum status
desk_act(struct request *rq, const struct officer *o, struct desk_offer *offer, struct desk_result *out)
{
	struct acting a = { .rq = rq, .o = o, .offer = offer, .out = out, .giver = giver_of(o, offer) };
	char sub[DESK_ID_MOST + 1] = "";

	if (str_is(offer->row.action, "account")) {
		TRY(desk_account(rq, o, offer, out, sub));
		return store_desk_offer_done(request_store(rq), offer->row.offer_id, str_of(sub), str_of(out->card));
	}
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (!str_is(offer->row.action, acts[i].action))
			continue;
		TRY(acts[i].run(&a));
		return store_desk_offer_done(request_store(rq), offer->row.offer_id, offer->row.sub, str_of(out->id));
	}
	return E_UNSUPPORTED;
}
