#include "authd/access/evaluations.h"

#include <stdlib.h>
#include <string.h>

#include "authd/access/evaluation_parts.h"
#include "authd/audit/refusals.h"
#include "authd/request.h"

struct evaluation_item {
	struct evaluation e;
	json_t *text;       /* the item with its defaults: what e.q borrows from */
	enum status failed; /* OK; E_INVALID: why says it; E_DENIED: another's subject */
	struct json_why why;
};

/* ---- reading ---- */

enum status
evaluations_wanted(struct json_in *in, bool *several)
{
	const json_t *items;

	TRY(json_opt_array(in, "evaluations", EVALUATIONS_MOST, &items));
	*several = json_array_size(items) > 0;
	return OK;
}

static enum status
read_until(struct json_in *in, enum evaluations_until *out)
{
	static const char *const names[] = { "execute_all", "deny_on_first_deny", "permit_on_first_permit" };
	struct json_in options;
	struct str said;

	*out = EVALUATIONS_ALL;
	TRY(json_opt_object(in, "options", &options));
	if (options.at == NULL)
		return OK;
	TRY(json_opt_str(&options, "evaluations_semantic", QUESTION_ID_MOST, &said));
	if (said.p == NULL)
		return OK;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_is(said, names[i])) {
			*out = (enum evaluations_until)i;
			return OK;
		}
	}
	snprintf(in->why->text, sizeof(in->why->text),
		 "options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit");
	return E_INVALID;
}

/* A default of the wrong type is wrong for the whole request, also when every item brings its own. */
static enum status
check_defaults(struct json_in *in)
{
	static const char *const names[] = { "subject", "action", "resource", "context" };
	struct json_in ignored;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		TRY(json_opt_object(in, names[i], &ignored));
	return OK;
}

static enum status
read_item(struct request *rq, const json_t *item, const json_t *defaults, struct evaluation_item *out)
{
	struct json_in in;
	enum status st;

	out->e = evaluation_of(rq);
	st = question_of_item(item, defaults, &out->text);
	if (st == E_INVALID)
		snprintf(out->why.text, sizeof(out->why.text), "an evaluation must be an object");
	in = json_at(out->text, &out->why);
	if (st == OK)
		st = question_read(&in, &out->e.q);
	out->failed = st == E_INVALID ? st : OK;
	return out->failed != OK ? OK : st;
}

enum status
evaluations_read(struct request *rq, struct json_in *in, struct evaluations *out)
{
	const json_t *items;
	size_t n;

	TRY(json_need_array(in, "evaluations", EVALUATIONS_MOST, &items));
	TRY(read_until(in, &out->until));
	TRY(check_defaults(in));
	n = json_array_size(items);
	out->rq = rq;
	out->items = calloc(n, sizeof(*out->items));
	if (out->items == NULL)
		return E_NOMEM;
	for (; out->count < n; out->count++)
		TRY(read_item(rq, json_array_get(items, out->count), in->at, &out->items[out->count]));
	return OK;
}

void
evaluations_clear(struct evaluations *all)
{
	for (size_t i = 0; i < all->count; i++) {
		evaluation_clear(&all->items[i].e);
		json_decref(all->items[i].text);
	}
	free(all->items);
	*all = (struct evaluations){ 0 };
}

/* ---- the order ---- */

static bool
is_last(const struct evaluations *all, const struct evaluation_item *item)
{
	bool permit = item->failed == OK && item->e.verdict.permit;

	switch (all->until) {
	case EVALUATIONS_FIRST_DENY:
		return !permit;
	case EVALUATIONS_FIRST_PERMIT:
		return permit;
	case EVALUATIONS_ALL:
		break;
	}
	return false;
}

static enum status
judge_item(struct evaluation_item *item)
{
	enum status st = item->failed == OK ? evaluation_judge(&item->e) : OK;

	if (st != E_DENIED)
		return st;
	item->failed = E_DENIED;
	snprintf(item->why.text, sizeof(item->why.text), "subject.id must be the client that asks");
	return OK;
}

/* One after the other: a use that one item took is gone for the next. */
static enum status
judge(struct evaluations *all)
{
	while (all->done < all->count) {
		struct evaluation_item *item = &all->items[all->done];

		TRY(judge_item(item));
		all->done++;
		if (is_last(all, item))
			break;
	}
	return OK;
}

