#include "authd/access/inquiry.h"

#include <string.h>

#include "authd/audit/audit.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_question.h"

#define LIST_MOST 100

/* The first day of 1970 was a Thursday; days are counted in UTC. */
static bool
is_working_day(int64_t us)
{
	int64_t weekday = (us / DAY_US + 3) % 7; /* 0: Monday */

	return weekday < 5;
}

int64_t
inquiry_due_us(int64_t now_us)
{
	int64_t at = now_us;

	for (int days = 0; days < INQUIRY_WORKING_DAYS;) {
		at += DAY_US;
		days += is_working_day(at);
	}
	return at;
}

static const char *
kind_of(const struct inquiry *what)
{
	return what->complaint ? "complaint" : "question";
}

static enum status
draft(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(rq, ENTRY_QUESTION_OPENED);

	consenting_giver_sign(giver, &ev);
	ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = what->about };
	audit_fact(&ev, "kind", str_of(kind_of(what)));
	buf_put_cstr(&detail, "{\"text\":");
	json_put_string(&detail, what->text);
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	ev.detail = buf_str(&detail);
	return audit_draft(rq->authd, &ev, out);
}

static enum status
save(struct request *rq, const struct store_question *row, const struct audit_draft *d)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_question_add(&tx, row));
	TRY(audit_emit(&tx, d, STORE_TARGET_QUESTION, row->id));
	return store_commit(&tx);
}

static enum status
new_id(char out[INQUIRY_ID_MOST + 1])
{
	CLEANUP(buf_clear) struct buf id = BUF(INQUIRY_ID_MOST);

	random_put_id(&id, "qst_");
	TRY(buf_status(&id));
	memcpy(out, id.p, id.n);
	out[id.n] = '\0';
	return OK;
}

enum status
inquiry_open(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what,
	     char id[INQUIRY_ID_MOST + 1])
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX);
	const struct keys_person who = { .sub = giver->sub, .wrapped = giver->wrapped };
	const int64_t now = clock_now_us();
	struct receipt receipt;
	struct keys_place place = { STR("question"), STR("text"), STR("") };

	if (str_trim(what->text).n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "write down what you ask");
	if (what->text.n > INQUIRY_TEXT_MOST)
		return request_fail(rq, E_INVALID, "invalid_request", "the text is too long");
	TRY(new_id(id));
	place.key = str_of(id);
	TRY(keys_field_seal(rq->authd->keys, &who, &place, what->text, &sealed));
	TRY(draft(rq, giver, what, &d));
	const struct store_question row = { .id = str_of(id),
					    .sub = giver->sub,
					    .log_index_about = (int64_t)what->about,
					    .kind = str_of(kind_of(what)),
					    .text = buf_str(&sealed),
					    .created_us = now,
					    .due_us = inquiry_due_us(now),
					    .event_id = str_of(d.id_text) };
	TRY(save(rq, &row, &d));
	return audit_forward(rq->authd, &d, &receipt);
}

/* ---- the person's list ---- */

static enum status
open_text(struct request *rq, struct str id, const char *column, struct str sealed, struct buf *out)
{
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	const struct keys_place place = { STR("question"), str_of(column), id };

	return sealed.n == 0 ? OK : keys_field_open(rq->authd->keys, &who, &place, sealed, out);
}

static enum status
item(struct request *rq, const struct store_question *q, json_t *list)
{
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX), answer = BUF(KEYS_FIELD_MAX);
	json_t *one;

	TRY(open_text(rq, q->id, "text", q->text, &text));
	TRY(open_text(rq, q->id, "answer", q->answer, &answer));
	one = json_pack("{s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:o, s:I, s:b}", "id", json_of_str(q->id), "kind",
			json_of_str(q->kind), "about", (json_int_t)q->log_index_about, "text",
			json_of_str(buf_str(&text)), "state", json_of_str(q->state), "at", (json_int_t)q->created_us,
			"due", (json_int_t)q->due_us, "answer", json_of_str(buf_str(&answer)), "answered",
			(json_int_t)q->answered_us, "open", str_is(q->state, "open"));
	return one != NULL && json_array_append_new(list, one) == 0 ? OK : E_NOMEM;
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
