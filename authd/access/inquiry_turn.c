/* inquiry_turn.c: what is said about a question: sealed for its row and its entry, and opened for whoever may read it.
 */
#include <string.h>

#include "authd/access/inquiry_parts.h"
#include "authd/access/officers.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/policy/workdays.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* ---- entries ---- */

void
inquiry_event(const struct store_question *q, struct audit_event *ev)
{
	ev->entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)q->log_index };
	audit_fact(ev, "kind", q->kind);
}

/* ---- whose, and until when ---- */

struct str
inquiry_owner(const struct policy *p, const struct store_question *q)
{
	return q->organisation.n > 0 || p == NULL ? q->organisation : policy_operator(p);
}

enum status
inquiry_due(const struct policy *p, struct str organisation, int64_t now_us, int64_t *due_us)
{
	return p == NULL ? E_UNAVAILABLE : workdays_end(p, organisation, now_us, INQUIRY_WORKING_DAYS, due_us);
}

/* ---- one text ---- */

void
inquiry_turn_clear(struct inquiry_turn *t)
{
	buf_clear(&t->sealed);
	buf_clear(&t->detail);
}

/* Lines and tabs are part of a text; what else moves a cursor is not, and would be six bytes in an entry's detail. */
static bool
is_readable(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			return false;
	}
	return str_is_utf8(text);
}

enum status
inquiry_check_text(struct request *rq, struct str text)
{
	if (str_trim(text).n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "write something");
	if (text.n > INQUIRY_TEXT_MOST)
		return request_fail(rq, E_INVALID, "invalid_request", "the text is too long");
	if (!is_readable(text))
		return request_fail(rq, E_INVALID, "invalid_request", "the text has control characters");
	return OK;
}

static struct keys_place
place_of(struct str turn_id)
{
	return (struct keys_place){ STR("question_turn"), STR("text"), turn_id };
}

enum status
inquiry_turn_make(struct request *rq, const struct keys_person *who, const struct store_question *q, const char *side,
		  struct str author, struct str text, struct inquiry_turn *out)
{
	CLEANUP(buf_clear) struct buf id = BUF(INQUIRY_ID_MOST);
	struct keys_place place;

	TRY(inquiry_check_text(rq, text));
	random_put_id(&id, "qtn_");
	TRY(buf_status(&id));
	memcpy(out->id, id.p, id.n);
	out->id[id.n] = '\0';
	out->sealed = BUF(KEYS_BLOB_MAX);
	out->detail = BUF(KEYS_PLAIN_MAX);
	place = place_of(str_of(out->id));
	TRY(keys_field_seal(rq->authd->keys, who, &place, text, &out->sealed));
	buf_put_cstr(&out->detail, "{\"text\":");
	json_put_string(&out->detail, text);
	buf_put_char(&out->detail, '}');
	TRY(buf_status(&out->detail));
	out->row = (struct store_turn){ .turn_id = str_of(out->id),
					.question_id = q->id,
					.sub = who->sub,
					.side = str_of(side),
					.author = author,
					.text = buf_str(&out->sealed),
					.at_us = clock_now_us() };
	return OK;
}

enum status
inquiry_turn_put(struct store_tx *tx, struct inquiry_turn *t, const struct audit_draft *d)
{
	t->row.event_id = str_of(d->id_text);
	TRY(store_turn_add(tx, &t->row));
	return audit_emit(tx, d, STORE_TARGET_QUESTION_TURN, t->row.turn_id);
}

/* ---- showing ---- */

static enum status
show_turn(struct request *rq, const struct keys_person *who, const struct store_turn *t, json_t *list)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	const struct keys_place place = place_of(t->turn_id);

	if (t->log_index == STORE_NO_INDEX)
		return OK;
	TRY(keys_field_open(rq->authd->keys, who, &place, t->text, &text));
	return json_array_append_new(list, json_pack("{s:o, s:o, s:I}", "side", json_of_str(t->side), "text",
						     json_of_str(buf_str(&text)), "at", (json_int_t)t->at_us)) == 0
		   ? OK
		   : E_NOMEM;
}

enum status
inquiry_show(struct request *rq, const struct keys_person *who, const struct store_question *q, json_t **out)
{
	CLEANUP(store_turn_list_clear) struct store_turn_list turns = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	CLEANUP(json_decrefp) json_t *one = NULL;
	const struct keys_place place = { STR("question"), STR("text"), q->id };
	const bool waits = !str_is(q->state, "answered") && !str_is(q->state, "closed");

	TRY(keys_field_open(rq->authd->keys, who, &place, q->text, &text));
	one = json_pack("{s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:b, s:b, s:[]}", "id", json_of_str(q->id), "kind",
			json_of_str(q->kind), "about", (json_int_t)q->log_index_about, "text",
			json_of_str(buf_str(&text)), "state", json_of_str(q->state), "at", (json_int_t)q->created_us,
			"due", (json_int_t)q->due_us, "waits", waits, "late", waits && q->due_us <= clock_now_us(),
			"turns");
	if (one == NULL)
		return E_NOMEM;
	TRY(store_turn_of(request_store(rq), q->id, &turns));
	for (size_t i = 0; i < turns.count; i++)
		TRY(show_turn(rq, who, &turns.items[i], json_object_get(one, "turns")));
	*out = STEAL(&one);
	return OK;
}

/* ---- to the privacy officer ---- */

static enum status
tell(struct store_tx *tx, const struct store_question *q, struct str owner, const json_t *officers, int64_t due_us)
{
	const struct inbox_refs refs = { .target = q->id, .organisation = owner, .until_us = due_us };

	TRY(inbox_tell(tx, q->sub, INBOX_QUESTION_ESCALATED, &refs));
	return officers_tell(tx, officers, INBOX_QUESTION_TO_REVIEW, &refs);
}

static enum status
pass_on(struct store *db, const struct store_question *q, struct str why, struct str owner, const json_t *officers,
	int64_t due_us, struct inquiry_turn *turn, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_question_escalate(&tx, q, why, clock_now_us(), due_us));
	TRY(tell(&tx, q, owner, officers, due_us));
	TRY(turn != NULL ? inquiry_turn_put(&tx, turn, d) : audit_emit(&tx, d, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
inquiry_pass_on(struct authd *a, struct store *db, const struct store_question *q, const char *why,
		struct audit_event *ev, struct inquiry_turn *turn)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(policy_unrefp) struct policy *policy = policy_slot_get(a->policy);
	CLEANUP(json_decrefp) json_t *officers = NULL;
	const struct str owner = inquiry_owner(policy, q);
	struct receipt receipt;
	int64_t due;

	TRY(inquiry_due(policy, owner, clock_now_us(), &due));
	TRY(officers_who(db, policy, owner, ACTION_QUESTION_REVIEW, &officers));
	audit_fact(ev, "why", str_of(why));
	TRY(audit_draft(a, ev, &d));
	TRY(pass_on(db, q, str_of(why), owner, officers, due, turn, &d));
	return audit_forward(a, &d, &receipt);
}
