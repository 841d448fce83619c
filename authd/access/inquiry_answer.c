/* inquiry_answer.c: who is asked: the organisation whose entry it is, and its privacy officer behind it. */
#include <stdio.h>
#include <string.h>

#include "authd/access/desk.h"
#include "authd/access/history.h"
#include "authd/access/inquiry_parts.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* A question with whose it is, as somebody who may answer it has it. */
struct asked {
	struct store_question q;
	struct store_person person;
};

static void
asked_clear(struct asked *a)
{
	store_question_clear(&a->q);
	store_person_clear(&a->person);
}

static const char *
side_name(enum inquiry_side side)
{
	return side == INQUIRY_OFFICER ? "officer" : "organisation";
}

/* ---- who may ---- */

static bool
did_it(const struct store_question *q, const struct officer *o)
{
	char name[sizeof(o->pseudonym) + 3];

	snprintf(name, sizeof(name), " %s ", o->pseudonym);
	return str_find(q->operators, str_of(name)) < q->operators.n;
}

/* Nobody judges an answer of their own. */
static enum status
check_answers(struct request *rq, const struct store_question *q, const struct officer *o, bool *own)
{
	CLEANUP(store_turn_list_clear) struct store_turn_list turns = { 0 };

	TRY(store_turn_of(request_store(rq), q->id, &turns));
	for (size_t i = 0; i < turns.count; i++)
		*own |= str_is(turns.items[i].side, "organisation") && str_is(turns.items[i].author, o->pseudonym);
	return OK;
}

/* What was asked of others, or is not at this point, is not there. */
static enum status
is_theirs(struct request *rq, const struct inquiry_actor *a, const struct store_question *q)
{
	if (q->log_index == STORE_NO_INDEX || !str_is(inquiry_owner(rq->policy, q), a->officer.organisation))
		return E_NOT_FOUND;
	if (a->service.n > 0 && !str_eq(q->service, a->service))
		return E_NOT_FOUND;
	if (a->side == INQUIRY_OFFICER && q->escalated_us == 0)
		return E_NOT_FOUND;
	return OK;
}

static enum status
find(struct request *rq, const struct inquiry_actor *a, struct str id, struct asked *out)
{
	bool own = false;

	TRY(store_question_find(request_store(rq), id, STR(""), &out->q));
	TRY(is_theirs(rq, a, &out->q));
	TRY(store_person_find(request_store(rq), out->q.sub, &out->person));
	if (out->person.wrapped_key.n == 0)
		return E_NOT_FOUND;
	TRY(officer_may_help(rq, &a->officer, out->q.sub));
	if (a->side == INQUIRY_OFFICER)
		TRY(check_answers(rq, &out->q, &a->officer, &own));
	if (own || did_it(&out->q, &a->officer))
		return request_fail(rq, E_DENIED, "conflict_of_interest",
				    "a colleague must answer what was asked about your own work");
	return OK;
}

static struct keys_person
person_of(const struct asked *asked)
{
	return (struct keys_person){ .sub = asked->person.sub, .wrapped = asked->person.wrapped_key };
}

static struct audit_event
event_of(struct request *rq, const struct inquiry_actor *a, enum entry_event event, const struct asked *asked)
{
	struct audit_event ev = desk_event(rq, &a->officer, event, &asked->person, NULL);

	inquiry_event(&asked->q, &ev);
	audit_fact(&ev, "side", str_of(side_name(a->side)));
	return ev;
}

/* ---- the queue ---- */

enum status
inquiry_queue(struct request *rq, const struct inquiry_actor *a, struct str state, struct str cursor, int limit,
	      json_t **list, struct store_cursor *next)
{
	CLEANUP(store_question_list_clear) struct store_question_list rows = { 0 };
	CLEANUP(json_decrefp) json_t *made = json_array();
	const struct str organisation = str_of(a->officer.organisation);
	const int64_t now = clock_now_us();

	if (made == NULL)
		return E_NOMEM;
	TRY(store_question_page_for(request_store(rq), organisation, str_eq(organisation, policy_operator(rq->policy)),
				    a->service, state, cursor, limit, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const struct store_question *q = &rows.items[i];
		const bool waits = !str_is(q->state, "answered") && !str_is(q->state, "closed");

		if (is_theirs(rq, a, q) == OK &&
		    json_array_append_new(
			made, json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:b}", "id", json_of_str(q->id), "kind",
					json_of_str(q->kind), "state", json_of_str(q->state), "about",
					(json_int_t)q->log_index_about, "at", (json_int_t)q->created_us, "due",
					(json_int_t)q->due_us, "late", waits && q->due_us <= now)) != 0)
			return E_NOMEM;
	}
	*list = STEAL(&made);
	*next = rows.next;
	return OK;
}

