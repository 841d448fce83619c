#include "authd/endpoints/ep_admin.h"

#include "authd/endpoints/endpoints.h"

#define LIST_DEFAULT 20
#define LIST_MOST    100

enum status
ep_admin_say(struct request *rq, int http, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, http, body);
	json_decref(body);
	return OK;
}

enum status
ep_admin_bad(struct request *rq, enum status st, const struct json_why *why)
{
	return request_fail(rq, st, "invalid_request", why->text);
}

enum status
ep_admin_read(struct request *rq, json_t **root, struct json_why *why, struct json_in *in)
{
	enum status st = json_read(rq->http->body, ROUTE_BODY_MOST, root, why);

	*in = json_at(*root, why);
	return st == OK ? OK : ep_admin_bad(rq, st, why);
}

enum status
ep_admin_page(struct request *rq, int *limit, struct str *cursor)
{
	struct str text = form_get(&rq->query, "limit");
	uint64_t n = LIST_DEFAULT;

	if (text.p != NULL && (str_to_u64(text, LIST_MOST, &n) != OK || n == 0))
		return request_fail(rq, E_INVALID, "invalid_request", "limit must be 1 to 100");
	*limit = (int)n;
	*cursor = form_get(&rq->query, "cursor");
	if (cursor->p == NULL)
		*cursor = STR("");
	return OK;
}

struct audit_event
ep_admin_event(const struct request *rq, enum entry_event event, const char *what, const struct keys_person *person)
{
	struct audit_event ev = audit_of(rq, event);

	ev.entry.by.operator_id = str_of(rq->who.kind == PRINCIPAL_ADMIN ? rq->who.uid_name : rq->who.pseudonym);
	audit_fact_if_short(&ev, "what", str_of(what));
	if (person != NULL && person->wrapped.n > 0)
		ev.person = *person;
	return ev;
}

enum status
ep_admin_record_read(struct request *rq, const char *what, const struct keys_person *person)
{
	struct audit_event ev = ep_admin_event(rq, ENTRY_ADMIN_READ, what, person);
	struct receipt receipt;

	if (rq->who.kind == PRINCIPAL_TOKEN) /* whose official it was, for the person who reads it */
		audit_fact_if_short(&ev, "organisation", str_of(rq->who.organisation));
	return audit_record(rq->authd, &ev, &receipt);
}
