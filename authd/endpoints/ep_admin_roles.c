/* ep_admin_roles.c: /admin/v1/roles: who holds which role where. An assignment counts from its log index, a revocation
 * at once. */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

#define TEXT_MOST 128

static json_t *
item(const struct store_role *r)
{
	return json_pack("{s:s%, s:s%, s:s%, s:b}", "sub", r->sub.p, r->sub.n, "organisation", r->organisation.p,
			 r->organisation.n, "role", r->role.p, r->role.n, "effective", r->log_index != STORE_NO_INDEX);
}

enum status
ep_admin_roles(struct request *rq)
{
	CLEANUP(store_role_list_clear) struct store_role_list list = { 0 };
	struct str organisation = form_get(&rq->query, "organisation"), role = form_get(&rq->query, "role"), cursor;
	json_t *records;
	int limit;

	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(ep_admin_record_read(rq, "roles.listed", NULL));
	TRY(store_role_who(request_store(rq), organisation.p != NULL ? organisation : STR(""),
			   role.p != NULL ? role : STR(""), cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

struct change {
	struct request *rq;
	struct str sub, organisation, role;
	struct store_person person;
	struct audit_draft draft;
};

static void
change_clear(struct change *c)
{
	store_person_clear(&c->person);
	audit_draft_clear(&c->draft);
}

static enum status
read_change(struct json_in *in, struct change *c)
{
	static const char *const known[] = { "sub", "organisation", "role", NULL };

	TRY(json_only(in, known));
	TRY(json_need_str(in, "sub", TEXT_MOST, &c->sub));
	TRY(json_need_str(in, "organisation", TEXT_MOST, &c->organisation));
	return json_need_str(in, "role", TEXT_MOST, &c->role);
}

static enum status
check_names(struct change *c)
{
	struct request *rq = c->rq;

	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (policy_role(rq->policy, c->role) == NULL)
		return request_fail(rq, E_INVALID, "invalid_request", "the policy has no such role");
	if (policy_organisation(rq->policy, c->organisation) == NULL)
		return request_fail(rq, E_INVALID, "invalid_request", "the policy has no such organisation");
	return OK;
}

/* As many as an access token holds: one that left some out would be another person's. */
static enum status
check_count(struct change *c, const struct store_role_list *held)
{
	size_t there = 0;

	for (size_t i = 0; i < held->count; i++)
		if (str_eq(held->items[i].organisation, c->organisation) && !str_eq(held->items[i].role, c->role))
			there++;
	if (there < PRINCIPAL_ROLES_MOST)
		return OK;
	return request_fail(c->rq, E_CONFLICT, "conflict",
			    "one person holds at most 16 roles in one organisation: revoke one first");
}

/*
 * INCITS 359 static separation: what one person may not hold together, nobody gets together; not by two assignments at
 * the same moment, nor by one that is still on its way into the log.
 */
static enum status
check_held(struct change *c, struct store_tx *tx)
{
	CLEANUP(store_role_list_clear) struct store_role_list held = { 0 };
	uint64_t set = policy_role(c->rq->policy, c->role)->bit;

	TRY(store_role_held(tx, c->sub, &held));
	TRY(check_count(c, &held));
	for (size_t i = 0; i < held.count; i++) {
		const struct role *r = policy_role(c->rq->policy, held.items[i].role);

		if (r != NULL)
			set |= r->bit;
	}
	if (policy_static_ok(c->rq->policy, set))
		return OK;
	return request_fail(c->rq, E_CONFLICT, "conflict",
			    "this role may not be held together with one that the person has");
}

static enum status
prepare(struct change *c, enum entry_event event, const char *what)
{
	struct keys_person who;
	struct audit_event ev;

	TRY(store_person_find(request_store(c->rq), c->sub, &c->person));
	who = (struct keys_person){ .sub = c->person.sub, .wrapped = c->person.wrapped_key };
	ev = ep_admin_event(c->rq, event, what, &who);
	audit_fact_if_short(&ev, "role", c->role);
	audit_fact_if_short(&ev, "organisation", c->organisation);
	return audit_draft(c->rq->authd, &ev, &c->draft);
}

static enum status
assign(struct change *c, bool *held_before)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;
	const struct store_role row = {
		.sub = c->sub,
		.organisation = c->organisation,
		.role = c->role,
		.assigned_us = clock_now_us(),
		.event_id = str_of(c->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};

	TRY(store_begin(request_store(c->rq), &tx));
	TRY(check_held(c, &tx));
	st = store_role_assign(&tx, &row);
	*held_before = st == E_CONFLICT;
	if (*held_before)
		return OK;
	TRY(st);
	TRY(audit_emit(&tx, &c->draft, STORE_TARGET_ROLE, c->sub));
	return store_commit(&tx);
}

static enum status
revoke(struct change *c)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(c->rq), &tx));
	TRY(store_role_revoke(&tx, c->sub, c->organisation, c->role));
	TRY(audit_emit(&tx, &c->draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

static enum status
answer(struct change *c, int http)
{
	return ep_admin_say(c->rq, http,
			    json_pack("{s:s%, s:s%, s:s%}", "sub", c->sub.p, c->sub.n, "organisation",
				      c->organisation.p, c->organisation.n, "role", c->role.p, c->role.n));
}

static enum status
read_body(struct request *rq, json_t **root, struct change *c)
{
	struct json_why why = { 0 };
	struct json_in in;
	enum status st;

	TRY(ep_admin_read(rq, root, &why, &in));
	st = read_change(&in, c);
	return st == OK ? OK : ep_admin_bad(rq, st, &why);
}

enum status
ep_admin_role_assign(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(change_clear) struct change c = { .rq = rq };
	struct receipt receipt;
	bool held_before = false;

	TRY(read_body(rq, &root, &c));
	if (rq->who.kind == PRINCIPAL_TOKEN && str_is(c.sub, rq->who.sub))
		return request_fail(rq, E_DENIED, "access_denied", "nobody gives a role to themselves");
	TRY(check_names(&c));
	TRY(prepare(&c, ENTRY_ROLE_ASSIGNED, "role.assigned"));
	TRY(assign(&c, &held_before));
	if (held_before) /* that is what was asked for */
		return answer(&c, 200);
	TRY(audit_forward(rq->authd, &c.draft, &receipt));
	return answer(&c, 201);
}

enum status
ep_admin_role_revoke(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *root = NULL;
	CLEANUP(change_clear) struct change c = { .rq = rq };
	struct receipt receipt;

	TRY(read_body(rq, &root, &c));
	TRY(prepare(&c, ENTRY_ROLE_REVOKED, "role.revoked"));
	TRY(revoke(&c));
	TRY(audit_forward(rq->authd, &c.draft, &receipt));
	return answer(&c, 200);
}
