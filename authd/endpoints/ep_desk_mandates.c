/*
 * ep_desk_mandates.c: /desk/mandates: an official registers a parent or guardian with a paper, another one confirms it,
 * any of them ends one. Neither is ever a party of it.
 */
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/request.h"

#define LIST_MOST 100

/* Whoever must choose a duty first does that at /desk. */
static enum status
find_officer(struct request *rq, struct officer *o)
{
	TRY(officer_find(rq, o));
	if (o->duty_count == 0)
		return OK;
	response_redirect(rq->rsp, STR("/desk"));
	return E_UNAUTHENTICATED;
}

static json_t *
row(const struct officer *o, const struct store_mandate *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:b}", "id", json_of_str(m->mandate_id), "kind",
			 json_of_str(m->kind), "person", json_of_str(m->sub), "representative",
			 json_of_str(m->representative), "registrar", json_of_str(m->operator_id), "until",
			 (json_int_t)mandate_end_us(m), "other", !str_is(m->operator_id, o->pseudonym));
}

/* Only what an office of theirs registered: what people gave each other is their own business. */
static enum status
add_rows(struct request *rq, const struct officer *o, const char *state, json_t *list)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };

	TRY(store_mandate_page(request_store(rq), str_of(o->organisation), str_of(state), STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++)
		if (json_array_append_new(list, row(o, &all.items[i])) != 0)
			return E_NOMEM;
	return OK;
}

/* Who represents whom is about people: that the list was looked at is an entry before it is shown (R1). */
static enum status
record_look(struct request *rq, const struct officer *o)
{
	struct audit_event ev = desk_event(rq, o, ENTRY_DESK_OPENED, NULL, NULL);
	struct receipt receipt;

	audit_fact(&ev, "list", STR("mandates"));
	return audit_record(rq->authd, &ev, &receipt);
}

static enum status
page(struct request *rq, const struct officer *o, int http, const char *fault)
{
	CLEANUP(json_decrefp)
	json_t *data =
	    json_pack("{s:s, s:[], s:[], s:s?}", "path", "/desk/mandates", "waiting", "active", "fault", fault);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_rows(rq, o, "proposed", json_object_get(data, "waiting")));
	TRY(add_rows(rq, o, "active", json_object_get(data, "active")));
	if (json_array_size(json_object_get(data, "waiting")) + json_array_size(json_object_get(data, "active")) > 0)
		TRY(record_look(rq, o));
	return request_page(rq, http, "desk_mandates", data);
}

enum status
ep_desk_mandates(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	return page(rq, &o, 200, NULL);
}

static enum status
back(struct request *rq)
{
	response_redirect(rq->rsp, STR("/desk/mandates"));
	return OK;
}

enum status
ep_desk_mandate_register(struct request *rq)
{
	const struct form *f = &rq->form;
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	const struct mandating_terms terms = {
		.sub = form_get(f, "person"),
		.representative = form_get(f, "representative"),
		.kind = form_get(f, "kind"),
		.purposes = STR("*"),
		.actions = MANDATE_ALL,
		.document = form_get(f, "document"),
		.issued = form_get(f, "issued"),
		.born = form_get(f, "born"),
		.zone = form_get(f, "zone"),
		.until = form_get(f, "until"),
	};

	if (!str_is(terms.kind, "parent") && !str_is(terms.kind, "guardian"))
		return page(rq, &o, 400, "mandate_terms");
	st = mandating_register(rq, &o, &terms);
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, &o, 400, "mandate_terms");
	return st == OK ? back(rq) : st;
}

enum status
ep_desk_mandate_confirm(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_confirm(rq, &o, rq->param[0]));
	return back(rq);
}

enum status
ep_desk_mandate_revoke(struct request *rq)
{
	static const char *const reasons[] = { "revoked", "disputed", "unfounded" };
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	struct str reason = form_get(&rq->form, "reason");
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(store_mandate_find(request_store(rq), rq->param[0], &m));
	if (!str_is(m.organisation, o.organisation))
		return E_NOT_FOUND;
	TRY(officer_may_help(rq, &o, m.sub));
	TRY(officer_may_help(rq, &o, m.representative));
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (!str_is(reason, reasons[i]))
			continue;
		TRY(mandating_end(rq, &m, reason, str_of(o.pseudonym)));
		return back(rq);
	}
	return page(rq, &o, 400, "mandate_terms");
}
