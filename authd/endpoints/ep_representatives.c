/*
 * ep_representatives.c: the person's representatives and whom they represent: given, received, ended; giving a power of
 * attorney by a code that one hands over, taking one, ending one, and acting for somebody (identity/acting.h).
 *
 * This page is always the signed-in person's own, whomever they act for.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/mandating.h"
#include "authd/access/person_name.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define ID_MOST   64
#define CODE_MOST 64
#define LIST_MOST 32

static bool
is_own(const struct request *rq, struct str sub)
{
	return sub.p != NULL && str_is(sub, rq->who.sub);
}

/* ---- one card ---- */

/* Titles of the purposes; an empty list stands for all. */
static json_t *
purposes_of(struct request *rq, const struct store_mandate *m)
{
	json_t *list = json_array();
	struct str rest = m->purposes, word;

	while (!str_is(m->purposes, "*") && rest.n > 0 && str_next(&rest, ' ', &word)) {
		const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, word);

		json_array_append_new(list, p != NULL ? json_string(p->title.in[request_lang(rq)]) : json_of_str(word));
	}
	return list;
}

static json_t *
actions_of(const struct store_mandate *m)
{
	CLEANUP(buf_clear) struct buf words = BUF(128);
	json_t *list = json_array();
	struct str rest, word;

	mandate_put_actions((unsigned)m->actions, &words);
	rest = buf_str(&words);
	while (rest.n > 0 && str_next(&rest, ' ', &word))
		json_array_append_new(list, json_of_str(word));
	return list;
}

/* A child's mandate is no free choice of either side: only an office ends it. */
static bool
may_end(const struct request *rq, const struct store_mandate *m)
{
	if (!str_is(m->state, "active") && !str_is(m->state, "proposed"))
		return false;
	if (str_is(m->kind, "parent"))
		return false;
	return is_own(rq, m->representative) || (is_own(rq, m->sub) && m->majority_us == 0);
}

static json_t *
card(struct request *rq, const struct store_mandate *m)
{
	const bool given = is_own(rq, m->sub);
	const enum mandate_fault fault = mandate_judge(m, STR(""), 0, clock_now_us());
	const struct organisation *o =
	    rq->policy == NULL || m->organisation.p == NULL ? NULL : policy_organisation(rq->policy, m->organisation);
	json_t *purposes = purposes_of(rq, m);
	bool all = json_array_size(purposes) == 0;

	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:I, s:I, s:s, s:b, s:b, s:b, s:s}", "id",
			 json_of_str(m->mandate_id), "kind", json_of_str(m->kind), "name",
			 person_name(rq, given ? m->representative : m->sub), "purposes", purposes, "all", all,
			 "actions", actions_of(m), "from", (json_int_t)m->from_us, "until",
			 (json_int_t)mandate_end_us(m), "fault", mandate_fault_name(fault), "can_act",
			 !given && fault == MANDATE_HOLDS, "can_end", may_end(rq, m), "waiting",
			 m->representative.p == NULL, "verified", o != NULL ? o->name.in[request_lang(rq)] : "");
}

/* ---- the page ---- */

static const char *
group_of(const struct request *rq, const struct store_mandate *m)
{
	const enum mandate_fault fault = mandate_judge(m, STR(""), 0, clock_now_us());

	if (str_is(m->state, "proposed") && m->representative.p != NULL)
		return NULL; /* an office is still at it */
	if (str_is(m->state, "proposed"))
		return m->code_until_us > clock_now_us() ? "given" : NULL;
	if (fault != MANDATE_HOLDS && fault != MANDATE_FROZEN && fault != MANDATE_UNLOGGED && fault != MANDATE_EARLY)
		return "ended";
	if (is_own(rq, m->sub))
		return "given";
	return m->majority_us != 0 ? "children" : "received";
}

static enum status
add_cards(struct request *rq, json_t *data)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list list = { 0 };

	TRY(store_mandate_of(request_store(rq), str_of(rq->who.sub), &list));
	for (size_t i = 0; i < list.count; i++) {
		const char *group = group_of(rq, &list.items[i]);

		if (group != NULL && json_array_append_new(json_object_get(data, group), card(rq, &list.items[i])) != 0)
			return E_NOMEM;
	}
	return OK;
}

