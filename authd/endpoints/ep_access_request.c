/*
 * ep_access_request.c: POST /access/v1/requests: out of a refusal to the person who can change it. The question of an
 * evaluation becomes a request for consent; what it may say besides are `optional`, `recipients`, `until` and
 * `return_to` of /consent/v1/requests. Nothing is decided here, and the answer is the same whether there is such a
 * person or not.
 */
#include "auditlog/base/clock.h"
#include "authd/access/bynumber.h"
#include "authd/access/question.h"
#include "authd/access/rate.h"
#include "authd/audit/witnessed.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_consent_api.h"
#include "authd/request.h"

#define URI_MOST 2000

static enum status
read_until(struct json_in *in, int64_t *out)
{
	struct str until;

	TRY(json_opt_str(in, "until", 40, &until));
	if (until.p == NULL || clock_parse_rfc3339(until, out) == OK)
		return OK;
	snprintf(in->why->text, sizeof(in->why->text), "until must be an RFC 3339 date or date-time");
	return E_INVALID;
}

static enum status
read_ask(struct json_in *in, struct question *q, struct consenting_ask *ask)
{
	TRY(question_read(in, q));
	TRY(json_opt_strs(in, "optional", QUESTION_ID_MOST, ask->optional, CONSENTING_CATEGORIES_MOST,
			  &ask->optional_count));
	TRY(json_opt_strs(in, "recipients", QUESTION_ID_MOST, ask->recipients, NOTICE_RECIPIENTS_MOST,
			  &ask->recipient_count));
	TRY(json_opt_str(in, "return_to", URI_MOST, &ask->return_to));
	TRY(read_until(in, &ask->until_us));
	ask->purpose = q->purpose;
	ask->categories[0] = q->category;
	ask->category_count = 1;
	ask->case_ref = q->case_ref;
	return OK;
}

static enum status
check(struct request *rq, const struct question *q)
{
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (rq->who.kind != PRINCIPAL_SERVICE)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a service asks for consent");
	if (!str_is(q->subject, rq->who.client_id))
		return request_fail(rq, E_DENIED, "subject_mismatch", "subject.id must be the client that asks");
	return OK;
}

enum status
ep_access_request(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(buf_clear) struct buf person = BUF(2 * QUESTION_ID_MOST);
	struct consenting_ask ask = { .client_id = str_of(rq->who.client_id),
				      .service = str_of(rq->who.service),
				      .organisation = str_of(rq->who.organisation) };
	struct question q = { 0 };
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(witnessed_check(rq));
	st = json_read(rq->http->body, rq->route->body_most, &root, &why);
	if (st == OK && !json_is_object(root))
		return request_fail(rq, E_INVALID, "invalid_request", "the body must be a JSON object");
	in = json_at(root, &why);
	if (st == OK)
		st = read_ask(&in, &q, &ask);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	TRY(check(rq, &q));
	TRY(ep_consent_check_return(rq, ask.return_to));
	TRY(consenting_settle_recipients(rq, &ask));
	TRY(rate_take(rq, 1));
	TRY(bynumber_resolve(rq, q.person, &person));
	ask.by_number = bynumber_in(q.person, &(struct str){ 0 });
	ask.sub = buf_str(&person);
	return ep_consent_ask(rq, &ask);
}
