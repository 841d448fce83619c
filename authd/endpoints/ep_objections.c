/*
 * ep_objections.c: what a person forbids, and what services say they agreed with them: one page with a form for each
 * act, and the same for a person's own client (scope consent:manage).
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/contracting.h"
#include "authd/access/objecting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json.h"
#include "authd/identity/acting.h"
#include "authd/request.h"
#include "authd/store/store_objection.h"
#include "authd/store/store_person.h"

#define TEXT_MOST  128
#define CARDS_MOST 50
#define WHOLE      "*"
#define HERE       "/objections"

/* ---- what the page shows ---- */

static const char *
purpose_title(struct request *rq, struct str id)
{
	const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, id);

	return p != NULL ? p->title.in[request_lang(rq)] : id.p;
}

static const char *
category_title(struct request *rq, struct str id)
{
	const struct category *c = rq->policy == NULL ? NULL : policy_category(rq->policy, id);

	return c != NULL ? c->title.in[request_lang(rq)] : id.p;
}

static enum status
add_objections(struct request *rq, json_t *data)
{
	CLEANUP(store_objection_list_clear) struct store_objection_list list = { 0 };
	json_t *cards = json_array();

	if (cards == NULL || json_object_set_new(data, "objections", cards) != 0)
		return E_NOMEM;
	TRY(store_objection_of(request_store(rq), str_of(rq->who.sub), &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_objection *o = &list.items[i];
		bool whole = str_is(o->category, WHOLE);

		if (!acting_covers(rq, o->purpose))
			continue;

		json_array_append_new(
		    cards, json_pack("{s:s%, s:s, s:s, s:s, s:I, s:b}", "purpose", o->purpose.p, o->purpose.n, "title",
				     purpose_title(rq, o->purpose), "category", whole ? "" : o->category.p,
				     "category_title", whole ? "" : category_title(rq, o->category), "since",
				     (json_int_t)o->since_us, "logged", o->log_index != STORE_NO_INDEX));
	}
	return OK;
}

static json_t *
choice(struct request *rq, const struct purpose *p, const struct category *c)
{
	const enum words_lang lang = request_lang(rq);

	return json_pack("{s:s, s:s, s:s, s:s}", "purpose", p->id, "category", c != NULL ? c->id : "", "title",
			 p->title.in[lang], "category_title", c != NULL ? c->title.in[lang] : "");
}

/* Only what the law lets a person object to is offered. */
static enum status
add_choices(struct request *rq, json_t *data)
{
	const struct purpose *p;
	json_t *list = json_array();

	if (list == NULL || json_object_set_new(data, "choices", list) != 0)
		return E_NOMEM;
	for (size_t i = 0; rq->policy != NULL && (p = policy_purpose_at(rq->policy, i)) != NULL; i++) {
		if (!p->may_object || !acting_covers(rq, str_of(p->id)))
			continue;
		json_array_append_new(list, choice(rq, p, NULL));
		for (size_t k = 0; k < p->rule_count; k++)
			json_array_append_new(list, choice(rq, p, p->rules[k].category));
	}
	return OK;
}

static enum status
add_restrictions(struct request *rq, json_t *data)
{
	CLEANUP(store_restriction_list_clear) struct store_restriction_list list = { 0 };
	json_t *cards = json_array();
	bool own = false;

	if (cards == NULL || json_object_set_new(data, "restrictions", cards) != 0)
		return E_NOMEM;
	TRY(store_restriction_of(request_store(rq), str_of(rq->who.sub), clock_now_us(), &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_restriction *r = &list.items[i];
		bool mine = str_is(r->set_by, STORE_BY_PERSON);

		own = own || mine;
		json_array_append_new(cards, json_pack("{s:s%, s:b, s:I, s:I}", "set_by", r->set_by.p, r->set_by.n,
						       "own", mine, "since", (json_int_t)r->since_us, "until",
						       (json_int_t)r->until_us));
	}
	return json_object_set_new(data, "blocked_by_me", json_boolean(own)) == 0 ? OK : E_NOMEM;
}

static enum status
contract_card(struct request *rq, const struct store_contract *c, json_t **out)
{
	CLEANUP(buf_clear) struct buf number = BUF(KEYS_FIELD_MAX);
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, c->organisation);
	const struct keys_person who = request_person(rq);
	bool over = c->until_us <= clock_now_us();

	TRY(contracting_number(rq, &who, c, &number));
	*out = json_pack("{s:s%, s:s, s:s%, s:s%, s:s%, s:I, s:I, s:b, s:b}", "id", c->contract_id.p, c->contract_id.n,
			 "organisation", o != NULL ? o->name.in[request_lang(rq)] : c->organisation.p, "kind",
			 c->kind.p, c->kind.n, "number", number.n > 0 ? number.p : "", number.n, "state", c->state.p,
			 c->state.n, "from", (json_int_t)c->from_us, "until", (json_int_t)c->until_us, "waits",
			 str_is(c->state, "proposed") && !over, "holds", str_is(c->state, "in_force") && !over);
	return *out != NULL ? OK : E_NOMEM;
}

static enum status
add_contracts(struct request *rq, json_t *data)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list list = { 0 };
	json_t *cards = json_array(), *one;

	if (cards == NULL || json_object_set_new(data, "contracts", cards) != 0)
		return E_NOMEM;
	TRY(store_contract_page(request_store(rq), str_of(rq->who.sub), STR(""), STR(""), CARDS_MOST, &list));
	for (size_t i = 0; i < list.count; i++) {
		TRY(contract_card(rq, &list.items[i], &one));
		json_array_append_new(cards, one);
	}
	return OK;
}

