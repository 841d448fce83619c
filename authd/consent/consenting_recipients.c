/*
 * consenting_recipients.c: for whom a consent is asked besides the service that asks. Only services that the notice
 * names together can be named together: the person reads their names in the text that the record keeps.
 */
#include "authd/consent/consenting.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

static enum status
refuse(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

static enum status
check(struct request *rq, const struct consenting_ask *ask, const struct notice *notice)
{
	if (!consenting_contains(ask->recipients, ask->recipient_count, ask->service))
		return refuse(rq, "recipients must name the service that asks, too");
	for (size_t i = 0; i < ask->recipient_count; i++) {
		if (consenting_contains(ask->recipients, i, ask->recipients[i]))
			return refuse(rq, "a recipient stands there twice");
		if (ask->recipient_count > 1 && !notice_recipients_name(notice, ask->recipients[i]))
			return refuse(rq, "the notice of this purpose does not name all of these recipients together");
	}
	return OK;
}

/* First the service that asks, then the others as the notice has them: so equal requests are equal. */
static void
put_in_order(struct consenting_ask *ask, const struct notice *notice)
{
	struct str ordered[NOTICE_RECIPIENTS_MOST] = { ask->service };
	size_t n = 1;

	for (size_t i = 0; i < notice->recipient_count; i++) {
		struct str id = str_of(notice->recipients[i]->id);

		if (!str_eq(id, ask->service) && consenting_contains(ask->recipients, ask->recipient_count, id))
			ordered[n++] = id;
	}
	for (size_t i = 0; i < n; i++)
		ask->recipients[i] = ordered[i];
	ask->recipient_count = n;
}

enum status
consenting_settle_recipients(struct request *rq, struct consenting_ask *ask)
{
	const struct service *service = policy_service(rq->policy, ask->service);
	const struct purpose *purpose = policy_purpose(rq->policy, ask->purpose);
	const struct notice *notice = NULL;

	if (ask->recipient_count == 0)
		return OK;
	if (service == NULL || purpose == NULL || !policy_declares(rq->policy, service, purpose))
		return refuse(rq, "this service has not declared that purpose");
	notice = service_notice(rq->policy, service, purpose);
	TRY(check(rq, ask, notice));
	if (ask->recipient_count > 1)
		put_in_order(ask, notice);
	else
		ask->recipient_count = 0;
	return OK;
}

enum status
consenting_list(const struct str *list, size_t n, struct buf *out)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(out, ',');
		json_put_string(out, list[i]);
	}
	buf_put_char(out, ']');
	return buf_status(out);
}

void
consenting_put_recipients(const struct str *recipients, size_t n, struct str service, struct entry_basis *basis)
{
	if (n < 2)
		basis->recipient = service;
	for (size_t i = 0; n > 1 && i < n && i < ENTRY_RECIPIENTS_MAX; i++)
		basis->recipients[basis->recipient_count++] = recipients[i];
}

enum status
consenting_recipients_kept(struct request *rq, struct str record_id, struct buf *out)
{
	CLEANUP(store_category_list_clear) struct store_category_list all = { 0 };

	TRY(store_consent_recipients(request_store(rq), record_id, &all));
	return all.count > 1 ? consenting_list(all.items, all.count, out) : OK;
}
