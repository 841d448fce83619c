/*
 * ep_desk_deaths.c: /desk/deaths: officials with the right `register-death` put a death forward, another one confirms
 * it, and in the same way it is taken back and heirs are registered (access/death.h). /alive: what the person says to
 * it.
 */
#include "authd/access/birthday.h"
#include "authd/access/death.h"
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/access/person_name.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/refill.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define LIST_MOST       100
#define IDENTIFIER_MOST 200

static const struct refill_field death_fields[] = {
	{ "what", "what-death", "death_what", 0 },
	{ "person", NULL, "desk_person_missing", IDENTIFIER_MOST },
	{ "kind", NULL, "mandate_document", DEATH_TEXT_MOST },
	{ "number", NULL, "mandate_number", DEATH_TEXT_MOST },
	{ "date", NULL, "death_date", 0 },
	{ "issuer", NULL, "mandate_issuer", DEATH_TEXT_MOST },
};

/* Their ids differ from those of the form above them. */
static const struct refill_field heir_fields[] = {
	{ "person", "heir_person", "desk_person_missing", IDENTIFIER_MOST },
	{ "heir", NULL, "death_heir_missing", IDENTIFIER_MOST },
	{ "document", NULL, "mandate_document", MANDATE_PAPER_KIND_MOST },
	{ "number", "heir_number", "mandate_number", MANDATE_PAPER_NUMBER_MOST },
	{ "issuer", "heir_issuer", "death_notary", MANDATE_PAPER_ISSUER_MOST },
	{ "issued", NULL, "mandate_issued", 0 },
	{ "until", NULL, "mandate_until", 0 },
};

/* What was sent, of the forms on this page; NULL: not that one. */
struct sent {
	struct refill *death, *heir;
	bool number; /* the number that a second official read from the paper is another one */
};

/* ---- the desk ---- */

/* Whoever must choose a duty first does that at /desk. */
static enum status
find_officer(struct request *rq, struct officer *o)
{
	TRY(officer_find_for(rq, ACTION_REGISTER_DEATH, o));
	if (o->duty_count == 0)
		return OK;
	response_redirect(rq->rsp, STR("/desk"));
	return E_UNAUTHENTICATED;
}

static enum status
append(json_t *list, json_t *item)
{
	return item != NULL && json_array_append_new(list, item) == 0 ? OK : E_NOMEM;
}

/* The field of one row: the number of the paper, typed again by whoever confirms. */
static json_t *
number_field(const struct request *rq, const struct store_death *d, bool wrong)
{
	const struct str typed = wrong ? form_get(&rq->form, "number") : STR("");

	return json_pack("{s:o, s:s, s:s%, s:s}", "id", json_sprintf("number_%.*s", STR_ARG(d->death_id)), "name",
			 "number", "value", typed.n > 0 ? typed.p : "", typed.n, "wrong", wrong ? "death_number" : "");
}

static enum status
add_fault(json_t *data, json_t *field)
{
	return json_object_set_new(data, "fault", json_true()) == 0 &&
		       json_object_set_new(data, "faults", json_pack("[O]", field)) == 0
		   ? OK
		   : E_NOMEM;
}

/* Not what the paper says: whoever confirms has their own in front of them. */
static enum status
add_waiting(struct request *rq, const struct officer *o, const struct sent *sent, json_t *data)
{
	CLEANUP(store_death_list_clear) struct store_death_list all = { 0 };
	const int64_t wait_us = rq->authd->config.death_wait_us, now = clock_now_us();

	TRY(store_death_page(request_store(rq), str_of(o->organisation), STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++) {
		const struct store_death *d = &all.items[i];
		const bool undo = str_is(d->kind, "undo"), other = !str_is(d->operator_id, o->pseudonym);
		const bool wrong = sent->number && str_eq(d->death_id, rq->param[0]);
		const int64_t from_us = d->proposed_us + (undo ? 0 : wait_us);
		json_t *row = json_pack("{s:o, s:o, s:o, s:I, s:I, s:b, s:b, s:b, s:o}", "id", json_of_str(d->death_id),
					"kind", json_of_str(d->kind), "person", person_name_masked(rq, d->sub), "at",
					(json_int_t)d->proposed_us, "from", (json_int_t)from_us, "other", other,
					"ready", other && from_us <= now, "early", other && from_us > now, "number",
					number_field(rq, d, wrong));

		TRY(append(json_object_get(data, "waiting"), row));
		if (wrong)
			TRY(add_fault(data, json_object_get(row, "number")));
	}
	return OK;
}

static json_t *
heir_row(struct request *rq, const struct officer *o, const struct store_mandate *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:b}", "id", json_of_str(m->mandate_id), "kind",
			 json_of_str(m->kind), "person", person_name_masked(rq, m->sub), "representative",
			 person_name_masked(rq, m->representative), "at", (json_int_t)m->created_us, "until",
			 (json_int_t)mandate_end_us(m), "other", !str_is(m->operator_id, o->pseudonym));
}

