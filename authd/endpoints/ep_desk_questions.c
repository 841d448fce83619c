/*
 * ep_desk_questions.c: /desk/questions: officials answer what people ask about their organisation, its privacy officer
 * what was escalated. The list is without texts; whoever opens it or one of them leaves an entry
 * first.
 */
#include "authd/access/inquiry.h"
#include "authd/access/person_name.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_desk.h"
#include "authd/endpoints/refill.h"
#include "authd/request.h"

#define LIST_MOST 50

/* Who has both rights is the privacy officer here: what they answered for the organisation they could not judge. */
static enum status
find_actor(struct request *rq, struct inquiry_actor *a)
{
	bool reviews = false;

	*a = (struct inquiry_actor){ .side = INQUIRY_ORGANISATION };
	TRY(officer_holds(rq, ACTION_QUESTION_REVIEW, &reviews));
	if (reviews)
		a->side = INQUIRY_OFFICER;
	TRY(officer_find_for(rq, reviews ? ACTION_QUESTION_REVIEW : ACTION_QUESTION_ANSWER, &a->officer));
	if (a->officer.duty_count == 0)
		return OK;
	return request_fail(rq, E_DENIED, "sod_conflict", "say first which duty you take up");
}

enum status
ep_desk_questions(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *list = NULL, *data = NULL;
	const struct organisation *org;
	struct inquiry_actor a;
	struct store_cursor next;
	enum status st;

	TRY(find_actor(rq, &a));
	st = inquiry_queue(rq, &a, a.side == INQUIRY_OFFICER ? STR("escalated") : STR(""),
			   form_get(&rq->query, "cursor"), LIST_MOST, &list, &next);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this page is not one of ours");
	TRY(st);
	if (json_array_size(list) > 0)
		TRY(desk_record_list(rq, &a.officer, "questions", STR("")));
	org = policy_organisation(rq->policy, str_of(a.officer.organisation));
	data =
	    json_pack("{s:O, s:b, s:s, s:s}", "questions", list, "officer", a.side == INQUIRY_OFFICER, "next",
		      next.text, "organisation", org != NULL ? org->name.in[ep_desk_lang(rq)] : a.officer.organisation);
	return data == NULL ? E_NOMEM : request_page(rq, 200, "desk_questions", data);
}

static const struct refill_field answer_fields[] = { { "text", NULL, "answer_text", INQUIRY_TEXT_MOST } };

static enum status
show(struct request *rq, const struct inquiry_actor *a, struct refill *r)
{
	CLEANUP(json_decrefp) json_t *data = NULL;
	const char *state;
	bool open;

	TRY(inquiry_read(rq, a, rq->param[0], &data));
	state = json_string_value(json_object_get(data, "state"));
	open = str_is(str_of(state), "open");
	json_object_set_new(data, "may_take", json_boolean(a->side == INQUIRY_ORGANISATION && open));
	json_object_set_new(data, "may_answer",
			    json_boolean(a->side == INQUIRY_OFFICER ? str_is(str_of(state), "escalated")
								    : open || str_is(str_of(state), "in_work")));
	json_object_set_new(data, "person",
			    person_name_masked(rq, str_of(json_string_value(json_object_get(data, "sub")))));
	TRY(refill_put(r, "form", data));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "desk_question", data);
}

enum status
ep_desk_question(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct inquiry_actor a;

	TRY(find_actor(rq, &a));
	TRY(refill_begin(answer_fields, ARRAY_LEN(answer_fields), NULL, &r));
	return show(rq, &a, &r);
}

enum status
ep_desk_question_take(struct request *rq)
{
	struct inquiry_actor a;

	TRY(find_actor(rq, &a));
	if (a.side == INQUIRY_OFFICER)
		return E_NOT_FOUND;
	TRY(inquiry_take(rq, &a, rq->param[0]));
	return ep_desk_to(rq, "/desk/questions/", rq->param[0], "");
}

enum status
ep_desk_question_answer(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct inquiry_actor a;
	enum status st = E_INVALID;

	TRY(find_actor(rq, &a));
	TRY(refill_begin(answer_fields, ARRAY_LEN(answer_fields), &rq->form, &r));
	refill_check(&r);
	if (refill_is_good(&r))
		st = inquiry_answer(rq, &a, rq->param[0], form_get(&rq->form, "text"));
	if (st == E_INVALID) {
		refill_wrong(&r, "text", "answer_text");
		return show(rq, &a, &r);
	}
	TRY(st);
	response_redirect(rq->rsp, STR("/desk/questions"));
	return OK;
}
