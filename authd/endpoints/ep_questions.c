/*
 * ep_questions.c: a person asks or complains about an entry that is about them, sees what became of it, asks again, and
 * turns to the privacy officer.
 */
#include "authd/access/history.h"
#include "authd/access/inquiry.h"
#include "authd/endpoints/endpoints.h"
#include "authd/request.h"

enum status
ep_questions(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *list = NULL, *data = NULL;

	TRY(inquiry_list(rq, &list));
	data = json_pack("{s:O, s:b}", "questions", list, "asked", form_get(&rq->query, "asked").n > 0);
	return data == NULL ? E_NOMEM : request_page(rq, 200, "questions", data);
}

static struct str
text_of(const struct request *rq)
{
	struct str text = form_get(&rq->form, "text");

	return text.p != NULL ? text : STR("");
}

enum status
ep_question(struct request *rq)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(json_decrefp) json_t *entry = NULL;
	struct str kind = form_get(&rq->form, "kind");
	const struct consenting_giver self = consenting_giver_self(rq);
	char id[INQUIRY_ID_MOST + 1];
	struct inquiry what = { .complaint = str_is(kind, "complaint"), .text = text_of(rq) };

	if (!what.complaint && !str_is(kind, "question"))
		return request_fail(rq, E_INVALID, "invalid_request", "kind must be question or complaint");
	if (str_to_u64(rq->param[0], INT64_MAX, &what.about) != OK)
		return E_NOT_FOUND;
	TRY(history_one(rq, what.about, &entry, &line));
	what.line = buf_str(&line);
	what.organisation = str_of(json_string_value(json_object_get(entry, "organisation_id")));
	TRY(inquiry_open(rq, &self, &what, id));
	/* The list is the person's own: a representative is not led there. */
	response_redirect(rq->rsp, rq->who.acting ? STR("/accesses") : STR("/questions?asked=1"));
	return OK;
}

enum status
ep_question_follow(struct request *rq)
{
	TRY(inquiry_follow(rq, rq->param[0], text_of(rq)));
	response_redirect(rq->rsp, STR("/questions?asked=1"));
	return OK;
}

enum status
ep_question_escalate(struct request *rq)
{
	TRY(inquiry_escalate(rq, rq->param[0], text_of(rq)));
	response_redirect(rq->rsp, STR("/questions?asked=1"));
	return OK;
}