static enum status
add_heirs(struct request *rq, const struct officer *o, const char *state, json_t *list)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	struct store_mandate_filter filter = { .state = str_of(state) };

	TRY(mandating_list(rq, o, &filter, STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++)
		TRY(append(list, heir_row(rq, o, &all.items[i])));
	return OK;
}

/* Who is said to be dead is about people (R1); so are heirs, and each of their rows says who is dead. */
static bool
names_somebody(const json_t *data)
{
	return json_array_size(json_object_get(data, "waiting")) > 0 ||
	       json_array_size(json_object_get(data, "heirs_waiting")) > 0 ||
	       json_array_size(json_object_get(data, "heirs")) > 0;
}

static enum status
add_form(const struct refill_field *fields, size_t count, struct refill *sent, const char *name, json_t *data)
{
	CLEANUP(refill_clear) struct refill blank = { 0 };

	if (sent != NULL)
		return refill_put(sent, name, data);
	TRY(refill_begin(fields, count, NULL, &blank));
	return refill_put(&blank, name, data);
}

static enum status
page(struct request *rq, const struct officer *o, int http, const struct sent *sent)
{
	CLEANUP(json_decrefp)
	json_t *data =
	    json_pack("{s:s, s:[], s:[], s:[]}", "path", "/desk/deaths", "waiting", "heirs_waiting", "heirs");

	if (data == NULL)
		return E_NOMEM;
	TRY(add_waiting(rq, o, sent, data));
	TRY(add_heirs(rq, o, "proposed", json_object_get(data, "heirs_waiting")));
	TRY(add_heirs(rq, o, "active", json_object_get(data, "heirs")));
	TRY(add_form(death_fields, ARRAY_LEN(death_fields), sent->death, "death", data));
	TRY(add_form(heir_fields, ARRAY_LEN(heir_fields), sent->heir, "heir", data));
	if (names_somebody(data))
		TRY(desk_record_list(rq, o, "deaths", STR("")));
	return request_page(rq, http, "desk_deaths", data);
}

enum status
ep_desk_deaths(struct request *rq)
{
	const struct sent nothing = { 0 };
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	return page(rq, &o, 200, &nothing);
}

static enum status
back(struct request *rq)
{
	response_redirect(rq->rsp, STR("/desk/deaths"));
	return OK;
}

/* Somebody, as officials know people: a login, a card number, an insurance number. */
static enum status
identify(struct request *rq, const struct officer *o, struct refill *r, const char *field, enum desk_whom whom,
	 struct store_person *out)
{
	enum status st = desk_identify(rq, o, refill_value(r, field), whom, "death", out);

	if (st == E_NOT_FOUND)
		refill_wrong(r, field, "desk_person_unknown");
	return st;
}

static bool
is_to_come(const struct request *rq, const char *day)
{
	int64_t us;

	return birthday_day_begins(str_of(day), str_of(rq->authd->config.time_zone), &us) == OK && us > clock_now_us();
}

