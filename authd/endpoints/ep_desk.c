/*
 * ep_desk.c: the desk's own pages: looking somebody up by what they brought, which requests of this organisation wait
 * and which consents to it hold, and asking anew. Status, never data. What is prepared from here is ep_desk_offer.c.
 */
#include "authd/endpoints/ep_desk.h"

#include <string.h>

#include "authd/access/desk_codes.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json_write.h"
#include "authd/request.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_desk_codes.h"

#define LIST_MOST       50
#define IDENTIFIER_MOST 200
#define DESK_CLIENT     "desk" /* in the place of a client's id where no service's program asked */

enum words_lang
ep_desk_lang(const struct request *rq)
{
	return request_lang(rq);
}

enum status
ep_desk_to(struct request *rq, const char *path, struct str id, const char *rest)
{
	CLEANUP(buf_clear) struct buf to = BUF(512);

	buf_put_cstr(&to, path);
	buf_put(&to, id);
	buf_put_cstr(&to, rest);
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

/* ---- who works here, and as what ---- */

static enum status
duty_page(struct request *rq, const struct officer *o)
{
	CLEANUP(json_decrefp) json_t *data = json_pack("{s:[]}", "duties");

	for (size_t i = 0; i < o->duty_count; i++) {
		const struct role *r = policy_role(rq->policy, str_of(o->duties[i]));

		json_array_append_new(json_object_get(data, "duties"),
				      json_pack("{s:s, s:s}", "role", o->duties[i], "title",
						r != NULL ? r->title.in[ep_desk_lang(rq)] : o->duties[i]));
	}
	return data == NULL ? E_NOMEM : request_page(rq, 200, "desk_duty", data);
}

enum status
ep_desk_officer(struct request *rq, struct officer *o)
{
	TRY(officer_find(rq, o));
	return o->duty_count == 0 ? OK : request_fail(rq, E_DENIED, "sod_conflict", "say first which duty you take up");
}

enum status
ep_desk_duty(struct request *rq)
{
	struct officer o;

	TRY(officer_find(rq, &o));
	TRY(officer_take_duty(rq, &o, form_get(&rq->form, "role")));
	response_redirect(rq->rsp, STR("/desk"));
	return OK;
}

/* ---- looking up ---- */

static const struct refill_field open_fields[] = {
	{ "person", NULL, "desk_person_missing", IDENTIFIER_MOST },
	{ "channel", "channel-office", "desk_channel", 0 },
};

static enum status
desk_page(struct request *rq, const struct officer *o, int http, struct refill *r)
{
	const struct organisation *org = policy_organisation(rq->policy, str_of(o->organisation));
	CLEANUP(json_decrefp) json_t *data = NULL;
	bool deaths;

	TRY(officer_holds(rq, ACTION_REGISTER_DEATH, &deaths));
	data = json_pack("{s:s, s:b}", "organisation", org != NULL ? org->name.in[ep_desk_lang(rq)] : o->organisation,
			 "deaths", (int)deaths);
	if (data == NULL)
		return E_NOMEM;
	TRY(refill_put(r, "form", data));
	return request_page(rq, http, "desk", data);
}

enum status
ep_desk(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct officer o;

	TRY(officer_find(rq, &o));
	if (o.duty_count > 0)
		return duty_page(rq, &o);
	TRY(refill_begin(open_fields, ARRAY_LEN(open_fields), NULL, &r));
	return desk_page(rq, &o, 200, &r);
}

enum status
ep_desk_open(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	const struct str channel = form_get(&rq->form, "channel");
	char case_id[DESK_ID_MOST + 1];
	struct officer o;
	enum status st;

	TRY(ep_desk_officer(rq, &o));
	TRY(refill_begin(open_fields, ARRAY_LEN(open_fields), &rq->form, &r));
	refill_check(&r);
	if (!str_is(channel, "office") && !str_is(channel, "phone"))
		refill_wrong(&r, "channel", "desk_channel");
	if (!refill_is_good(&r))
		return desk_page(rq, &o, 400, &r);
	st = desk_open(rq, &o, refill_value(&r, "person"), channel, case_id);
	if (st != E_NOT_FOUND)
		return st != OK ? st : ep_desk_to(rq, "/desk/cases/", str_of(case_id), "");
	refill_wrong(&r, "person", "desk_person_unknown");
	return desk_page(rq, &o, 404, &r);
}

/* ---- a case ---- */

static json_t *
about(struct request *rq, struct str id, struct str purpose, struct str service, int64_t until_us)
{
	const struct purpose *u = policy_purpose(rq->policy, purpose);
	const struct service *s = policy_service(rq->policy, service);

	return json_pack("{s:o, s:o, s:o, s:I}", "id", json_of_str(id), "purpose",
			 u != NULL ? json_string(u->title.in[ep_desk_lang(rq)]) : json_of_str(purpose), "service",
			 s != NULL ? json_string(s->title.in[ep_desk_lang(rq)]) : json_of_str(service), "until",
			 (json_int_t)until_us);
}

static enum status
add_requests(struct request *rq, const struct desk_case *c, const char *state, json_t *list)
{
	CLEANUP(store_request_list_clear) struct store_request_list rows = { 0 };

	TRY(store_request_page(request_store(rq), c->person.sub, str_of(state), STR(""), LIST_MOST, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const struct store_request *r = &rows.items[i];

		if (str_eq(r->organisation, c->row.organisation) && r->expires_us > clock_now_us() &&
		    r->log_index != STORE_NO_INDEX)
			json_array_append_new(list, about(rq, r->request_id, r->purpose, r->service, r->expires_us));
	}
	return OK;
}

static enum status
add_consents(struct request *rq, const struct desk_case *c, json_t *list)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list rows = { 0 };
	const struct store_consent_filter theirs = { .sub = c->person.sub, .state = STR("given") };

	TRY(store_consent_page(request_store(rq), &theirs, STR(""), LIST_MOST, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const struct store_consent *r = &rows.items[i];

		if (str_eq(r->organisation, c->row.organisation) && r->until_us > clock_now_us())
			json_array_append_new(list, about(rq, r->record_id, r->purpose, r->service, r->until_us));
	}
	return OK;
}

static enum status
add_contracts(struct request *rq, const struct desk_case *c, json_t *list)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list rows = { 0 };

	TRY(store_contract_page(request_store(rq), c->person.sub, STR(""), STR(""), LIST_MOST, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const struct store_contract *r = &rows.items[i];

		if (str_eq(r->organisation, c->row.organisation) && str_is(r->state, "proposed") &&
		    r->until_us > clock_now_us())
			json_array_append_new(list, about(rq, r->contract_id, r->kind, r->service, r->until_us));
	}
	return OK;
}

/* What this organisation may ask for at all: each purpose of each of its services. */
static void
add_purposes(struct request *rq, const struct desk_case *c, json_t *list)
{
	const struct service *s;

	for (size_t i = 0; (s = policy_service_at(rq->policy, i)) != NULL; i++) {
		if (s->suspended || !str_is(c->row.organisation, s->organisation->id))
			continue;
		for (size_t k = 0; k < s->purpose_count; k++)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "service", s->id, "purpose",
							      s->purposes[k]->id, "title",
							      s->purposes[k]->title.in[ep_desk_lang(rq)], "by",
							      s->title.in[ep_desk_lang(rq)]));
	}
}

