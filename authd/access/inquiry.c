/* inquiry.c: the person's side: asking, seeing what became of it, asking again, turning to the privacy officer. */
#include "authd/access/inquiry.h"

#include <string.h>

#include "authd/access/inquiry_parts.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

#define LIST_MOST 100

/* ---- asking ---- */

static void
put_operator(struct buf *out, struct str pseudonym)
{
	if (pseudonym.n == 0)
		return;
	if (out->n == 0)
		buf_put_char(out, ' ');
	buf_put(out, pseudonym);
	buf_put_char(out, ' ');
}

/* Who did it: the operator, and who prepared, put forward or assisted. Those answer no question about it. */
static enum status
read_operators(const struct entry *e, struct buf *out)
{
	static const char *const names[] = { "prepared_by", "assisted_by", "second_operator", "registered_by",
					     "proposed_by" };

	put_operator(out, e->by.operator_id);
	for (size_t i = 0; i < e->fact_count; i++)
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (str_is(e->facts[i].name, names[k]))
				put_operator(out, e->facts[i].text);
	return buf_status(out);
}

static enum status
draft(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what,
      const struct inquiry_turn *text, struct audit_draft *out)
{
	struct audit_event ev = audit_of(rq, ENTRY_QUESTION_OPENED);

	consenting_giver_sign(giver, &ev);
	ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = what->about };
	audit_fact(&ev, "kind", what->complaint ? STR("complaint") : STR("question"));
	audit_fact(&ev, "organisation", what->organisation);
	ev.detail = buf_str(&text->detail);
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save(struct request *rq, const struct store_question *row, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_question_add(&tx, row);
	if (st == E_LIMITED)
		return request_fail(rq, st, "rate_limited", "you asked much today, or much of it has no answer yet");
	TRY(st);
	TRY(audit_emit(&tx, d, STORE_TARGET_QUESTION, row->id));
	return store_commit(&tx);
}

enum status
inquiry_open(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what,
	     char id[INQUIRY_ID_MOST + 1])
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX), made = BUF(INQUIRY_ID_MOST), operators = BUF(1024);
	CLEANUP(inquiry_turn_clear) struct inquiry_turn text = { 0 };
	const struct keys_person who = { .sub = giver->sub, .wrapped = giver->wrapped };
	struct store_question row = { .sub = giver->sub, .log_index_about = (int64_t)what->about };
	struct entry_view about;
	struct receipt receipt;

	random_put_id(&made, "qst_");
	TRY(buf_status(&made));
	row.id = buf_str(&made);
	TRY(inquiry_turn_make(rq, &who, &row, "person", STR(""), what->text, &text));
	TRY(keys_field_seal(rq->authd->keys, &who, &(struct keys_place){ STR("question"), STR("text"), row.id },
			    what->text, &sealed));
	TRY(entry_parse(what->line, &about));
	TRY(read_operators(&about.entry, &operators));
	row.kind = what->complaint ? STR("complaint") : STR("question");
	row.text = buf_str(&sealed);
	row.created_us = clock_now_us();
	row.organisation = what->organisation;
	row.service = policy_service(rq->policy, about.entry.by.service) != NULL ? about.entry.by.service : STR("");
	row.operators = operators.n > 0 ? buf_str(&operators) : STR("");
	TRY(inquiry_due(rq->policy, inquiry_owner(rq->policy, &row), row.created_us, &row.due_us));
	TRY(draft(rq, giver, what, &text, &d));
	row.event_id = str_of(d.id_text);
	TRY(save(rq, &row, &d));
	memcpy(id, made.p, made.n);
	id[made.n] = '\0';
	return audit_forward(rq->authd, &d, &receipt);
}

/* ---- the person's list ---- */