/* A form that was filled in wrongly comes back with a word at each field; anything else has been said. */
static enum status
propose(struct request *rq, const struct officer *o, struct refill *r)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	const struct str what = refill_value(r, "what");
	struct datefield date;

	refill_check(r);
	refill_day(r, "date", "death_date", &date);
	if (is_to_come(rq, date.iso))
		refill_wrong(r, "date", "death_date");
	if (!str_is(what, "death") && !str_is(what, "undo"))
		refill_wrong(r, "what", "death_what");
	if (!refill_is_good(r)) /* nobody is looked up for a form that cannot be taken */
		return E_INVALID;
	TRY(identify(rq, o, r, "person", DESK_REGISTERED, &person));
	const struct death_paper paper = { .kind = refill_value(r, "kind"),
					   .number = refill_value(r, "number"),
					   .date = str_of(date.iso),
					   .issuer = refill_value(r, "issuer") };
	enum status st = death_propose(rq, o, person.sub, str_is(what, "undo"), &paper);

	if (st == E_INVALID || st == E_NOT_FOUND)
		refill_wrong(r, "person", str_is(what, "undo") ? "death_undo_none" : "desk_person_unknown");
	return st;
}

enum status
ep_desk_death_propose(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	const struct sent sent = { .death = &r };
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	TRY(refill_begin(death_fields, ARRAY_LEN(death_fields), &rq->form, &r));
	st = propose(rq, &o, &r);
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, &o, 400, &sent);
	return st == OK ? back(rq) : st;
}

enum status
ep_desk_death_confirm(struct request *rq)
{
	const struct sent sent = { .number = true };
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	st = death_confirm(rq, &o, rq->param[0], str_trim(form_get(&rq->form, "number")));
	return st == E_INVALID ? page(rq, &o, 400, &sent) : st == OK ? back(rq) : st;
}

enum status
ep_desk_death_decline(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(death_decline(rq, &o, rq->param[0]));
	return back(rq);
}

/* ---- heirs ---- */

struct heir {
	struct store_person dead, heir;
	struct datefield issued, until;
};

static void
heir_clear(struct heir *h)
{
	store_person_clear(&h->dead);
	store_person_clear(&h->heir);
}

static void
check_heir(const struct request *rq, struct refill *r, struct heir *h)
{
	refill_check(r);
	refill_day(r, "issued", "mandate_issued", &h->issued);
	if (is_to_come(rq, h->issued.iso))
		refill_wrong(r, "issued", "mandate_issued");
	refill_day(r, "until", "mandate_until", &h->until);
	if (h->until.iso[0] != '\0' && !is_to_come(rq, h->until.iso))
		refill_wrong(r, "until", "mandate_until");
}

static enum status
register_heir(struct request *rq, const struct officer *o, const struct refill *r, const struct heir *h)
{
	const struct mandating_terms terms = {
		.sub = h->dead.sub,
		.representative = h->heir.sub,
		.kind = STR("heir"),
		.purposes = STR("*"),
		.actions = MANDATE_ALL,
		.paper = { .kind = refill_value(r, "document"),
			   .number = refill_value(r, "number"),
			   .issued = str_of(h->issued.iso),
			   .issuer = refill_value(r, "issuer"),
			   .sha256 = STR("") },
		.until = str_of(h->until.iso),
	};
	char id[MANDATING_ID_MOST + 1];

	return mandating_register(rq, o, &terms, id);
}

/* Who has died in the registry's eyes, and who is still there to inherit; what else is refused is the term. */
static enum status
put_heir(struct request *rq, const struct officer *o, struct refill *r)
{
	CLEANUP(heir_clear) struct heir h = { 0 };
	enum status st;

	check_heir(rq, r, &h);
	if (!refill_is_good(r))
		return E_INVALID;
	TRY(identify(rq, o, r, "person", DESK_REGISTERED, &h.dead));
	TRY(identify(rq, o, r, "heir", DESK_ACTIVE, &h.heir));
	st = register_heir(rq, o, r, &h);
	if (st == E_NOT_FOUND)
		refill_wrong(r, "person", "death_not_registered");
	else if (st == E_INVALID && (str_eq(h.dead.sub, h.heir.sub) || str_is(h.heir.kind, "child")))
		refill_wrong(r, "heir", str_is(h.heir.kind, "child") ? "mandate_child" : "mandate_same");
	else if (st == E_INVALID)
		refill_wrong(r, "until", "death_heir_term");
	return st;
}