/* Whoever asks as somebody else is refused without a decision; that leaves its own trace, one for a call. */
static enum status
record_strangers(struct evaluations *all)
{
	enum status st;

	for (size_t i = 0; i < all->done; i++) {
		if (all->items[i].failed != E_DENIED)
			continue;
		st = request_fail(all->rq, E_DENIED, "subject_mismatch", all->items[i].why.text);
		st = refusals_record(all->rq, st);
		(void)request_fail(all->rq, OK, NULL, NULL);
		return st;
	}
	return OK;
}

struct sending {
	struct audit_draft *drafts; /* copies that own nothing */
	struct receipt *receipts;
	size_t count;
};

static void
sending_clear(struct sending *s)
{
	free(s->drafts);
	free(s->receipts);
}

static enum status
record(struct evaluations *all, uint64_t seen)
{
	CLEANUP(sending_clear)
	struct sending s = { .drafts = calloc(all->done, sizeof(*s.drafts)),
			     .receipts = calloc(all->done, sizeof(*s.receipts)) };
	int64_t until_us = INT64_MAX;
	enum status st = OK;
	size_t from = 0;

	if (s.drafts == NULL || s.receipts == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < all->done; i++) {
		if (all->items[i].failed != OK)
			continue;
		TRY(evaluation_draft(&all->items[i].e));
		s.drafts[s.count++] = all->items[i].e.draft;
		if (evaluation_until(&all->items[i].e) < until_us)
			until_us = evaluation_until(&all->items[i].e);
	}
	if (s.count > 0)
		st = audit_append_fenced(all->rq->authd, s.drafts, s.count, seen, until_us, s.receipts);
	for (size_t i = 0; i < all->done; i++)
		all->items[i].e.logged = evaluation_may_be_logged(st);
	TRY(st);
	for (size_t i = 0; i < all->done; i++)
		if (all->items[i].failed == OK)
			all->items[i].e.receipt = s.receipts[from++];
	return OK;
}

/* Their entries are in one batch or none is: when the ground of one has ended, all are decided again. */
static enum status
attempt(struct evaluations *all, bool first)
{
	const uint64_t seen = audit_seen(all->rq->authd);

	all->done = 0;
	TRY(audit_reachable(all->rq->authd));
	TRY(judge(all));
	if (first)
		TRY(record_strangers(all));
	return record(all, seen);
}

static void
forget(struct evaluations *all)
{
	for (size_t i = 0; i < all->count; i++)
		evaluation_forget(&all->items[i].e);
}

static enum status
journey(struct evaluations *all)
{
	enum status st = attempt(all, true);

	for (int i = 1; i < EVALUATION_ATTEMPTS && st == E_EXPIRED; i++) {
		forget(all);
		st = attempt(all, false);
	}
	if (st != OK)
		return st == E_EXPIRED ? E_BUSY : st;
	for (size_t i = 0; i < all->done; i++)
		if (all->items[i].failed == OK)
			TRY(evaluation_release(&all->items[i].e));
	return OK;
}

enum status
evaluations_run(struct evaluations *all)
{
	enum status st = journey(all);

	for (size_t i = 0; i < all->count; i++) {
		if (st == OK || all->items[i].e.logged)
			use_keep(&all->items[i].e.use);
		else
			use_give_back(all->rq->authd, &all->items[i].e.use);
	}
	return st;
}

/* ---- the answer ---- */

static enum status
answer_item(const struct evaluation_item *item, json_t **out)
{
	int http = item->failed == E_DENIED ? 403 : 400;

	if (item->failed == OK)
		return evaluation_answer(&item->e, out);
	*out = json_pack("{s:b, s:{s:{s:i, s:s}}}", "decision", 0, "context", "error", "status", http, "message",
			 item->why.text);
	return *out != NULL ? OK : E_NOMEM;
}

enum status
evaluations_answer(const struct evaluations *all, json_t **out)
{
	CLEANUP(json_decrefp) json_t *list = json_array();
	json_t *one = NULL;

	for (size_t i = 0; i < all->done; i++) {
		TRY(answer_item(&all->items[i], &one));
		if (json_array_append_new(list, one) != 0)
			return E_NOMEM;
	}
	*out = json_pack("{s:O}", "evaluations", list);
	return *out != NULL ? OK : E_NOMEM;
}
