/*
 * ep_desk_mandates.c: /desk/mandates: an official registers a parent or guardian with a paper, another one reads what
 * stands on that paper and confirms it, any of them ends one. Neither is ever a party of it.
 */
#include "authd/access/birthday.h"
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/access/person_name.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define LIST_MOST 100

static const struct refill_field fields[] = {
	{ "kind", "kind-parent", NULL, 0 },
	{ "person", NULL, "mandate_person_missing", 200 },
	{ "representative", NULL, "mandate_representative_missing", 200 },
	{ "document", NULL, "mandate_document", MANDATE_PAPER_KIND_MOST },
	{ "number", NULL, "mandate_number", MANDATE_PAPER_NUMBER_MOST },
	{ "issued", NULL, "mandate_issued", 0 },
	{ "issuer", NULL, "mandate_issuer", MANDATE_PAPER_ISSUER_MOST },
	{ "sha256", NULL, NULL, 0 },
	{ "born", NULL, NULL, 0 },
	{ "zone", NULL, NULL, 0 },
	{ "until", NULL, NULL, 0 },
};

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
row(struct request *rq, const struct officer *o, const struct store_mandate *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:b}", "id", json_of_str(m->mandate_id), "kind",
			 json_of_str(m->kind), "person", person_name_masked(rq, m->sub), "representative",
			 person_name_masked(rq, m->representative), "born", person_birth_year(m->majority_us), "at",
			 (json_int_t)m->created_us, "until", (json_int_t)mandate_end_us(m), "other",
			 !str_is(m->operator_id, o->pseudonym));
}

static enum status
add_rows(struct request *rq, const struct officer *o, const char *state, json_t *list)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	struct store_mandate_filter filter = { .state = str_of(state) };

	TRY(mandating_list(rq, o, &filter, STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++)
		if (json_array_append_new(list, row(rq, o, &all.items[i])) != 0)
			return E_NOMEM;
	return OK;
}

static enum status
page(struct request *rq, const struct officer *o, struct refill *r)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:[], s:[]}", "path", "/desk/mandates", "waiting", "active");

	if (data == NULL)
		return E_NOMEM;
	TRY(refill_put(r, "form", data));
	TRY(add_rows(rq, o, "proposed", json_object_get(data, "waiting")));
	TRY(add_rows(rq, o, "active", json_object_get(data, "active")));
	if (json_array_size(json_object_get(data, "waiting")) + json_array_size(json_object_get(data, "active")) > 0)
		TRY(desk_record_list(rq, o, "mandates", STR("")));
	return request_page(rq, refill_is_good(r) ? 200 : 400, "desk_mandates", data);
}

enum status
ep_desk_mandates(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(refill_begin(fields, ARRAY_LEN(fields), NULL, &r));
	return page(rq, &o, &r);
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
	data = row(rq, &o, &l.mandate);
	if (data == NULL || json_object_set_new(data, "path", json_string("/desk/mandates")) != 0 ||
	    json_object_set_new(data, "act", json_string("/desk/mandates")) != 0 ||
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

/* What can be said before anybody is looked up: nobody is, for a form that cannot be taken. */
static void
check_fields(struct refill *r, struct entered *e)
{
	const bool parent = !str_is(refill_value(r, "kind"), "guardian");
	const struct str zone = refill_value(r, "zone"), sha256 = refill_value(r, "sha256");
	struct hash hash;

	refill_check(r);
	refill_day(r, "issued", "mandate_issued", &e->issued);
	if (sha256.n > 0 && hash_from_hex(sha256, &hash) != OK)
		refill_wrong(r, "sha256", "mandate_sha256");
	refill_day(r, "born", "mandate_born", &e->born);
	if (parent && e->born.iso[0] == '\0')
		refill_wrong(r, "born", "mandate_born");
	if (zone.n > 0 && !birthday_zone_known(zone))
		refill_wrong(r, "zone", "mandate_zone");
	refill_day(r, "until", "mandate_until", &e->until);
	if (!parent && e->born.iso[0] == '\0' && e->until.iso[0] == '\0')
		refill_wrong(r, "until", "mandate_until");
}

static bool
is_to_come(const char *day, struct str zone)
{
	int64_t us;

	return birthday_day_begins(str_of(day), zone, &us) == OK && us > clock_now_us();
}

/* What the terms are refused for, said at the field that decides it. */
static void
check_terms(struct refill *r, const struct entered *e)
{
	const struct str given = refill_value(r, "zone"), zone = given.n > 0 ? given : STR("Europe/Moscow");
	int64_t us;

	if (str_eq(e->person.sub, e->representative.sub))
		refill_wrong(r, "representative", "mandate_same");
	else if (str_is(e->representative.kind, "child"))
		refill_wrong(r, "representative", "mandate_child");
	if (is_to_come(e->issued.iso, zone))
		refill_wrong(r, "issued", "mandate_issued");
	if (str_is(e->person.kind, "child") != (e->born.iso[0] != '\0'))
		refill_wrong(r, "born", "mandate_of_age");
	if (e->born.iso[0] != '\0' && (birthday_of_age(str_of(e->born.iso), zone, &us) != OK || us <= clock_now_us()))
		refill_wrong(r, "born", "mandate_of_age");
	if (e->until.iso[0] != '\0' && !is_to_come(e->until.iso, zone))
		refill_wrong(r, "until", "mandate_until");
	if (refill_is_good(r))
		refill_wrong(r, "kind", "mandate_terms");
}

static enum status
find_one(struct request *rq, const struct officer *o, struct refill *r, const char *field, const char *fault,
	 struct store_person *out)
{
	enum status st = desk_identify(rq, o, refill_value(r, field), DESK_ACTIVE, "mandate", out);

	if (st == E_NOT_FOUND)
		refill_wrong(r, field, fault);
	return st;
}

static enum status
find_people(struct request *rq, const struct officer *o, struct refill *r, struct entered *e)
{
	TRY(find_one(rq, o, r, "person", "mandate_person", &e->person));
	return find_one(rq, o, r, "representative", "mandate_representative", &e->representative);
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
	CLEANUP(refill_clear) struct refill r = { 0 };
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	TRY(refill_begin(fields, ARRAY_LEN(fields), &rq->form, &r));
	check_fields(&r, &e);
	if (!refill_is_good(&r))
		return page(rq, &o, &r);
	st = find_people(rq, &o, &r, &e);
	if (st == E_NOT_FOUND)
		return page(rq, &o, &r);
	TRY(st);
	st = register_entered(rq, &o, &e);
	if (st != E_INVALID && st != E_NOT_FOUND)
		return st == OK ? back(rq) : st;
	check_terms(&r, &e);
	return page(rq, &o, &r);
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

	TRY(find_officer(rq, &o));
	TRY(mandating_revoke(rq, &o, rq->param[0], form_get(&rq->form, "reason")));
	return back(rq);
}