enum status
ep_desk_heir_register(struct request *rq)
{
	CLEANUP(refill_clear) struct refill r = { 0 };
	const struct sent sent = { .heir = &r };
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	TRY(refill_begin(heir_fields, ARRAY_LEN(heir_fields), &rq->form, &r));
	st = put_heir(rq, &o, &r);
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, &o, 400, &sent);
	return st == OK ? back(rq) : st;
}

/* One, with the paper that it rests on: what a second official confirms. */
enum status
ep_desk_heir(struct request *rq)
{
	CLEANUP(mandating_look_clear) struct mandating_look l = { 0 };
	CLEANUP(json_decrefp) json_t *data = NULL;
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_look(rq, &o, rq->param[0], &l));
	data = heir_row(rq, &o, &l.mandate);
	if (data == NULL || json_object_set_new(data, "path", json_string("/desk/deaths")) != 0 ||
	    json_object_set_new(data, "act", json_string("/desk/deaths/heirs")) != 0 ||
	    json_object_set_new(data, "digest", json_string(l.digest)) != 0 ||
	    json_object_set_new(data, "waits", json_boolean(str_is(l.mandate.state, "proposed"))) != 0)
		return E_NOMEM;
	if (l.paper != NULL && json_object_set(data, "paper", l.paper) != 0)
		return E_NOMEM;
	return request_page(rq, 200, "desk_heir", data);
}

enum status
ep_desk_heir_confirm(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_confirm(rq, &o, rq->param[0], form_get(&rq->form, "digest")));
	return back(rq);
}

enum status
ep_desk_heir_end(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	TRY(mandating_revoke(rq, &o, rq->param[0], STR("revoked")));
	return back(rq);
}

/* ---- the person ---- */

static const char *
office_name(const struct request *rq, struct str id)
{
	const struct organisation *o = rq->policy == NULL ? NULL : policy_organisation(rq->policy, id);

	return o != NULL ? o->name.in[rq->http->lang == I18N_EN ? WORDS_EN : WORDS_RU] : id.p;
}

static enum status
add_proposal(struct request *rq, json_t *data)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(KEYS_FIELD_MAX);
	json_t *paper = NULL;
	enum status st = store_death_open(request_store(rq), str_of(rq->who.sub), &d);

	if (st == E_NOT_FOUND || (st == OK && !str_is(d.kind, "death")))
		return OK;
	TRY(st);
	TRY(death_paper_open(rq, &d, &text));
	TRY(json_read(buf_str(&text), KEYS_FIELD_MAX, &paper, NULL));
	return json_object_set_new(data, "open",
				   json_pack("{s:o, s:s, s:I, s:I}", "paper", paper, "office",
					     office_name(rq, d.organisation), "at", (json_int_t)d.proposed_us, "until",
					     (json_int_t)(d.proposed_us + rq->authd->config.death_wait_us))) == 0
		   ? OK
		   : E_NOMEM;
}

/* Whoever follows somebody's link to it without having said anything must not believe that they did. */
static enum status
add_said(struct request *rq, json_t *data)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };
	enum status st = store_death_latest(request_store(rq), str_of(rq->who.sub), STR("contested"), &d);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return json_object_set_new(data, "said", json_true()) == 0 ? OK : E_NOMEM;
}

enum status
ep_alive_page(struct request *rq)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s}", "path", "/alive");

	if (data == NULL)
		return E_NOMEM;
	TRY(add_proposal(rq, data));
	if (form_get(&rq->query, "said").n > 0 && json_object_get(data, "open") == NULL)
		TRY(add_said(rq, data));
	return request_page(rq, 200, "alive", data);
}

enum status
ep_alive(struct request *rq)
{
	enum status st = death_contest(rq);

	if (st != OK && st != E_NOT_FOUND) /* pressed twice: it was said */
		return st;
	response_redirect(rq->rsp, st == OK ? STR("/alive?said=1") : STR("/alive"));
	return OK;
}