/* ---- reading ---- */

/* What it is about, as the log has it; one that the log does not give now is named by its number alone. */
static enum status
add_entry(struct request *rq, const struct store_question *q, json_t *out)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entry_view v;
	json_t *entry = NULL;
	enum status st = audit_read(rq->authd, (uint64_t)q->log_index_about, &line);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(entry_parse(buf_str(&line), &v));
	TRY(history_describe(rq, &v, &entry));
	return json_object_set_new(out, "entry", entry) == 0 ? OK : E_NOMEM;
}

enum status
inquiry_read(struct request *rq, const struct inquiry_actor *a, struct str id, json_t **out)
{
	CLEANUP(asked_clear) struct asked asked = { 0 };
	CLEANUP(json_decrefp) json_t *made = NULL;
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(desk_take(rq, a->officer.sub, "question", INQUIRY_READS_MOST));
	TRY(find(rq, a, id, &asked));
	ev = event_of(rq, a, ENTRY_QUESTION_READ, &asked);
	TRY(audit_record(rq->authd, &ev, &receipt));
	who = person_of(&asked);
	TRY(inquiry_show(rq, &who, &asked.q, &made));
	TRY(add_entry(rq, &asked.q, made));
	if (json_object_set_new(made, "person", json_of_str(asked.person.login)) != 0 ||
	    json_object_set_new(made, "sub", json_of_str(asked.person.sub)) != 0)
		return E_NOMEM;
	*out = STEAL(&made);
	return OK;
}

/* ---- steps ---- */

static enum status
not_now(struct request *rq, enum status st)
{
	return st == E_USED ? request_fail(rq, E_CONFLICT, "question_state",
					   "this cannot be done with the question as it is now; look at its state")
			    : st;
}

static enum status
save_taken(struct request *rq, const struct store_question *q, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_question_take(&tx, q->id));
	TRY(audit_emit(&tx, d, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
inquiry_take(struct request *rq, const struct inquiry_actor *a, struct str id)
{
	CLEANUP(asked_clear) struct asked asked = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	struct audit_event ev;
	struct receipt receipt;

	TRY(find(rq, a, id, &asked));
	ev = event_of(rq, a, ENTRY_QUESTION_TAKEN, &asked);
	TRY(audit_draft(rq->authd, &ev, &d));
	TRY(not_now(rq, save_taken(rq, &asked.q, &d)));
	return audit_forward(rq->authd, &d, &receipt);
}

static enum status
save_answer(struct request *rq, const struct inquiry_actor *a, const struct store_question *q,
	    struct inquiry_turn *turn, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct inbox_refs refs = { .organisation = inquiry_owner(rq->policy, q) };

	TRY(store_begin(request_store(rq), &tx));
	TRY(a->side == INQUIRY_OFFICER ? store_question_close(&tx, q->id, turn->row.at_us)
				       : store_question_answer(&tx, q->id, turn->row.at_us));
	TRY(inbox_tell(&tx, q->sub, INBOX_QUESTION_ANSWERED, &refs));
	TRY(inquiry_turn_put(&tx, turn, d));
	return store_commit(&tx);
}

enum status
inquiry_answer(struct request *rq, const struct inquiry_actor *a, struct str id, struct str text)
{
	CLEANUP(asked_clear) struct asked asked = { 0 };
	CLEANUP(inquiry_turn_clear) struct inquiry_turn turn = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	struct keys_person who;
	struct audit_event ev;
	struct receipt receipt;

	TRY(find(rq, a, id, &asked));
	who = person_of(&asked);
	TRY(inquiry_turn_make(rq, &who, &asked.q, side_name(a->side), str_of(a->officer.pseudonym), text, &turn));
	ev = event_of(rq, a, ENTRY_QUESTION_ANSWERED, &asked);
	audit_fact(&ev, "term", turn.row.at_us < asked.q.due_us ? STR("in_term") : STR("late"));
	ev.detail = buf_str(&turn.detail);
	TRY(audit_draft(rq->authd, &ev, &d));
	TRY(not_now(rq, save_answer(rq, a, &asked.q, &turn, &d)));
	return audit_forward(rq->authd, &d, &receipt);
}
