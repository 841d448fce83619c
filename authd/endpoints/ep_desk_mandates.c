/*
 * ep_desk_mandates.c: /desk/mandates: an official registers a parent or guardian with a paper, another one reads what
 * stands on that paper and confirms it, any of them ends one. Neither is ever a party of it.
 */
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
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

static enum status
add_rows(struct request *rq, const struct officer *o, const char *state, json_t *list)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	struct store_mandate_filter filter = { .state = str_of(state) };

	TRY(mandating_list(rq, o, &filter, STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++)
		if (!str_is(all.items[i].kind, "heir") && json_array_append_new(list, row(o, &all.items[i])) != 0)
			return E_NOMEM; /* heirs are at /desk/deaths */
	return OK;
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

/* One, with the paper that it rests on: what a second official confirms. */
enum status
ep_desk_mandate(struct request *rq)
{
	CLEANUP(mandating_look_clear) struct mandating_look l = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_look(rq, &o, rq->param[0], &l));
	data = row(&o, &l.mandate);
	if (data == NULL || json_object_set_new(data, "path", json_string("/desk/mandates")) != 0 ||
	    json_object_set_new(data, "digest", json_string(l.digest)) != 0 ||
	    json_object_set_new(data, "waits", json_boolean(str_is(l.mandate.state, "proposed"))) != 0)
		return E_NOMEM;
	if (l.paper != NULL && json_object_set(data, "paper", l.paper) != 0)
		return E_NOMEM;
	return request_page(rq, 200, "desk_mandate", data);
}

enum status
ep_desk_mandate_register(struct request *rq)
{
	const struct form *f = &rq->form;
	char id[MANDATING_ID_MOST + 1];
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	const struct mandating_terms terms = {
		.sub = form_get(f, "person"),
		.representative = form_get(f, "representative"),
		.kind = form_get(f, "kind"),
		.purposes = STR("*"),
		.actions = MANDATE_ALL,
		.paper = { .kind = str_trim(form_get(f, "document")),
			   .number = str_trim(form_get(f, "number")),
			   .issued = str_trim(form_get(f, "issued")),
			   .issuer = str_trim(form_get(f, "issuer")),
			   .sha256 = str_trim(form_get(f, "sha256")) },
		.born = form_get(f, "born"),
		.zone = form_get(f, "zone"),
		.until = form_get(f, "until"),
	};

	st = mandating_register(rq, &o, &terms, id);
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, &o, 400, "mandate_terms");
	return st == OK ? back(rq) : st;
}

enum status
ep_desk_mandate_confirm(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_confirm(rq, &o, rq->param[0], form_get(&rq->form, "digest")));
	return back(rq);
}

enum status
ep_desk_mandate_revoke(struct request *rq)
{
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	st = mandating_revoke(rq, &o, rq->param[0], form_get(&rq->form, "reason"));
	if (st == E_INVALID)
		return page(rq, &o, 400, "mandate_terms");
	return st == OK ? back(rq) : st;
}
