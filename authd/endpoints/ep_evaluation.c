/*
 * ep_evaluation.c: POST /access/v1/evaluation and /access/v1/evaluations (AuthZEN Authorization API 1.0): questions,
 * decisions, entries, answers, in that order (access/evaluation.h). Refusals are HTTP 200 with decision false.
 */
#include "authd/access/evaluations.h"
#include "authd/access/rate.h"
#include "authd/audit/witnessed.h"
#include "authd/endpoints/endpoints.h"
#include "authd/request.h"

static enum status
explain(struct request *rq, enum status st)
{
	switch (st) {
	case E_UNAVAILABLE:
	case E_TIMEOUT:
	case E_BUSY:
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "no decision can be recorded now; try again soon");
	case E_DENIED:
		return request_fail(rq, E_DENIED, "subject_mismatch", "subject.id must be the client that asks");
	default:
		return st;
	}
}

static enum status
say(struct request *rq, json_t *body)
{
	response_json(rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

/* Before anything is judged: the log is watched, the body is JSON, there is a policy. *root is the caller's. */
static enum status
prepare(struct request *rq, json_t **root, struct json_why *why)
{
	enum status st;

	TRY(witnessed_check(rq));
	st = json_read(rq->http->body, rq->route->body_most, root, why);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why->text);
	if (!json_is_object(*root))
		return request_fail(rq, E_INVALID, "invalid_request", "the body must be a JSON object");
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return OK;
}

static enum status
answer_one(struct request *rq, struct json_in *in)
{
	CLEANUP(evaluation_clear) struct evaluation e = evaluation_of(rq);
	json_t *body = NULL;
	enum status st = question_read(in, &e.q);

	if (st != OK)
		return request_fail(rq, st, "invalid_request", in->why->text);
	TRY(rate_take(rq, 1));
	st = evaluation_run(&e);
	if (st == OK)
		st = evaluation_answer(&e, &body);
	return st == OK ? say(rq, body) : explain(rq, st);
}

static enum status
answer_several(struct request *rq, struct json_in *in)
{
	CLEANUP(evaluations_clear) struct evaluations all = { 0 };
	json_t *body = NULL;
	enum status st = evaluations_read(rq, in, &all);

	if (st != OK)
		return request_fail(rq, st, "invalid_request", in->why->text);
	TRY(rate_take(rq, all.count));
	st = evaluations_run(&all);
	if (st == OK)
		st = evaluations_answer(&all, &body);
	return st == OK ? say(rq, body) : explain(rq, st);
}

enum status
ep_evaluation(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;

	TRY(prepare(rq, &root, &why));
	in = json_at(root, &why);
	return answer_one(rq, &in);
}

/* Without items it is a request for one. */
enum status
ep_evaluations(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	bool several;

	TRY(prepare(rq, &root, &why));
	in = json_at(root, &why);
	if (evaluations_wanted(&in, &several) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", why.text);
	return several ? answer_several(rq, &in) : answer_one(rq, &in);
}
