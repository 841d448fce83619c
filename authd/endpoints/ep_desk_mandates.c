/*
 * ep_desk_mandates.c: /desk/mandates: an official registers a parent or guardian with a paper, another one reads what
 * stands on that paper and confirms it, any of them ends one. Neither is ever a party of it.
 */
#include <string.h>

#include "authd/access/datefield.h"
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define LIST_MOST 100

/* What stays in the form when it is shown again. */
static const char *const fields[] = { "kind",   "person", "representative", "document", "number", "issued",
				      "issuer", "sha256", "born",           "zone",     "until" };

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
		if (json_array_append_new(list, row(o, &all.items[i])) != 0)
			return E_NOMEM;
	return OK;
}

/* The form as it was filled in, and the member that marks the field at fault: "at_born" of "mandate_born". */
static enum status
add_form(struct request *rq, const char *fault, json_t *data)
{
	CLEANUP(buf_clear) struct buf at = BUF(64);
	bool sent = rq->http->method == HTTP_POST;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (sent && json_object_set_new(data, fields[i], json_of_str(form_get(&rq->form, fields[i]))) != 0)
			return E_INVALID; /* not UTF-8 */
	if (!sent && json_object_set_new(data, "zone", json_string("Europe/Moscow")) != 0)
		return E_NOMEM;
	if (json_object_set_new(data, "guardian", json_boolean(str_is(form_get(&rq->form, "kind"), "guardian"))) != 0)
		return E_NOMEM;
	if (fault == NULL || strncmp(fault, "mandate_", 8) != 0)
		return OK;
	buf_printf(&at, "at_%s", fault + 8);
	TRY(buf_status(&at));
	return json_object_setn_new(data, at.p, at.n, json_true()) == 0 ? OK : E_NOMEM;
}

static enum status
page(struct request *rq, const struct officer *o, int http, const char *fault)
{
	CLEANUP(json_decrefp)
	json_t *data =
	    json_pack("{s:s, s:[], s:[], s:s?}", "path", "/desk/mandates", "waiting", "active", "fault", fault);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_form(rq, fault, data));
	TRY(add_rows(rq, o, "proposed", json_object_get(data, "waiting")));
	TRY(add_rows(rq, o, "active", json_object_get(data, "active")));
	if (json_array_size(json_object_get(data, "waiting")) + json_array_size(json_object_get(data, "active")) > 0)
		TRY(desk_record_list(rq, o, "mandates", STR("")));
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

/* ---- registering ---- */

/* What the form brings, with the people that it names and its days as they are kept. */
struct entered {
	struct store_person person, representative;
	struct datefield born, issued, until;
};

static void
entered_clear(struct entered *e)
{
	store_person_clear(&e->person);
	store_person_clear(&e->representative);
}

/* Which field is wrong, as the page marks it; NULL: none. Nobody is looked up for a form that cannot be taken. */
static const char *
fault_of_fields(const struct form *f, struct entered *e)
{
	static const struct {
		const char *field, *fault;
	} needed[] = {
		{ "person", "mandate_person" },     { "representative", "mandate_representative" },
		{ "document", "mandate_document" }, { "number", "mandate_number" },
		{ "issuer", "mandate_issuer" },
	};
	const bool parent = str_is(form_get(f, "kind"), "parent");

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (str_trim(form_get(f, needed[i].field)).n == 0)
			return needed[i].fault;
	if (datefield_read(form_get(f, "issued"), &e->issued) != OK || e->issued.iso[0] == '\0')
		return "mandate_issued";
	if (datefield_read(form_get(f, "born"), &e->born) != OK || (parent && e->born.iso[0] == '\0'))
		return "mandate_born";
	if (datefield_read(form_get(f, "until"), &e->until) != OK ||
	    (e->born.iso[0] == '\0' && e->until.iso[0] == '\0'))
		return "mandate_until";
	return NULL;
}

static enum status
find_people(struct request *rq, const struct officer *o, struct entered *e, const char **fault)
{
	*fault = "mandate_person";
	TRY(desk_identify(rq, o, str_trim(form_get(&rq->form, "person")), DESK_ACTIVE, "mandate", &e->person));
	*fault = "mandate_representative";
	TRY(desk_identify(rq, o, str_trim(form_get(&rq->form, "representative")), DESK_ACTIVE, "mandate",
			  &e->representative));
	*fault = "mandate_terms";
	return OK;
}

static enum status
register_entered(struct request *rq, const struct officer *o, const struct entered *e)
{
	const struct form *f = &rq->form;
	char id[MANDATING_ID_MOST + 1];
	const struct mandating_terms terms = {
		.sub = e->person.sub,
		.representative = e->representative.sub,
		.kind = form_get(f, "kind"),
		.purposes = STR("*"),
		.actions = MANDATE_ALL,
		.paper = { .kind = str_trim(form_get(f, "document")),
			   .number = str_trim(form_get(f, "number")),
			   .issued = str_of(e->issued.iso),
			   .issuer = str_trim(form_get(f, "issuer")),
			   .sha256 = str_trim(form_get(f, "sha256")) },
		.born = str_of(e->born.iso),
		.zone = str_trim(form_get(f, "zone")),
		.until = str_of(e->until.iso),
	};

	return mandating_register(rq, o, &terms, id);
}

enum status
ep_desk_mandate_register(struct request *rq)
{
	CLEANUP(entered_clear) struct entered e = { 0 };
	struct officer o = { 0 };
	const char *fault;
	enum status st = E_INVALID;

	TRY(find_officer(rq, &o));
	fault = fault_of_fields(&rq->form, &e);
	if (fault == NULL)
		st = find_people(rq, &o, &e, &fault);
	if (st == OK)
		st = register_entered(rq, &o, &e);
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, &o, 400, fault);
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