static enum status
add_acting(struct request *rq, json_t *data)
{
	if (rq->who.mandate.mandate_id.n == 0)
		return OK;
	return json_object_set_new(data, "acting_now", person_name(rq, rq->who.mandate.sub)) == 0 ? OK : E_NOMEM;
}

static const struct refill_field offer_fields[] = {
	{ "purpose", "purpose-all", "representative_purposes", 0 },
	{ "action", "action-see", "representative_actions", 0 },
	{ "until", NULL, "representative_terms", 0 },
};

/* A code that does not work does not come back: the next one is another. */
static const struct refill_field accept_fields[] = { { "code", "accept-code", NULL, 0 } };

/* What a power of attorney can be for: purposes that rest on consent. */
static enum status
add_choices(struct request *rq, const struct form *typed, json_t *data)
{
	json_t *purposes = json_array(),
	       *actions = json_pack("[{s:s}, {s:s}, {s:s}]", "id", "see", "id", "give", "id", "withdraw");
	json_t *everything = json_pack("[{s:s}]", "id", "*");
	const struct purpose *p;

	if (json_object_set_new(data, "choices", purposes) != 0 || json_object_set_new(data, "deeds", actions) != 0 ||
	    json_object_set_new(data, "everything", everything) != 0)
		return E_NOMEM;
	for (size_t i = 0; rq->policy != NULL && (p = policy_purpose_at(rq->policy, i)) != NULL; i++)
		json_array_append_new(purposes,
				      json_pack("{s:s, s:s}", "id", p->id, "title", p->title.in[request_lang(rq)]));
	TRY(refill_tick(typed, "purpose", everything));
	TRY(refill_tick(typed, "purpose", purposes));
	return refill_tick(typed, "action", actions);
}

/* The form that was sent, of the two that somebody fills in here; NULL: not that one. */
static enum status
add_forms(struct request *rq, struct refill *offer, struct refill *accept, json_t *data)
{
	CLEANUP(refill_clear) struct refill no_offer = { 0 }, no_accept = { 0 };

	TRY(refill_begin(offer_fields, ARRAY_LEN(offer_fields), NULL, &no_offer));
	TRY(refill_begin(accept_fields, ARRAY_LEN(accept_fields), NULL, &no_accept));
	TRY(refill_put(offer != NULL ? offer : &no_offer, "offer", data));
	TRY(refill_put(accept != NULL ? accept : &no_accept, "accept", data));
	return add_choices(rq, offer != NULL ? offer->typed : NULL, data);
}

static enum status
page(struct request *rq, int http, struct refill *offer, struct refill *accept, struct str code)
{
	bool over = rq->http->method == HTTP_GET && form_get(&rq->query, "over").n > 0;
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:[], s:[], s:[], s:[], s:b}", "path", "/representatives", "children",
				 "received", "given", "ended", "over", over);

	if (data == NULL)
		return E_NOMEM;
	if (code.n > 0)
		json_object_set_new(data, "code", json_of_str(code));
	TRY(add_cards(rq, data));
	TRY(add_acting(rq, data));
	TRY(add_forms(rq, offer, accept, data));
	return request_page(rq, http, "representatives", data);
}

enum status
ep_representatives(struct request *rq)
{
	return page(rq, 200, NULL, NULL, STR(""));
}

static enum status
back(struct request *rq)
{
	response_redirect(rq->rsp, STR("/representatives"));
	return OK;
}

/* ---- giving ---- */

/* The ticked boxes of one name, with a space between. E_INVALID: none, or too many. */
static enum status
join_ticked(struct request *rq, const char *name, struct buf *out)
{
	struct str one;
	size_t n = 0;

	for (; one = form_get_nth(&rq->form, name, n), one.p != NULL; n++) {
		if (n == LIST_MOST || str_find_char(one, ' ') < one.n)
			return E_INVALID;
		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put(out, one);
	}
	return n > 0 ? buf_status(out) : E_INVALID;
}