static enum status
collect(struct request *rq, json_t *data)
{
	TRY(add_objections(rq, data));
	TRY(add_restrictions(rq, data));
	/* What the person agreed with whom is for themselves to confirm and end. */
	return rq->who.acting ? OK : add_contracts(rq, data);
}

static const struct refill_field restrict_fields[] = { { "reason", NULL, NULL, OBJECTING_REASON_MOST } };

static enum status
page(struct request *rq, struct refill *r)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	if (data == NULL)
		return E_NOMEM;
	TRY(collect(rq, data));
	TRY(add_choices(rq, data));
	TRY(refill_put(r, "form", data));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "objections", data);
}

enum status
ep_objections(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };

	TRY(refill_begin(restrict_fields, ARRAY_LEN(restrict_fields), NULL, &r));
	return page(rq, &r);
}

/* ---- its forms ---- */

static enum status
back(struct request *rq, enum status st)
{
	TRY(st);
	response_redirect(rq->rsp, STR(HERE));
	return OK;
}

/* "purpose" or "purpose category", as the page offers it. */
static void
split_choice(struct str chosen, struct str *purpose, struct str *category)
{
	size_t at = str_find_char(chosen, ' ');

	*purpose = str_slice(chosen, 0, at);
	*category = at < chosen.n ? str_slice(chosen, at + 1, chosen.n) : STR("");
}

static enum status
check_theme(struct request *rq, struct str purpose)
{
	return acting_covers(rq, purpose)
		   ? OK
		   : request_fail(rq, E_DENIED, "representative_invalid", "your mandate is not for this purpose");
}

enum status
ep_objection_set(struct request *rq)
{
	const struct keys_person who = request_person(rq);
	struct str purpose, category;

	split_choice(form_get(&rq->form, "what"), &purpose, &category);
	TRY(check_theme(rq, purpose));
	return back(rq, objecting_set(rq, &who, purpose, category));
}

enum status
ep_objection_lift(struct request *rq)
{
	const struct keys_person who = request_person(rq);
	struct str purpose, category;

	split_choice(form_get(&rq->form, "what"), &purpose, &category);
	TRY(check_theme(rq, purpose));
	return back(rq, objecting_lift(rq, &who, purpose, category));
}

enum status
ep_restrict(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	const struct keys_person who = request_person(rq);

	TRY(refill_begin(restrict_fields, ARRAY_LEN(restrict_fields), &rq->form, &r));
	refill_check(&r);
	if (!refill_is_good(&r))
		return page(rq, &r);
	return back(rq, objecting_restrict(rq, &who, STORE_BY_PERSON, refill_value(&r, "reason"), 0));
}

enum status
ep_unrestrict(struct request *rq)
{
	const struct keys_person who = request_person(rq);

	return back(rq, objecting_unrestrict(rq, &who, STORE_BY_PERSON));
}

static enum status
end_own(struct request *rq, const struct keys_person *who, struct str id)
{
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };

	TRY(store_contract_find(request_store(rq), id, who->sub, STR(""), &c));
	return contracting_end(rq, who, &c);
}

enum status
ep_contract_form(struct request *rq)
{
	const struct keys_person who = request_person(rq);
	struct str id = form_get(&rq->form, "id"), answer = form_get(&rq->form, "answer");

	if (str_is(answer, "end"))
		return back(rq, end_own(rq, &who, id));
	if (!str_is(answer, "confirm") && !str_is(answer, "decline"))
		return request_fail(rq, E_INVALID, "invalid_request", "answer is confirm, decline or end");
	return back(rq, contracting_answer(rq, &who, id, str_is(answer, "confirm")));
}

