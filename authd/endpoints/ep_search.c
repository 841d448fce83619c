/*
 * ep_search.c: POST /access/v1/search/{subject,resource,action} (AuthZEN Authorization API 1.0). Who may ask what is in
 * access/search.h.
 */
#include "authd/access/search.h"
#include "authd/audit/witnessed.h"
#include "authd/endpoints/endpoints.h"
#include "authd/request.h"

static enum status
explain(struct request *rq, enum status st)
{
	if (st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "no search can be recorded now; try again soon");
	return st;
}

static enum status
answer(struct search *s)
{
	CLEANUP(json_decrefp) json_t *body = NULL;

	TRY(search_run(s));
	TRY(search_answer(s, &body));
	response_json(s->rq->rsp, 200, body);
	return OK;
}

static enum status
search(struct request *rq, enum search_kind kind)
{
	CLEANUP(search_clear) struct search s = search_of(rq, kind);
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	/* Whoever looks at who may see their own data is not stopped by what protects them. */
	if (rq->who.kind != PRINCIPAL_TOKEN)
		TRY(witnessed_check(rq));
	st = json_read(rq->http->body, rq->route->body_most, &root, &why);
	if (st == OK && !json_is_object(root))
		return request_fail(rq, E_INVALID, "invalid_request", "the body must be a JSON object");
	in = json_at(root, &why);
	if (st == OK)
		st = search_read(&in, &s);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return explain(rq, answer(&s));
}

enum status
ep_search_subject(struct request *rq)
{
	return search(rq, SEARCH_SUBJECT);
}

enum status
ep_search_resource(struct request *rq)
{
	return search(rq, SEARCH_RESOURCE);
}

enum status
ep_search_action(struct request *rq)
{
	return search(rq, SEARCH_ACTION);
}