bool
ep_desk_has_codes(struct request *rq, const struct officer *o, struct str sub)
{
	CLEANUP(store_desk_codes_clear) struct store_desk_codes list = { 0 };

	return store_desk_codes_of(request_store(rq), sub, &list) == OK && list.log_index != STORE_NO_INDEX &&
	       list.next <= list.size && list.failures < STORE_DESK_CODES_WRONG && !str_is(list.seen_by, o->sub);
}

enum status
ep_desk_case(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	data = json_pack("{s:o, s:o, s:o, s:b, s:b, s:I, s:[], s:[], s:[], s:[]}", "case_id",
			 json_of_str(c.row.case_id), "identifier",
			 json_of_str(desk_by_number(c.row.case_id) ? i18n_text(rq->http->lang, STR("desk_by_number"))
								   : c.person.login),
			 "channel", json_of_str(c.row.channel), "office", str_is(c.row.channel, "office"), "codes",
			 ep_desk_has_codes(rq, &o, c.person.sub), "ends", (json_int_t)c.row.expires_us, "requests",
			 "consents", "contracts", "purposes");
	if (data == NULL)
		return E_NOMEM;
	TRY(add_requests(rq, &c, "requested", json_object_get(data, "requests")));
	TRY(add_requests(rq, &c, "deferred", json_object_get(data, "requests")));
	TRY(add_consents(rq, &c, json_object_get(data, "consents")));
	TRY(add_contracts(rq, &c, json_object_get(data, "contracts")));
	add_purposes(rq, &c, json_object_get(data, "purposes"));
	return request_page(rq, 200, "desk_case", data);
}

/* ---- asking for a consent on behalf of one of the organisation's services ---- */

