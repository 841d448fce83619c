/*
 * search_find.c: the walks. What the policy alone refuses is passed over without a question to the database; who passes
 * it is the same for every person, so how long a search takes says nothing about anybody.
 */
#include <string.h>

#include "authd/access/evaluation_parts.h"
#include "authd/access/mandate.h"
#include "authd/access/search_parts.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_client.h"
#include "authd/store/store_relation.h"

#define PEOPLE_AT_ONCE 50

/* ---- one look ---- */

/* What the decision says when nothing is known about anybody but that the service and its people are there. */
static bool
policy_refuses(const struct search *s, const struct decision_request *asked, uint64_t operator_roles)
{
	const struct decision_facts nobody = { .service_active = true, .operator_roles = operator_roles };
	struct decision d;

	/* Everything that the policy refuses comes before the person (decision.h). */
	return decision_evaluate(s->rq->policy, asked, &nobody, &d) != OK || d.reason != REASON_CONSENT_MISSING;
}

static enum status
decide(struct search *s, struct evaluation *e, uint64_t operator_roles, unsigned acr)
{
	const struct purpose *purpose = policy_purpose(s->rq->policy, e->q.purpose);
	struct decision_facts facts = facts_for(e->facts, s->rq->policy, purpose, acr);

	if (s->by_person)
		facts.operator_roles = operator_roles;
	TRY(decision_evaluate(s->rq->policy, &e->asked, &facts, &e->verdict));
	/* As a dry run: a limit that is used up refuses, and what is left is not touched. */
	return evaluation_take_use(e, purpose, &facts);
}

/* Now, for the service that asks and whoever works at it. */
static enum status
look_as_caller(struct search *s, struct evaluation *e)
{
	evaluation_fill(e);
	/* Of an operator only the database knows the roles. */
	if (!e->asked.has_operator && policy_refuses(s, &e->asked, 0))
		return OK;
	s->looks++;
	TRY(evaluation_gather(e));
	return decide(s, e, 0, evaluation_assurance(e));
}

/* Nobody looks through a service whose clients are all disabled, or not in the log yet. */
static enum status
may_work(struct search *s, const struct service *service, bool *yes)
{
	*yes = s->working == service;
	if (*yes)
		return OK;
	s->looks++;
	TRY(store_client_works(request_store(s->rq), str_of(service->id), yes));
	if (*yes)
		s->working = service;
	return OK;
}

/*
 * Whether a service may at all, for a person who asks who may: by itself, or through somebody who works there in one of
 * the roles that it has, known as well as can be.
 */
static enum status
look_at_service(struct search *s, const struct service *service, struct evaluation *e)
{
	const uint64_t none = 0;
	uint64_t ways[ROLE_MOST + 1];
	size_t count = 0;
	bool works = false;

	e->asked = (struct decision_request){ .caller = str_of(service->id),
					      .subject = str_of(service->id),
					      .service = str_of(service->id),
					      .action = e->q.action,
					      .category = e->q.category,
					      .purpose = e->q.purpose,
					      .range = e->q.range,
					      .now_us = e->q.now_us };
	if (!policy_refuses(s, &e->asked, none))
		ways[count++] = none;
	e->asked.has_operator = true;
	for (size_t i = 0; i < ROLE_MOST; i++) {
		uint64_t role = service->roles & (UINT64_C(1) << i);

		if (role != 0 && !policy_refuses(s, &e->asked, role))
			ways[count++] = role;
	}
	if (count > 0)
		TRY(may_work(s, service, &works));
	if (!works)
		return OK;
	s->looks++;
	TRY(evaluation_gather(e));
	for (size_t i = 0; i < count && !e->verdict.permit; i++) {
		e->asked.has_operator = ways[i] != none;
		TRY(decide(s, e, ways[i], ways[i] == none ? 0 : ROLE_ACR_MOST));
	}
	return OK;
}

/* Who is named is looked at: with whose key their entry is sealed. */
static enum status
list(struct search *s, struct str person, const struct evaluation *e)
{
	buf_put_block(&s->listed, person);
	buf_put_block(&s->listed, facts_wrapped(e->facts));
	return buf_status(&s->listed);
}

/* One decision as it would be. *basis NULL: it would be refused. */
static enum status
look(struct search *s, const struct service *service, struct str purpose, struct str action, struct str person,
     const char **basis)
{
	CLEANUP(evaluation_clear) struct evaluation e = evaluation_of(s->rq);

	e.q = s->q;
	e.q.person = person;
	e.q.purpose = purpose;
	e.q.action = action;
	e.q.dry_run = true;
	/* Emergencies are no standing right: each is opened for one person, by somebody, and judged afterwards. */
	e.q.break_glass = e.q.emergency = false;
	/* A person asks who may, not whether one official may: that would tell which pseudonym is a relative of theirs.
	 */
	if (s->by_person)
		e.q.operator_id = STR("");
	if (s->by_person)
		TRY(look_at_service(s, service, &e));
	else
		TRY(look_as_caller(s, &e));
	*basis = e.verdict.permit ? basis_name(e.verdict.basis) : NULL;
	return e.verdict.permit && s->kind == SEARCH_RESOURCE ? list(s, person, &e) : OK;
}

/* ---- bounds ---- */

static bool
full(const struct search *s)
{
	return json_array_size(s->results) >= (size_t)s->limit || s->looks >= SEARCH_LOOKS || s->walked >= SEARCH_WALK;
}

static enum status
add(struct search *s, json_t *one)
{
	return one != NULL && json_array_append_new(s->results, one) == 0 ? OK : E_NOMEM;
}

/* ---- for which purposes ---- */

