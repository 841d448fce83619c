/*
 * ep_consents.c: the person's consents in their groups: what waits for an answer, what holds, what ends soon, what
 * ended, what was withdrawn, what was refused; each with how often it was used.
 */
#include "authd/endpoints/ep_consents.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/history_uses.h"
#include "authd/consent/consenting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_recipients.h"
#include "authd/identity/acting.h"
#include "authd/request.h"

#define PAGE_SIZE 50

/* What the person sees as its state: a given one whose term is over has ended, whatever the row says. */
static const char *
shown_state(const struct store_consent *c)
{
	const int64_t now = clock_now_us();
	enum consent_state s;

	if (consent_state_parse(c->state, &s) != OK)
		return "unknown";
	if (!consent_state_permits(s))
		return consent_state_name(s);
	if (c->until_us <= now)
		return "expired";
	return c->until_us - now < CONSENTING_EXPIRING_US ? "ending" : "given";
}

static const char *
title_of(const struct words *w, enum words_lang lang, struct str id)
{
	return w != NULL ? w->in[lang] : id.n > 0 ? id.p : "";
}

json_t *
ep_consents_card(struct request *rq, const struct store_consent *c)
{
	const enum words_lang lang = request_lang(rq);
	const struct purpose *purpose = rq->policy == NULL ? NULL : policy_purpose(rq->policy, c->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, c->organisation);
	const char *state = shown_state(c);
	bool holds = strcmp(state, "given") == 0 || strcmp(state, "ending") == 0;

	return json_pack("{s:s%, s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:s%, s:o}", "id", c->record_id.p,
			 c->record_id.n, "state", state, "holds", holds, "purpose",
			 title_of(purpose != NULL ? &purpose->title : NULL, lang, c->purpose), "organisation",
			 title_of(o != NULL ? &o->name : NULL, lang, c->organisation), "given", (json_int_t)c->given_us,
			 "until", (json_int_t)c->until_us, "withdrawn", (json_int_t)c->withdrawn_us, "destroy_by",
			 (json_int_t)c->destroy_by_us, "code", c->code.p, c->code.n, "recipients",
			 ep_recipients_given(rq, c));
}

/* Without the log the numbers are unknown; everything else on the page still serves. */
void
ep_consents_add_uses(struct request *rq, const struct store_consent *list, size_t n, json_t *const *cards)
{
	struct history_use uses[PAGE_SIZE] = { 0 };
	bool complete;

	if (n > PAGE_SIZE)
		return;
	for (size_t i = 0; i < n; i++)
		uses[i].index = list[i].log_index;
	if (history_uses(rq, uses, n, &complete) != OK)
		return;
	for (size_t i = 0; i < n; i++) {
		if (cards[i] == NULL)
			continue;
		json_object_set_new(cards[i], "counted", json_true());
		json_object_set_new(cards[i], "more", json_boolean(!complete));
		json_object_set_new(cards[i], "uses", json_integer((json_int_t)uses[i].count));
		json_object_set_new(cards[i], "last", json_integer((json_int_t)uses[i].last_us));
	}
}

/* ---- the list ---- */

static json_t *
request_card(struct request *rq, const struct store_request *r)
{
	const enum words_lang lang = request_lang(rq);
	const struct purpose *purpose = rq->policy == NULL ? NULL : policy_purpose(rq->policy, r->purpose);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, r->organisation);

	return json_pack("{s:s%, s:s, s:s, s:I, s:I, s:b, s:o}", "id", r->request_id.p, r->request_id.n, "purpose",
			 title_of(purpose != NULL ? &purpose->title : NULL, lang, r->purpose), "organisation",
			 title_of(o != NULL ? &o->name : NULL, lang, r->organisation), "expires",
			 (json_int_t)r->expires_us, "answered", (json_int_t)r->answered_us, "later",
			 str_is(r->state, "deferred"), "recipients", ep_recipients_asked(rq, r));
}

static enum status
add_requests(struct request *rq, const struct store_request_list *list, json_t *out)
{
	for (size_t i = 0; i < list->count; i++)
		if (acting_covers(rq, list->items[i].purpose) &&
		    json_array_append_new(out, request_card(rq, &list->items[i])) != 0)
			return E_NOMEM;
	return OK;
}

static enum status
waiting(struct request *rq, json_t *data)
{
	CLEANUP(store_request_list_clear) struct store_request_list open = { 0 };
	CLEANUP(store_request_list_clear) struct store_request_list refused = { 0 };
	struct str me = str_of(rq->who.sub);

	TRY(store_request_waiting(request_store(rq), me, clock_now_us(), STR(""), PAGE_SIZE, &open));
	TRY(add_requests(rq, &open, json_object_get(data, "waiting")));
	TRY(store_request_page(request_store(rq), me, STR("refused"), STR(""), PAGE_SIZE, &refused));
	return add_requests(rq, &refused, json_object_get(data, "refused"));
}

/* Where a card stands; what no row names has ended. */
static const char *
group_of(const char *state)
{
	static const char *const groups[][2] = { { "given", "holding" },
						 { "ending", "expiring" },
						 { "withdrawn", "withdrawn" } };

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(state, groups[i][0]) == 0)
			return groups[i][1];
	return "ended";
}

static enum status
sorted(struct request *rq, json_t *data)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };
	const struct store_consent_filter mine = { .sub = str_of(rq->who.sub), .themes = acting_themes(rq) };
	struct str cursor = form_get(&rq->query, "cursor");
	json_t *cards[PAGE_SIZE] = { 0 };

	TRY(store_consent_page(request_store(rq), &mine, cursor.n > 0 ? cursor : STR(""), PAGE_SIZE, &list));
	for (size_t i = 0; i < list.count; i++) {
		if (!acting_covers(rq, list.items[i].purpose))
			continue; /* has no card, and none is counted for it */
		cards[i] = ep_consents_card(rq, &list.items[i]);
		if (json_array_append_new(json_object_get(data, group_of(shown_state(&list.items[i]))), cards[i]) != 0)
			return E_NOMEM;
	}
	ep_consents_add_uses(rq, list.items, list.count, cards);
	return json_object_set_new(data, "next", json_string(list.next.text)) == 0 ? OK : E_NOMEM;
}

enum status
ep_consents(struct request *rq)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:[], s:[], s:[], s:[], s:[], s:[]}", "waiting", "holding", "expiring", "ended",
				 "withdrawn", "refused");
	enum status st = data == NULL ? E_NOMEM : waiting(rq, data);

	if (st == OK)
		st = sorted(rq, data);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this page of the list does not exist");
	TRY(st);
	return request_page(rq, 200, "consents", data);
}