static struct keys_person
self(const struct request *rq)
{
	return (struct keys_person){ .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
}

static bool
is_answered(const struct store_question *q, int64_t now_us)
{
	return str_is(q->state, "answered") && q->answered_us > now_us - INQUIRY_AGAIN_US;
}

/* One whose term is over goes by itself within a second or two; until then the person need not wait. */
static bool
is_overdue(const struct store_question *q, int64_t now_us)
{
	return (str_is(q->state, "open") || str_is(q->state, "in_work")) && q->due_us <= now_us;
}

static enum status
item(struct request *rq, const struct store_question *q, json_t *list)
{
	const struct keys_person who = self(rq);
	const int64_t now = clock_now_us();
	json_t *one = NULL;

	TRY(inquiry_show(rq, &who, q, &one));
	json_object_set_new(one, "may_follow",
			    json_boolean(is_answered(q, now) && q->follow_ups < STORE_QUESTION_AGAINS));
	json_object_set_new(one, "may_escalate", json_boolean(is_answered(q, now) || is_overdue(q, now)));
	return json_array_append_new(list, one) == 0 ? OK : E_NOMEM;
}

enum status
inquiry_list(struct request *rq, json_t **list)
{
	CLEANUP(store_question_list_clear) struct store_question_list rows = { 0 };
	CLEANUP(json_decrefp) json_t *made = json_array();

	if (made == NULL)
		return E_NOMEM;
	TRY(store_question_page(request_store(rq), str_of(rq->who.sub), STR(""), STR(""), LIST_MOST, &rows));
	for (size_t i = 0; i < rows.count; i++)
		if (rows.items[i].log_index != STORE_NO_INDEX)
			TRY(item(rq, &rows.items[i], made));
	*list = STEAL(&made);
	return OK;
}

/* ---- coming back to it ---- */

static enum status
not_now(struct request *rq)
{
	return request_fail(rq, E_CONFLICT, "question_state",
			    "this cannot be done with the question as it is now; look at its state");
}

static enum status
find_own(struct request *rq, struct str id, struct store_question *out)
{
	TRY(store_question_find(request_store(rq), id, str_of(rq->who.sub), out));
	return out->log_index != STORE_NO_INDEX ? OK : E_NOT_FOUND;
}

static struct audit_event
own_event(const struct request *rq, enum entry_event event, const struct store_question *q)
{
	const struct consenting_giver giver = consenting_giver_self(rq);
	struct audit_event ev = audit_of(rq, event);

	consenting_giver_sign(&giver, &ev);
	inquiry_event(q, &ev);
	return ev;
}

static enum status
follow(struct request *rq, const struct store_question *q, struct inquiry_turn *turn, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	int64_t due;
	enum status st;

	TRY(inquiry_due(rq->policy, inquiry_owner(rq->policy, q), now, &due));
	TRY(store_begin(request_store(rq), &tx));
	st = store_question_follow(&tx, q->id, now - INQUIRY_AGAIN_US, now, due);
	if (st == E_USED)
		return not_now(rq);
	TRY(st);
	TRY(inquiry_turn_put(&tx, turn, d));
	return store_commit(&tx);
}

enum status
inquiry_follow(struct request *rq, struct str id, struct str text)
{
	CLEANUP(store_question_clear) struct store_question q = { 0 };
	CLEANUP(inquiry_turn_clear) struct inquiry_turn turn = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	const struct keys_person who = self(rq);
	struct audit_event ev;
	struct receipt receipt;

	TRY(find_own(rq, id, &q));
	TRY(inquiry_turn_make(rq, &who, &q, "person", STR(""), text, &turn));
	ev = own_event(rq, ENTRY_QUESTION_FOLLOWED, &q);
	ev.detail = buf_str(&turn.detail);
	TRY(audit_draft(rq->authd, &ev, &d));
	TRY(follow(rq, &q, &turn, &d));
	return audit_forward(rq->authd, &d, &receipt);
}

enum status
inquiry_escalate(struct request *rq, struct str id, struct str text)
{
	CLEANUP(store_question_clear) struct store_question q = { 0 };
	CLEANUP(inquiry_turn_clear) struct inquiry_turn turn = { 0 };
	const struct keys_person who = self(rq);
	const int64_t now = clock_now_us();
	const bool says = str_trim(text).n > 0;
	struct audit_event ev;
	enum status st;

	TRY(find_own(rq, id, &q));
	if (!is_answered(&q, now) && !is_overdue(&q, now))
		return not_now(rq);
	ev = own_event(rq, ENTRY_QUESTION_ESCALATED, &q);
	if (says) {
		TRY(inquiry_turn_make(rq, &who, &q, "person", STR(""), text, &turn));
		ev.detail = buf_str(&turn.detail);
	}
	st = inquiry_pass_on(rq->authd, request_store(rq), &q, is_overdue(&q, now) ? "no_answer" : "not_satisfied", &ev,
			     says ? &turn : NULL);
	return st == E_USED ? not_now(rq) : st;
}