static enum status
find_purpose(struct request *rq, const struct officer *o, const struct form *in, const struct service **s,
	     const struct purpose **u)
{
	*s = policy_service(rq->policy, form_get(in, "service"));
	*u = policy_purpose(rq->policy, form_get(in, "purpose"));
	if (*s == NULL || *u == NULL || !str_is(str_of((*s)->organisation->id), o->organisation) ||
	    !policy_declares(rq->policy, *s, *u))
		return request_fail(rq, E_INVALID, "invalid_request", "no service of yours has declared this purpose");
	return OK;
}

enum status
ep_desk_ask_page(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	const enum words_lang lang = ep_desk_lang(rq);
	const struct service *s;
	const struct purpose *u;
	struct officer o;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	TRY(find_purpose(rq, &o, &rq->query, &s, &u));
	data = json_pack("{s:o, s:s, s:s, s:s, s:s, s:[]}", "case_id", json_of_str(c.row.case_id), "service", s->id,
			 "purpose", u->id, "title", u->title.in[lang], "by", s->title.in[lang], "categories");
	if (data == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < u->rule_count; i++)
		if (u->rules[i].basis == BASIS_CONSENT)
			json_array_append_new(json_object_get(data, "categories"),
					      json_pack("{s:s, s:s}", "id", u->rules[i].category->id, "title",
							u->rules[i].category->title.in[lang]));
	return request_page(rq, 200, "desk_ask", data);
}

static enum status
read_ticks(struct request *rq, const char *name, struct str *out, size_t *n)
{
	for (struct str one = form_get_nth(&rq->form, name, 0); one.p != NULL;
	     one = form_get_nth(&rq->form, name, *n)) {
		if (*n == CONSENTING_CATEGORIES_MOST)
			return request_fail(rq, E_INVALID, "invalid_request", "too many categories");
		out[(*n)++] = one;
	}
	return OK;
}

/* The necessary ones are ticked as `category`, all others of the purpose are asked for as optional. */
static enum status
read_ask(struct request *rq, const struct purpose *u, struct consenting_ask *ask)
{
	TRY(read_ticks(rq, "category", ask->categories, &ask->category_count));
	for (size_t i = 0; i < u->rule_count; i++) {
		const char *id = u->rules[i].category->id;
		bool necessary = false;

		for (size_t k = 0; k < ask->category_count; k++)
			necessary |= str_is(ask->categories[k], id);
		if (u->rules[i].basis == BASIS_CONSENT && !necessary &&
		    ask->optional_count < CONSENTING_CATEGORIES_MOST)
			ask->optional[ask->optional_count++] = str_of(id);
	}
	return OK;
}

enum status
ep_desk_ask(struct request *rq)
{
	CLEANUP(desk_case_clear) struct desk_case c = { 0 };
	CLEANUP(store_request_clear) struct store_request made = { 0 };
	const struct service *s;
	const struct purpose *u;
	struct officer o;
	bool existed;

	TRY(ep_desk_officer(rq, &o));
	TRY(desk_case(rq, &o, rq->param[0], &c));
	TRY(find_purpose(rq, &o, &rq->form, &s, &u));
	struct consenting_ask ask = { .client_id = STR(DESK_CLIENT),
				      .service = str_of(s->id),
				      .organisation = c.row.organisation,
				      .sub = c.person.sub,
				      .purpose = str_of(u->id) };
	TRY(read_ask(rq, u, &ask));
	TRY(consenting_ask(rq, &ask, &made, &existed));
	return ep_desk_to(rq, "/desk/cases/", c.row.case_id, "");
}

/* ---- codes that a person gives themselves ---- */

enum status
ep_desk_codes_page(struct request *rq)
{
	CLEANUP(store_desk_codes_clear) struct store_desk_codes list = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	enum status st = store_desk_codes_of(request_store(rq), str_of(rq->who.sub), &list);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	data = json_pack("{s:b, s:i, s:I}", "has_list", st == OK, "left", st == OK ? list.size - list.next + 1 : 0,
			 "made", (json_int_t)list.made_us);
	return data == NULL ? E_NOMEM : request_page(rq, 200, "paper_codes", data);
}

enum status
ep_desk_codes_new(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(secret_clear) struct secret codes = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;

	TRY(store_person_find(request_store(rq), str_of(rq->who.sub), &person));
	TRY(desk_codes_issue(rq, NULL, &person, &codes));
	data = json_pack("{s:o, s:b}", "list", desk_codes_list(&codes), "own", true);
	return data == NULL ? E_NOMEM : request_page(rq, 200, "desk_codes", data);
}