/* A mandate for some purposes shows nothing of the others, also when no purpose is named. */
static bool
may_know_of(const struct search *s, struct str purpose)
{
	return !s->under_mandate || mandate_covers(&s->mandate, purpose);
}

/* The service's purposes from at.purpose on; `more` when they were not all looked at. *out is the caller's. */
static enum status
purposes_of(struct search *s, const struct service *service, struct str action, json_t **out)
{
	CLEANUP(json_decrefp) json_t *list = json_array();
	const char *basis;

	for (; s->at.purpose < service->purpose_count; s->at.purpose++, s->walked++) {
		struct str purpose = str_of(service->purposes[s->at.purpose]->id);

		if ((s->q.purpose.n > 0 && !str_eq(s->q.purpose, purpose)) || !may_know_of(s, purpose))
			continue;
		if (s->looks >= SEARCH_LOOKS || s->walked >= SEARCH_WALK) {
			s->more = true;
			break;
		}
		TRY(look(s, service, purpose, action, buf_str(&s->person), &basis));
		if (basis != NULL)
			json_array_append_new(
			    list, json_pack("{s:s%, s:s}", "purpose", purpose.p, purpose.n, "basis", basis));
	}
	if (!s->more)
		s->at.purpose = 0;
	*out = STEAL(&list);
	return *out != NULL ? OK : E_NOMEM;
}

/* ---- subjects ---- */

static json_t *
service_entity(const struct service *service, const json_t *purposes)
{
	return json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s}, s:O}}", "type", "service", "id", service->id, "properties",
			 "organisation", service->organisation->id, "title", "ru", service->title.in[WORDS_RU], "en",
			 service->title.in[WORDS_EN], "purposes", purposes);
}

static enum status
find_services(struct search *s)
{
	const struct service *service;

	while ((service = policy_service_at(s->rq->policy, (size_t)s->at.outer)) != NULL) {
		CLEANUP(json_decrefp) json_t *purposes = NULL;

		if (full(s)) {
			s->more = true;
			return OK;
		}
		TRY(purposes_of(s, service, s->q.action, &purposes));
		if (json_array_size(purposes) > 0)
			TRY(add(s, service_entity(service, purposes)));
		if (s->more)
			return OK;
		s->at.outer++;
		s->walked++;
	}
	return OK;
}

/* A service learns of nobody but itself who may. */
static enum status
find_itself(struct search *s)
{
	const char *basis;

	if (full(s)) {
		s->more = true;
		return OK;
	}
	s->q.subject = str_of(s->rq->who.client_id);
	TRY(look(s, NULL, s->q.purpose, s->q.action, buf_str(&s->person), &basis));
	if (basis == NULL)
		return OK;
	return add(s, json_pack("{s:s, s:s}", "type", "service", "id", s->rq->who.client_id));
}

/* ---- resources ---- */

static enum status
person_entity(struct search *s, const struct store_client *client, struct str sub)
{
	CLEANUP(buf_clear) struct buf name = BUF(2 * QUESTION_ID_MOST);

	TRY(subject_for(s->rq, client, sub, &name));
	return add(s, json_pack("{s:s%, s:s%}", "type", s->q.category.p, s->q.category.n, "id", name.p, name.n));
}

/* *last: there are no people behind these. */
static enum status
find_some_people(struct search *s, const struct store_client *client, bool *last)
{
	CLEANUP(store_relation_list_clear) struct store_relation_list people = { 0 };
	const char *basis;

	TRY(store_relation_page(request_store(s->rq), str_of(s->rq->who.service), str_of(s->at.person), PEOPLE_AT_ONCE,
				&people));
	*last = people.count < PEOPLE_AT_ONCE;
	for (size_t i = 0; i < people.count; i++) {
		struct str sub = people.subs[i];

		if (full(s)) {
			s->more = true;
			return OK;
		}
		s->walked++;
		TRY(look(s, NULL, s->q.purpose, s->q.action, sub, &basis));
		if (basis != NULL)
			TRY(person_entity(s, client, sub));
		if (sub.n >= sizeof(s->at.person))
			return E_CORRUPT;
		memcpy(s->at.person, sub.p, sub.n);
		s->at.person[sub.n] = '\0';
	}
	return OK;
}

static enum status
find_people(struct search *s)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	bool last = false;

	TRY(store_client_find(request_store(s->rq), str_of(s->rq->who.client_id), &client));
	while (!last && !s->more)
		TRY(find_some_people(s, &client, &last));
	return OK;
}

/* ---- actions ---- */

static enum status
find_actions(struct search *s)
{
	struct str id = s->by_person ? s->q.subject : str_of(s->rq->who.service);
	const struct service *service = policy_service(s->rq->policy, id);

	for (; service != NULL && s->at.outer < ACTION_DATA_COUNT; s->at.outer++) {
		CLEANUP(json_decrefp) json_t *purposes = NULL;
		const char *action = action_name((enum action)s->at.outer);

		if (full(s)) {
			s->more = true;
			return OK;
		}
		TRY(purposes_of(s, service, str_of(action), &purposes));
		if (json_array_size(purposes) > 0)
			TRY(add(s, json_pack("{s:s, s:{s:O}}", "name", action, "properties", "purposes", purposes)));
		if (s->more)
			return OK;
	}
	return OK;
}

enum status
search_find(struct search *s)
{
	/* Of a kind that we do not have there is nothing (but an entry). */
	if (!str_is(s->q.subject_type, "service"))
		return OK;
	switch (s->kind) {
	case SEARCH_SUBJECT:
		return s->by_person ? find_services(s) : find_itself(s);
	case SEARCH_RESOURCE:
		return find_people(s);
	case SEARCH_ACTION:
		return find_actions(s);
	}
	return E_SYSTEM;
}
