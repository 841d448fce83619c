/*
 * ep_mandates.c: GET /consent/v1/mandates: for a client that a representative let act for others, what it can name when
 * it asks for a token under a mandate (oauth/represent.h).
 */
#include "authd/endpoints/ep_mandates.h"
#include "auditlog/base/clock.h"
#include "authd/access/mandate.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

json_t *
ep_mandates_words(struct str list)
{
	json_t *array = json_array();
	struct str word;

	while (list.n > 0 && str_next(&list, ' ', &word))
		if (word.n > 0)
			json_array_append_new(array, json_of_str(word));
	return array;
}

json_t *
ep_mandates_actions(const struct store_mandate *m)
{
	CLEANUP(buf_clear) struct buf text = BUF(128);

	mandate_put_actions((unsigned)m->actions, &text);
	return ep_mandates_words(buf_str(&text));
}

static json_t *
until_of(const struct store_mandate *m)
{
	CLEANUP(buf_clear) struct buf text = BUF(32);

	clock_put_rfc3339_seconds(&text, mandate_end_us(m));
	return json_of_str(buf_str(&text));
}

static json_t *
item(const struct store_mandate *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "mandate", json_of_str(m->mandate_id), "person",
			 json_of_str(m->sub), "kind", json_of_str(m->kind), "purposes", ep_mandates_words(m->purposes),
			 "actions", ep_mandates_actions(m), "until", until_of(m));
}

/* Those that the person holds, not those that they gave: these are their own business, in the portal. */
static bool
is_held(const struct request *rq, const struct store_mandate *m)
{
	return str_is(m->representative, rq->who.sub) && mandate_for_clients(m) &&
	       mandate_judge(m, STR(""), 0, clock_now_us()) == MANDATE_HOLDS;
}

enum status
ep_mandates(struct request *rq)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	CLEANUP(json_decrefp) json_t *body = json_pack("{s:[]}", "mandates");

	if (body == NULL)
		return E_NOMEM;
	if (rq->who.kind != PRINCIPAL_TOKEN)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a person's token holds mandates");
	TRY(store_mandate_of(request_store(rq), str_of(rq->who.sub), &all));
	for (size_t i = 0; i < all.count; i++)
		if (is_held(rq, &all.items[i]) &&
		    json_array_append_new(json_object_get(body, "mandates"), item(&all.items[i])) != 0)
			return E_NOMEM;
	response_json(rq->rsp, 200, body);
	return OK;
}
