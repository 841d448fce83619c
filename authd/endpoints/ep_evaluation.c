/*
 * ep_evaluation.c: POST /access/v1/evaluation (AuthZEN Authorization API 1.0): one question, one decision, one entry,
 * one answer, in that order (access/evaluation.h). Refusals are HTTP 200 with decision false.
 */
#include "authd/access/evaluation.h"
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
answer(struct evaluation *e)
{
	CLEANUP(json_decrefp) json_t *body = NULL;

	TRY(evaluation_run(e));
	TRY(evaluation_answer(e, &body));
	response_json(e->rq->rsp, 200, body);
	return OK;
}

enum status
ep_evaluation(struct request *rq)
{
	CLEANUP(evaluation_clear) struct evaluation e = evaluation_of(rq);
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(witnessed_check(rq));
	st = json_read(rq->http->body, ROUTE_BODY_MOST, &root, &why);
	in = json_at(root, &why);
	if (st == OK)
		st = question_read(&in, &e.q);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return explain(rq, answer(&e));
}
