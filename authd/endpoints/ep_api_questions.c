/*
 * ep_api_questions.c: /consent/v1/questions/…: a service answers what people ask about its own entries, for an official
 * of its organisation whom it names: who did what is asked about neither reads nor answers. What is asked about others
 * is not there.
 */
#include "authd/access/inquiry.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"

#define NAME_MOST 128

static enum status
find_service(struct request *rq, struct inquiry_actor *a)
{
	*a = (struct inquiry_actor){ .side = INQUIRY_ORGANISATION, .service = str_of(rq->who.service) };
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (rq->who.kind != PRINCIPAL_SERVICE || a->service.n == 0)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a service answers here");
	snprintf(a->officer.organisation, sizeof(a->officer.organisation), "%s", rq->who.organisation);
	return OK;
}

static enum status
find_actor(struct request *rq, struct str operator_id, struct inquiry_actor *a)
{
	enum status st;

	TRY(find_service(rq, a));
	st = officer_named(rq, operator_id, str_of(rq->who.organisation), ACTION_QUESTION_ANSWER, &a->officer);
	return st == E_NOT_FOUND ? request_fail(rq, E_DENIED, "role_missing",
						"operator is nobody who may answer for this organisation")
				 : st;
}

/* ---- as JSON ---- */

static json_t *
time_json(const json_t *us)
{
	CLEANUP(buf_clear) struct buf b = BUF(32);

	clock_put_rfc3339_seconds(&b, json_integer_value(us));
	return json_stringn(b.p, b.n);
}

static json_t *
copy(const json_t *from, const char *name)
{
	return json_incref(json_object_get(from, name));
}

static json_t *
head(const json_t *q)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "question_id", copy(q, "id"), "kind", copy(q, "kind"),
			 "state", copy(q, "state"), "about", copy(q, "about"), "asked_at",
			 time_json(json_object_get(q, "at")), "due_at", time_json(json_object_get(q, "due")), "late",
			 copy(q, "late"));
}

static json_t *
turns(const json_t *q)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_object_get(q, "turns"), i, one)
	{
		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "side", copy(one, "side"), "text",
						      copy(one, "text"), "at", time_json(json_object_get(one, "at"))));
	}
	return list;
}

/* The person by the name that this client has for them. */
static enum status
put_person(struct request *rq, const json_t *q, json_t *out)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	CLEANUP(buf_clear) struct buf name = BUF(2 * NAME_MOST);

	TRY(store_client_find(request_store(rq), str_of(rq->who.client_id), &client));
	TRY(subject_for(rq, &client, str_of(json_string_value(json_object_get(q, "sub"))), &name));
	return json_object_set_new(out, "person", json_of_str(buf_str(&name))) == 0 ? OK : E_NOMEM;
}

/* ---- the four ---- */

enum status
ep_api_questions(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *list = NULL;
	json_t *records = NULL, *one;
	struct inquiry_actor a;
	struct store_cursor next;
	struct str cursor;
	enum status st;
	int limit;
	size_t i;

	TRY(find_service(rq, &a));
	TRY(ep_admin_page(rq, &limit, &cursor));
	st = inquiry_queue(rq, &a, form_get(&rq->query, "state"), cursor, limit, &list, &next);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this cursor is not one of ours");
	TRY(st);
	if (json_array_size(list) > 0)
		TRY(ep_admin_record_read(rq, "questions.listed", NULL));
	records = json_array();
	json_array_foreach(list, i, one)
	{
		json_array_append_new(records, head(one));
	}
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", next.text));
}

enum status
ep_api_question(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *q = NULL, *out = NULL;
	struct inquiry_actor a;

	TRY(find_actor(rq, form_get(&rq->query, "operator"), &a));
	TRY(inquiry_read(rq, &a, rq->param[0], &q));
	out = head(q);
	json_object_set_new(out, "text", copy(q, "text"));
	json_object_set_new(out, "turns", turns(q));
	json_object_set(out, "evaluation_id", json_object_get(json_object_get(q, "entry"), "id"));
	TRY(put_person(rq, q, out));
	return ep_admin_say(rq, 200, STEAL(&out));
}

static enum status
say_state(struct request *rq, const char *state)
{
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:s}", "question_id", rq->param[0].p, rq->param[0].n, "state", state));
}

/* {"operator", "text"}; text is wanted only where there is room for it. */
static enum status
read_body(struct request *rq, json_t **root, struct str *operator_id, struct str *text)
{
	static const char *const with[] = { "operator", "text", NULL }, *const without[] = { "operator", NULL };
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, root, &why, &in));
	st = json_only(&in, text != NULL ? with : without);
	if (st == OK)
		st = json_need_str(&in, "operator", NAME_MOST, operator_id);
	if (st == OK && text != NULL)
		st = json_need_str(&in, "text", INQUIRY_TEXT_MOST, text);
	return st == OK ? OK : ep_admin_bad(rq, st, &why);
}

enum status
ep_api_question_take(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct inquiry_actor a;
	struct str operator_id = { 0 };

	TRY(read_body(rq, &root, &operator_id, NULL));
	TRY(find_actor(rq, operator_id, &a));
	TRY(inquiry_take(rq, &a, rq->param[0]));
	return say_state(rq, "in_work");
}

enum status
ep_api_question_answer(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct inquiry_actor a;
	struct str operator_id = { 0 }, text = { 0 };

	TRY(read_body(rq, &root, &operator_id, &text));
	TRY(find_actor(rq, operator_id, &a));
	TRY(inquiry_answer(rq, &a, rq->param[0], text));
	return say_state(rq, "answered");
}