/* All purposes are a tick of their own: whoever ticks others with it has not said which they mean. */
static void
check_offer(struct request *rq, struct refill *r, struct buf *purposes, struct mandating_terms *terms)
{
	CLEANUP(buf_clear) struct buf actions = BUF(128);

	refill_check(r);
	if (join_ticked(rq, "purpose", purposes) != OK)
		refill_wrong(r, "purpose", "representative_purposes");
	else if (purposes->n > 1 && str_find_char(buf_str(purposes), '*') < purposes->n)
		refill_wrong(r, "purpose", "representative_all");
	if (join_ticked(rq, "action", &actions) != OK ||
	    mandate_actions_parse(buf_str(&actions), &terms->actions) != OK)
		refill_wrong(r, "action", "representative_actions");
}

enum status
ep_representative_offer(struct request *rq)
{
	CLEANUP(buf_clear) struct buf purposes = BUF(MANDATING_PURPOSES_MOST), code = BUF(MANDATING_CODE_LEN);
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct mandating_terms terms = { .sub = str_of(rq->who.sub), .kind = STR("power_of_attorney") };
	struct datefield until;
	enum status st;

	TRY(refill_begin(offer_fields, ARRAY_LEN(offer_fields), &rq->form, &r));
	refill_day(&r, "until", "representative_terms", &until);
	check_offer(rq, &r, &purposes, &terms);
	if (!refill_is_good(&r))
		return page(rq, 400, &r, NULL, STR(""));
	terms.purposes = buf_str(&purposes);
	terms.until = str_of(until.iso);
	st = mandating_offer(rq, &terms, &code);
	if (st == E_INVALID) {
		refill_wrong(&r, "until", "representative_terms");
		return page(rq, 400, &r, NULL, STR(""));
	}
	TRY(st);
	return page(rq, 200, NULL, NULL, buf_str(&code));
}

/* ---- taking ---- */

enum status
ep_representative_accept(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	enum status st = E_NOT_FOUND;
	struct str code;

	if (form_need(&rq->form, "code", CODE_MOST, &code) == OK)
		st = mandating_accept(rq, code);
	if (st != E_NOT_FOUND)
		return st == OK ? back(rq) : st;
	TRY(refill_begin(accept_fields, ARRAY_LEN(accept_fields), NULL, &r));
	refill_wrong(&r, "code", "representative_code");
	return page(rq, 400, NULL, &r, STR(""));
}

/* ---- ending ---- */

enum status
ep_representative_end(struct request *rq)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	enum status st;

	TRY(store_mandate_find(request_store(rq), rq->param[0], &m));
	if (!is_own(rq, m.sub) && !is_own(rq, m.representative))
		return E_NOT_FOUND;
	if (!may_end(rq, &m))
		return request_fail(rq, E_DENIED, "access_denied", "an office ends this mandate");
	st = mandating_end(rq, &m, is_own(rq, m.sub) ? STR("revoked") : STR("resigned"), STR(""));
	return st == OK || st == E_NOT_FOUND ? back(rq) : st; /* pressed twice: it has ended */
}

/* ---- acting ---- */

static enum status
set_acting(struct request *rq, struct str mandate_id)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_acting_set(&tx, str_of(rq->who.sid), mandate_id, clock_now_us()));
	return store_commit(&tx);
}

enum status
ep_representative_act(struct request *rq)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	struct str id;

	if (form_need(&rq->form, "id", ID_MOST, &id) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	TRY(store_mandate_find(request_store(rq), id, &m));
	if (!is_own(rq, m.representative)) /* somebody else's is as good as none */
		return E_NOT_FOUND;
	if (mandate_judge(&m, STR(""), 0, clock_now_us()) != MANDATE_HOLDS)
		return request_fail(rq, E_DENIED, "representative_invalid", "the mandate does not hold");
	TRY(set_acting(rq, m.mandate_id));
	response_redirect(rq->rsp, STR("/consents"));
	return OK;
}

enum status
ep_representative_stop(struct request *rq)
{
	TRY(set_acting(rq, STR("")));
	return back(rq);
}
