/*
 * ep_outcome.c: POST /access/v1/outcomes/{id}: what became of a permit. Said once, by the service that asked or by one
 * that holds the data; the person sees it, and sees also when nobody said anything.
 *
 * The permit is looked up in the log itself: there is no other record of it. Its tag says whose data it was.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/request.h"
#include "authd/store/store_later.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_outcome.h"
#include "authd/store/store_person.h"
#include "authd/store/store_tag.h"

#define RECORDS_MOST INT64_C(1000000000)

struct outcome {
	struct request *rq;
	struct str id;
	struct str said; /* released, empty, failed */
	int64_t records;
	uint64_t index;  /* of the permit */
	struct buf line; /* the permit's entry */
	struct entry_view permit;
	bool later; /* the permit carries a tag of its own (access/later.h), and so does what became of it */
	struct store_person person;
	struct audit_draft draft;
};

static void
outcome_clear(struct outcome *o)
{
	buf_clear(&o->line);
	store_person_clear(&o->person);
	audit_draft_clear(&o->draft);
}

static enum status
read_said(struct outcome *o, struct json_in *in)
{
	static const char *const known[] = { "released", "empty", "failed" };

	TRY(json_need_str(in, "outcome", 16, &o->said));
	TRY(json_opt_int(in, "records", 0, RECORDS_MOST, 0, &o->records));
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_is(o->said, known[i]))
			return OK;
	snprintf(in->why->text, sizeof(in->why->text), "outcome must be released, empty or failed");
	return E_INVALID;
}

/* The caller asked for the permit, or holds one of its categories. Anybody else learns nothing: the id is unknown to
 * them. */
static bool
may_say(const struct outcome *o)
{
	const struct entry *e = &o->permit.entry;
	const struct service *s =
	    o->rq->policy == NULL ? NULL : policy_service(o->rq->policy, str_of(o->rq->who.service));

	if (str_eq(e->by.service, principal_service(&o->rq->who)))
		return true;
	for (size_t i = 0; s != NULL && i < e->category_count; i++) {
		const struct category *c = policy_category(o->rq->policy, e->categories[i]);

		if (c != NULL && (s->provides >> c->index & 1) != 0)
			return true;
	}
	return false;
}

static enum status
find_permit(struct outcome *o)
{
	TRY(audit_find(o->rq->authd, o->id, &o->index, &o->line));
	TRY(entry_parse(buf_str(&o->line), &o->permit));
	if (o->permit.entry.event != ENTRY_ACCESS_DECIDED || o->permit.entry.decision != ENTRY_PERMIT || !may_say(o))
		return E_NOT_FOUND;
	return OK;
}

/* Whose data it was. An erased person's permit has no tag row any more; the outcome is then nobody's to see. */
static enum status
find_person(struct outcome *o)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	CLEANUP(store_later_clear) struct store_later later = { 0 };
	enum status st;

	if (o->permit.entry.about_count == 0)
		return E_NOT_FOUND;
	st = store_tag_find(request_store(o->rq), o->permit.entry.about[0].tag, &tags);
	if (st == OK)
		return store_person_find(request_store(o->rq), tags.items[0].sub, &o->person);
	if (st != E_NOT_FOUND)
		return st;
	TRY(store_later_find(request_store(o->rq), o->permit.entry.about[0].tag, &later));
	o->later = true;
	return store_person_find(request_store(o->rq), later.sub, &o->person);
}

/* The same again is fine and changes nothing; something else is a contradiction. */
static enum status
compare_with_said(struct outcome *o)
{
	CLEANUP(store_outcome_clear) struct store_outcome before = { 0 };

	TRY(store_outcome_find(request_store(o->rq), o->id, &before));
	if (str_eq(before.outcome, o->said) && before.records == o->records)
		return OK;
	return request_fail(o->rq, E_CONFLICT, "outcome_differs", "another outcome was confirmed before");
}

static enum status
write_event(struct outcome *o)
{
	struct audit_event ev = audit_of(o->rq, ENTRY_ACCESS_OUTCOME);
	const struct entry *permit = &o->permit.entry;

	ev.entry.purpose = permit->purpose;
	memcpy(ev.entry.categories, permit->categories, sizeof(permit->categories));
	ev.entry.category_count = permit->category_count;
	ev.entry.action = permit->action;
	ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = o->index };
	audit_fact(&ev, "outcome", o->said);
	audit_fact_number(&ev, "records", (uint64_t)o->records);
	if (o->person.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = o->person.sub, .wrapped = o->person.wrapped_key };
	if (o->later)
		ev.own_tag = permit->about[0].tag;
	return audit_draft(o->rq->authd, &ev, &o->draft);
}

/* OK with *said_before when there was one already. */
static enum status
save(struct outcome *o, bool *said_before)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct store_outcome row = {
		.evaluation_id = o->id,
		.sub = o->person.sub,
		.outcome = o->said,
		.records = o->records,
		.by_client = str_of(o->rq->who.client_id),
		.at_us = clock_now_us(),
		.event_id = str_of(o->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
	enum status st;

	TRY(store_begin(request_store(o->rq), &tx));
	st = store_outcome_add(&tx, &row);
	*said_before = st == E_CONFLICT;
	if (*said_before)
		return OK;
	TRY(st);
	TRY(audit_emit(&tx, &o->draft, STORE_TARGET_OUTCOME, o->id));
	return store_commit(&tx);
}

static enum status
confirm(struct outcome *o)
{
	struct receipt receipt;
	bool said_before = false;

	TRY(find_permit(o));
	TRY(find_person(o));
	TRY(write_event(o));
	TRY(save(o, &said_before));
	if (said_before)
		return compare_with_said(o);
	return audit_forward(o->rq->authd, &o->draft, &receipt);
}

static enum status
answer(struct outcome *o)
{
	json_t *body = json_pack("{s:s%, s:s%, s:I}", "evaluation_id", o->id.p, o->id.n, "outcome", o->said.p,
				 o->said.n, "records", (json_int_t)o->records);

	if (body == NULL)
		return E_NOMEM;
	response_json(o->rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

enum status
ep_outcome(struct request *rq)
{
	CLEANUP(outcome_clear) struct outcome o = { .rq = rq, .id = rq->param[0], .line = BUF(ENTRY_MAX) };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	enum status st = json_read(rq->http->body, 8192, &root, &why);

	in = json_at(root, &why);
	if (st == OK)
		st = read_said(&o, &in);
	if (st != OK)
		return request_fail(rq, st, "invalid_request", why.text);
	TRY(confirm(&o));
	return answer(&o);
}