/* ---- for a person's client ---- */

static enum status
check_person(struct request *rq)
{
	if (rq->who.kind == PRINCIPAL_TOKEN && rq->who.wrapped.n > 0)
		return OK;
	return request_fail(rq, E_DENIED, "insufficient_scope", "only the person says what they forbid");
}

enum status
ep_objections_api(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *data = json_object();

	TRY(check_person(rq));
	if (data == NULL)
		return E_NOMEM;
	TRY(collect(rq, data));
	response_json(rq->rsp, 200, data);
	return OK;
}

static enum status
read_objection(struct request *rq, json_t **root, struct str *purpose, struct str *category)
{
	static const char *const known[] = { "purpose", "category", NULL };
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(check_person(rq));
	TRY(ep_admin_read(rq, root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "purpose", TEXT_MOST, purpose);
	if (st == OK)
		st = json_opt_str(&in, "category", TEXT_MOST, category);
	return st == OK ? OK : ep_admin_bad(rq, st, &why);
}

static enum status
object(struct request *rq,
       enum status (*act)(struct request *rq, const struct keys_person *who, struct str purpose, struct str category))
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	const struct keys_person who = request_person(rq);
	struct str purpose = { 0 }, category = { 0 };

	TRY(read_objection(rq, &root, &purpose, &category));
	TRY(check_theme(rq, purpose));
	TRY(act(rq, &who, purpose, category));
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:s%, s:b}", "purpose", purpose.p, purpose.n, "category",
				      category.n > 0 ? category.p : "", category.n, "objects", act == objecting_set));
}

enum status
ep_objection_set_api(struct request *rq)
{
	return object(rq, objecting_set);
}

enum status
ep_objection_lift_api(struct request *rq)
{
	return object(rq, objecting_lift);
}

/* reason and until of a body; both may be absent. */
static enum status
read_restriction(struct json_in *in, struct str *reason, int64_t *until_us)
{
	struct str until = { 0 };

	TRY(json_opt_str(in, "reason", OBJECTING_REASON_MOST, reason));
	TRY(json_opt_str(in, "until", 40, &until));
	if (until.p == NULL || clock_parse_rfc3339(until, until_us) == OK)
		return OK;
	snprintf(in->why->text, sizeof(in->why->text), "until must be an RFC 3339 date or date-time");
	return E_INVALID;
}

static enum status
say_restricted(struct request *rq, bool restricted)
{
	return ep_admin_say(rq, 200, json_pack("{s:b}", "restricted", restricted));
}

enum status
ep_restrict_api(struct request *rq)
{
	static const char *const known[] = { "reason", "until", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	const struct keys_person who = request_person(rq);
	struct json_why why = { 0 };
	struct str reason = { 0 };
	int64_t until_us = 0;
	struct json_in in;
	enum status st;

	TRY(check_person(rq));
	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = read_restriction(&in, &reason, &until_us);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(objecting_restrict(rq, &who, STORE_BY_PERSON, reason, until_us));
	return say_restricted(rq, true);
}

enum status
ep_unrestrict_api(struct request *rq)
{
	const struct keys_person who = request_person(rq);

	TRY(check_person(rq));
	TRY(objecting_unrestrict(rq, &who, STORE_BY_PERSON));
	return say_restricted(rq, false);
}

/* ---- an officer ---- */

enum status
ep_admin_restriction(struct request *rq)
{
	static const char *const known[] = { "restricted", "reason", "until", NULL };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct keys_person who;
	struct str reason = { 0 };
	int64_t until_us = 0;
	bool restricted = true;
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_opt_bool(&in, "restricted", true, &restricted);
	if (st == OK)
		st = read_restriction(&in, &reason, &until_us);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(store_person_find(request_store(rq), rq->param[0], &p));
	if (rq->who.kind == PRINCIPAL_TOKEN && str_is(p.sub, rq->who.sub))
		return request_fail(rq, E_DENIED, "own_matter", "a colleague decides about your restriction");
	if (p.wrapped_key.n == 0)
		return request_fail(rq, E_CONFLICT, "person_erased", "this person was erased");
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(restricted ? objecting_restrict(rq, &who, STORE_BY_OFFICER, reason, until_us)
		       : objecting_unrestrict(rq, &who, STORE_BY_OFFICER));
	return say_restricted(rq, restricted);
}
