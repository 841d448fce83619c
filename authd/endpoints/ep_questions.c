/*
 * ep_questions.c: a person asks or complains about an entry that is about them, sees what became of it, asks again, and
 * turns to the privacy officer.
 */
#include "authd/access/history.h"
#include "authd/access/inquiry.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_access.h"
#include "authd/request.h"

static struct str
text_of(const struct request *rq)
{
	struct str text = form_get(&rq->form, "text");

	return text.p != NULL ? text : STR("");
}

/* Why words were not taken: what is at the field where they were written. */
static const char *
fault_of(struct str text)
{
	if (str_trim(text).n == 0)
		return "question_text";
	return text.n > INQUIRY_TEXT_MOST ? "question_long" : "question_signs";
}

enum status
ep_question(struct request *rq)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *entry = NULL;
	struct str kind = form_get(&rq->form, "kind");
	const struct consenting_giver self = consenting_giver_self(rq);
	char id[INQUIRY_ID_MOST + 1];
	enum status st;
	struct inquiry what = { .complaint = str_is(kind, "complaint"), .text = text_of(rq) };

	if (!what.complaint && !str_is(kind, "question"))
		return request_fail(rq, E_INVALID, "invalid_request", "kind must be question or complaint");
	if (str_to_u64(rq->param[0], INT64_MAX, &what.about) != OK)
		return E_NOT_FOUND;
	TRY(history_one(rq, what.about, &entry, &line));
	what.line = buf_str(&line);
	what.organisation = str_of(json_string_value(json_object_get(entry, "organisation_id")));
	st = inquiry_open(rq, &self, &what, id);
	if (st == E_INVALID)
		return ep_access_show(rq, fault_of(what.text));
	TRY(st);
	/* The list is the person's own: a representative is not led there. */
	response_redirect(rq->rsp, rq->who.acting ? STR("/accesses") : STR("/questions?asked=1"));
	return OK;
}

/* ---- the list, and what is asked in it ---- */

/* Each that can be asked again has a field for it; fault is at the one that the address names. */
static enum status
add_again(struct request *rq, json_t *one, const char *fault, json_t *data)
{
	const char *id = json_string_value(json_object_get(one, "id"));
	const bool sent = fault != NULL && id != NULL && str_is(rq->param[0], id);
	const struct str text = sent ? form_get(&rq->form, "text") : STR("");
	json_t *field;

	if (id == NULL)
		return E_SYSTEM;
	field = json_pack("{s:o, s:s, s:s%, s:s}", "id", json_sprintf("follow-%s", id), "name", "text", "value",
			  text.n > 0 ? text.p : "", text.n, "wrong", sent ? fault : "");
	if (field == NULL || json_object_set_new(one, "again", field) != 0)
		return E_NOMEM;
	if (!sent)
		return OK;
	return json_object_set_new(data, "fault", json_true()) == 0 &&
		       json_object_set_new(data, "faults", json_pack("[O]", field)) == 0
		   ? OK
		   : E_NOMEM;
}

static enum status
list_page(struct request *rq, const char *fault)
{
	CLEANUP(json_decrefp) json_t *list = NULL, *data = NULL;
	json_t *one;
	size_t i;

	TRY(inquiry_list(rq, &list));
	data =
	    json_pack("{s:O, s:b}", "questions", list, "asked", fault == NULL && form_get(&rq->query, "asked").n > 0);
	if (data == NULL)
		return E_NOMEM;
	json_array_foreach(list, i, one) TRY(add_again(rq, one, fault, data));
	return request_page(rq, fault == NULL ? 200 : 400, "questions", data);
}

enum status
ep_questions(struct request *rq)
{
	return list_page(rq, NULL);
}

static enum status
done(struct request *rq, enum status st)
{
	if (st == E_INVALID)
		return list_page(rq, fault_of(text_of(rq)));
	TRY(st);
	response_redirect(rq->rsp, STR("/questions?asked=1"));
	return OK;
}

enum status
ep_question_follow(struct request *rq)
{
	return done(rq, inquiry_follow(rq, rq->param[0], text_of(rq)));
}

enum status
ep_question_escalate(struct request *rq)
{
	return done(rq, inquiry_escalate(rq, rq->param[0], text_of(rq)));
}
