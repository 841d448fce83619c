/*
 * ep_contracts.c: /consent/v1/contracts/…: a service says that it agreed something with a person; the person confirms
 * or declines; either ends it. Whoever asks for a contract of others gets the answer of one that does not exist.
 */
#include "auditlog/base/clock.h"
#include "authd/access/contracting.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/endpoints/ep_consent_api.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_person.h"

#define TEXT_MOST 128

/*
 * As the client names people, known or not: a name that belongs to its organisation and to nobody is still the one that
 * it gave.
 */
static enum status
name_of(struct request *rq, const struct store_client *client, struct str sub, struct buf *out)
{
	if (client->pairwise != 0 && !str_starts(sub, STR("pw_")))
		return subject_for(rq, client, sub, out);
	buf_put(out, sub);
	return buf_status(out);
}

static json_t *
item(const struct store_contract *c, struct str person)
{
	json_t *made = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:o, s:o}", "contract_id", c->contract_id.p,
				 c->contract_id.n, "person", person.p, person.n, "service", c->service.p, c->service.n,
				 "kind", c->kind.p, c->kind.n, "state", c->state.p, c->state.n, "from",
				 json_of_time(c->from_us), "until", json_of_time(c->until_us));

	if (made != NULL && c->log_index != STORE_NO_INDEX)
		json_object_set_new(made, "log_index", json_integer(c->log_index));
	return made;
}

/* ---- proposing ---- */

static enum status
read_time(struct json_in *in, const char *name, int64_t otherwise, int64_t *out)
{
	struct str text = { 0 };

	*out = otherwise;
	TRY(json_opt_str(in, name, 40, &text));
	if (text.p == NULL || clock_parse_rfc3339(text, out) == OK)
		return OK;
	snprintf(in->why->text, sizeof(in->why->text), "%s must be an RFC 3339 date or date-time", name);
	return E_INVALID;
}

static enum status
read_terms(struct json_in *in, struct str *person, struct contracting_terms *t)
{
	static const char *const known[] = { "person", "kind", "number", "from", "until", NULL };

	TRY(json_only(in, known));
	TRY(json_need_str(in, "person", TEXT_MOST, person));
	TRY(json_need_str(in, "kind", TEXT_MOST, &t->kind));
	TRY(json_need_str(in, "number", CONTRACTING_NUMBER_MOST, &t->number));
	TRY(read_time(in, "from", clock_now_us(), &t->from_us));
	return read_time(in, "until", 0, &t->until_us);
}

/* Whether there is somebody is not told: a proposal to nobody is one that nobody answers. */
static enum status
find_person(struct request *rq, struct str named, struct buf *sub, struct store_person *out)
{
	enum status st;

	TRY(subject_resolve(rq, str_of(rq->who.organisation), named, sub));
	st = store_person_find(request_store(rq), buf_str(sub), out);
	return st == E_NOT_FOUND ? OK : st;
}

enum status
ep_contract_propose(struct request *rq)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(buf_clear) struct buf sub = BUF(2 * TEXT_MOST);
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct contracting_terms terms = { .service = str_of(rq->who.service),
					   .organisation = str_of(rq->who.organisation) };
	char id[UUID_TEXT_LEN + 1];
	struct json_why why = { 0 };
	struct keys_person who;
	struct str person = { 0 };
	struct json_in in;
	enum status st;

	if (rq->who.kind != PRINCIPAL_SERVICE || terms.service.n == 0)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only a service registers contracts");
	TRY(ep_admin_read(rq, &root, &why, &in));
	st = read_terms(&in, &person, &terms);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(find_person(rq, person, &sub, &p));
	who = (struct keys_person){ .sub = buf_str(&sub), .wrapped = p.wrapped_key };
	st = contracting_propose(rq, &who, &terms, id);
	if (st == E_CONFLICT)
		return request_fail(rq, st, NULL, "a contract of this kind is proposed or in force");
	if (st == E_LIMITED)
		return request_fail(rq, st, "rate_limited",
				    "this service has proposed too many contracts in a day, to this person or in all");
	TRY(st);
	return ep_admin_say(rq, 201, json_pack("{s:s, s:s}", "contract_id", id, "state", "proposed"));
}

/* ---- reading ---- */

enum status
ep_contracts(struct request *rq)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list list = { 0 };
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	struct str cursor;
	struct str sub = STR(""), service = STR("");
	json_t *records;
	enum status st;
	int limit;

	TRY(ep_consent_own(rq, &sub, &service));
	TRY(ep_admin_page(rq, &limit, &cursor));
	st = store_contract_page(request_store(rq), sub, service, cursor, limit, &list);
	if (st == E_INVALID)
		return request_fail(rq, st, "invalid_request", "this cursor is not one of ours");
	TRY(st);
	if (list.count > 0)
		TRY(ep_consent_record_list(rq, "contracts", STR("")));
	if (service.n > 0)
		TRY(store_client_find(request_store(rq), str_of(rq->who.client_id), &client));
	records = json_array();
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(buf_clear) struct buf person = BUF(2 * TEXT_MOST);

		st = name_of(rq, &client, list.items[i].sub, &person);
		if (st != OK) {
			json_decref(records);
			return st;
		}
		json_array_append_new(records, item(&list.items[i], buf_str(&person)));
	}
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

/* ---- answering and ending ---- */

static enum status
end_own(struct request *rq, const struct keys_person *who)
{
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };

	TRY(store_contract_find(request_store(rq), rq->param[0], who->sub, STR(""), &c));
	return contracting_end(rq, who, &c);
}

static const struct {
	const char *answer, *state;
} answers[] = { { "confirm", "in_force" }, { "decline", "declined" }, { "end", "ended" } };

static enum status
take_answer(struct request *rq, const struct keys_person *who, struct str answer)
{
	if (str_is(answer, "end"))
		return end_own(rq, who);
	return contracting_answer(rq, who, rq->param[0], str_is(answer, "confirm"));
}

static enum status
say_state(struct request *rq, const char *state)
{
	return ep_admin_say(rq, 200,
			    json_pack("{s:s%, s:s}", "contract_id", rq->param[0].p, rq->param[0].n, "state", state));
}

enum status
ep_contract_answer(struct request *rq)
{
	static const char *const known[] = { "answer", NULL };
	const struct keys_person who = { .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct str answer = { 0 };
	struct json_in in;
	enum status st;

	if (rq->who.kind != PRINCIPAL_TOKEN || who.wrapped.n == 0)
		return request_fail(rq, E_DENIED, "insufficient_scope", "only the person answers for a contract");
	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "answer", 16, &answer);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (!str_is(answer, answers[i].answer))
			continue;
		TRY(take_answer(rq, &who, answer));
		return say_state(rq, answers[i].state);
	}
	return request_fail(rq, E_INVALID, "invalid_request", "answer is confirm, decline or end");
}

enum status
ep_contract_end(struct request *rq)
{
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;

	if (rq->who.kind != PRINCIPAL_SERVICE || rq->who.service[0] == '\0')
		return request_fail(rq, E_DENIED, "insufficient_scope", "a person ends a contract by an answer");
	TRY(store_contract_find(request_store(rq), rq->param[0], STR(""), str_of(rq->who.service), &c));
	if (!str_is(c.state, "in_force"))
		return E_USED; /* of nobody, too */
	TRY(store_person_find(request_store(rq), c.sub, &p));
	if (p.wrapped_key.n == 0)
		return E_NOT_FOUND;
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(contracting_end(rq, &who, &c));
	return say_state(rq, "ended");
}
