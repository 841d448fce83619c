/* ep_inbox.c: what the person was told, newest first. Reading the page changes nothing; a button says that it is read.
 */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"

#define PAGE_SIZE 50

enum status
ep_inbox(struct request *rq)
{
	CLEANUP(store_message_list_clear) struct store_message_list list = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	json_t *messages = json_array();
	struct str cursor = form_get(&rq->query, "cursor");
	enum status st;
	int64_t unread = 0;

	data = json_pack("{s:o}", "messages", messages);
	if (data == NULL)
		return E_NOMEM;
	st =
	    store_inbox_page(request_store(rq), str_of(rq->who.sub), cursor.n > 0 ? cursor : STR(""), PAGE_SIZE, &list);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this page of the list does not exist");
	TRY(st);
	TRY(store_inbox_unread(request_store(rq), str_of(rq->who.sub), &unread));
	for (size_t i = 0; i < list.count; i++)
		if (json_array_append_new(messages, inbox_card(rq->policy, &list.items[i], rq->http->lang)) != 0)
			return E_NOMEM;
	json_object_set_new(data, "unread", json_integer(unread));
	json_object_set_new(data, "next", json_string(list.next.text));
	return request_page(rq, 200, "inbox", data);
}

enum status
ep_inbox_read(struct request *rq)
{
	TRY(store_inbox_read(request_store(rq), str_of(rq->who.sub), clock_now_us()));
	response_redirect(rq->rsp, STR("/inbox"));
	return OK;
}
