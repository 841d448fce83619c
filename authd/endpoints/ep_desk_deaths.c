/*
 * ep_desk_deaths.c: /desk/deaths: officials with the right `register-death` put a death forward, another one confirms
 * it, and in the same way it is taken back and heirs are registered (access/death.h). /alive: what the person says to
 * it.
 */
#include "authd/access/datefield.h"
#include "authd/access/death.h"
#include "authd/access/desk.h"
#include "authd/access/mandating.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/request.h"

#define LIST_MOST 100

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

/* Not what the paper says: whoever confirms has their own in front of them. */
static enum status
add_waiting(struct request *rq, const struct officer *o, json_t *list)
{
	CLEANUP(store_death_list_clear) struct store_death_list all = { 0 };
	const int64_t wait_us = rq->authd->config.death_wait_us, now = clock_now_us();

	TRY(store_death_page(request_store(rq), str_of(o->organisation), STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++) {
		const struct store_death *d = &all.items[i];
		const bool undo = str_is(d->kind, "undo"), other = !str_is(d->operator_id, o->pseudonym);
		const int64_t from_us = d->proposed_us + (undo ? 0 : wait_us);

		TRY(append(list,
			   json_pack("{s:o, s:o, s:o, s:I, s:I, s:b, s:b, s:b, s:b}", "id", json_of_str(d->death_id),
				     "kind", json_of_str(d->kind), "person", json_of_str(d->sub), "at",
				     (json_int_t)d->proposed_us, "from", (json_int_t)from_us, "other", other, "ready",
				     other && from_us <= now, "early", other && from_us > now, "wrong",
				     str_eq(d->death_id, rq->param[0]))));
	}
	return OK;
}

static json_t *
heir_row(const struct officer *o, const struct store_mandate *m)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:b}", "id", json_of_str(m->mandate_id), "kind",
			 json_of_str(m->kind), "person", json_of_str(m->sub), "representative",
			 json_of_str(m->representative), "until", (json_int_t)mandate_end_us(m), "other",
			 !str_is(m->operator_id, o->pseudonym));
}

static enum status
add_heirs(struct request *rq, const struct officer *o, const char *state, json_t *list)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	struct store_mandate_filter filter = { .state = str_of(state) };

	TRY(mandating_list(rq, o, &filter, STR(""), LIST_MOST, &all));
	for (size_t i = 0; i < all.count; i++)
		TRY(append(list, heir_row(o, &all.items[i])));
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

/* at: the member that marks the form at fault; of a confirmation the row has it, by the id in the address. */
static enum status
page(struct request *rq, const struct officer *o, int http, const char *fault, const char *at)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:s, s:[], s:[], s:[], s:s?, s:b}", "path", "/desk/deaths", "waiting",
				 "heirs_waiting", "heirs", "fault", fault, at, true);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_waiting(rq, o, json_object_get(data, "waiting")));
	TRY(add_heirs(rq, o, "proposed", json_object_get(data, "heirs_waiting")));
	TRY(add_heirs(rq, o, "active", json_object_get(data, "heirs")));
	if (names_somebody(data))
		TRY(desk_record_list(rq, o, "deaths", STR("")));
	return request_page(rq, http, "desk_deaths", data);
}

enum status
ep_desk_deaths(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	return page(rq, &o, 200, NULL, "at_none");
}

static enum status
back(struct request *rq)
{
	response_redirect(rq->rsp, STR("/desk/deaths"));
	return OK;
}

/* A form that was filled in wrongly comes back with a word; anything else has been said. */
static enum status
done(struct request *rq, const struct officer *o, enum status st, const char *at)
{
	if (st == E_INVALID || st == E_NOT_FOUND)
		return page(rq, o, 400, "death_terms", at);
	return st == OK ? back(rq) : st;
}

/* Somebody, as officials know people: a login, a card number, an insurance number. */
static enum status
identify(struct request *rq, const struct officer *o, const char *field, enum desk_whom whom, struct store_person *out)
{
	return desk_identify(rq, o, str_trim(form_get(&rq->form, field)), whom, "death", out);
}

static enum status
propose(struct request *rq, const struct officer *o, bool undo, const struct death_paper *paper)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };

	/* Nobody is looked up for a form that cannot be taken. */
	if (paper->kind.n == 0 || paper->number.n == 0 || paper->issuer.n == 0 || paper->date.n == 0)
		return E_INVALID;
	TRY(identify(rq, o, "person", DESK_REGISTERED, &person));
	return death_propose(rq, o, person.sub, undo, paper);
}

enum status
ep_desk_death_propose(struct request *rq)
{
	const struct form *f = &rq->form;
	struct death_paper paper = { .kind = str_trim(form_get(f, "kind")),
				     .number = str_trim(form_get(f, "number")),
				     .issuer = str_trim(form_get(f, "issuer")) };
	struct officer o = { 0 };
	struct str what = form_get(f, "what");
	struct datefield date;

	TRY(find_officer(rq, &o));
	if ((!str_is(what, "death") && !str_is(what, "undo")) || datefield_read(form_get(f, "date"), &date) != OK)
		return page(rq, &o, 400, "death_terms", "at_person");
	paper.date = str_of(date.iso);
	return done(rq, &o, propose(rq, &o, str_is(what, "undo"), &paper), "at_person");
}

enum status
ep_desk_death_confirm(struct request *rq)
{
	struct officer o = { 0 };
	enum status st;

	TRY(find_officer(rq, &o));
	st = death_confirm(rq, &o, rq->param[0], str_trim(form_get(&rq->form, "number")));
	return st == E_INVALID ? page(rq, &o, 400, "death_number", "at_row") : st == OK ? back(rq) : st;
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

static enum status
register_heir(struct request *rq, const struct officer *o)
{
	CLEANUP(store_person_clear) struct store_person dead = { 0 }, heir = { 0 };
	const struct form *f = &rq->form;
	char id[MANDATING_ID_MOST + 1];
	struct datefield issued, until;

	TRY(datefield_read(form_get(f, "issued"), &issued));
	TRY(datefield_read(form_get(f, "until"), &until));
	TRY(identify(rq, o, "person", DESK_REGISTERED, &dead));
	TRY(identify(rq, o, "heir", DESK_ACTIVE, &heir));
	const struct mandating_terms terms = {
		.sub = dead.sub,
		.representative = heir.sub,
		.kind = STR("heir"),
		.purposes = STR("*"),
		.actions = MANDATE_ALL,
		.paper = { .kind = str_trim(form_get(f, "document")),
			   .number = str_trim(form_get(f, "number")),
			   .issued = str_of(issued.iso),
			   .issuer = str_trim(form_get(f, "issuer")),
			   .sha256 = STR("") },
		.until = str_of(until.iso),
	};

	return mandating_register(rq, o, &terms, id);
}

enum status
ep_desk_heir_register(struct request *rq)
{
	struct officer o = { 0 };

	TRY(find_officer(rq, &o));
	return done(rq, &o, register_heir(rq, &o), "at_heir");
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
	data = heir_row(&o, &l.mandate);
	if (data == NULL || json_object_set_new(data, "path", json_string("/desk/deaths")) != 0 ||
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
