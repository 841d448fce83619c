/*
 * ep_admin_clients.c: /admin/v1/clients: registering OAuth clients. What a client may do is fixed here; a secret is
 * shown once and kept as a hash. What is refused, and why: oauth/registration.h.
 */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/json_write.h"
#include "authd/jose/jwk_set.h"
#include "authd/oauth/registration.h"
#include "authd/store/store_client.h"
#include "authd/store/store_outbox.h"

/* ---- adding ---- */

static enum status
save_new(struct request *rq, const struct store_client *row, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_client_add(&tx, row);
	if (st == E_CONFLICT)
		return request_fail(rq, st, "conflict", "there is a client with this id");
	TRY(st);
	TRY(audit_emit(&tx, draft, STORE_TARGET_CLIENT, row->client_id));
	return store_commit(&tx);
}

static enum status
add(struct request *rq, struct registration *r)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = ep_admin_event(rq, ENTRY_CLIENT_CHANGED, "client.added", NULL);
	struct receipt receipt;

	audit_fact_if_short(&ev, "client", r->row.client_id);
	audit_fact_if_short(&ev, "auth", r->row.auth_method);
	audit_fact_if_short(&ev, "scopes", r->row.scopes);
	TRY(audit_draft(rq->authd, &ev, &draft));
	r->row.created_us = clock_now_us();
	r->row.event_id = str_of(draft.id_text);
	TRY(save_new(rq, &r->row, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

/* The one time that a secret is shown. */
static enum status
say_with_secret(struct request *rq, int http, json_t *body, const struct registration *r)
{
	if (body != NULL && r->new_secret.n > 0)
		json_object_set_new(body, "client_secret", json_of_str(buf_str(&r->new_secret)));
	return ep_admin_say(rq, http, body);
}

enum status
ep_admin_client_add(struct request *rq)
{
	CLEANUP(registration_clear) struct registration r;
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;

	registration_init(&r);
	TRY(ep_admin_read(rq, &root, &why, &in));
	TRY(registration_read(rq, &in, &r));
	TRY(add(rq, &r));
	return say_with_secret(rq, 201,
			       json_pack("{s:s%, s:s%}", "client_id", r.row.client_id.p, r.row.client_id.n, "kind",
					 r.row.kind.p, r.row.kind.n),
			       &r);
}

/* ---- other credentials ---- */

static enum status
save_changed(struct request *rq, const struct store_client *row, struct str was_event_id,
	     const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_client_replace(&tx, row, was_event_id);
	if (st == E_NOT_FOUND)
		return request_fail(rq, E_CONFLICT, "conflict", "somebody else has changed this client just now");
	TRY(st);
	TRY(audit_emit(&tx, draft, STORE_TARGET_CLIENT, row->client_id));
	return store_commit(&tx);
}

static enum status
rotate(struct request *rq, struct store_client *row)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = ep_admin_event(rq, ENTRY_CLIENT_CHANGED, "client.rotated", NULL);
	const struct str was_event_id = row->event_id;
	struct receipt receipt;

	audit_fact_if_short(&ev, "client", row->client_id);
	audit_fact_if_short(&ev, "auth", row->auth_method);
	TRY(audit_draft(rq->authd, &ev, &draft));
	row->event_id = str_of(draft.id_text);
	TRY(save_changed(rq, row, was_event_id, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

/* The names of a client's keys: what may be retired. */
static json_t *
kids(struct str jwks)
{
	CLEANUP(jwk_set_freep) struct jwk_set *set = NULL;
	json_t *list = json_array();

	if (jwks.n == 0 || jwk_set_import(jwks, &set) != OK)
		return list;
	for (size_t i = 0; i < jwk_set_count(set); i++) {
		const struct jwk *k = jwk_set_at(set, i);

		json_array_append_new(list, json_of_str(jwk_kid(k).n > 0 ? jwk_kid(k) : jwk_thumbprint(k)));
	}
	return list;
}

enum status
ep_admin_client_rotate(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client row = { 0 };
	CLEANUP(registration_clear) struct registration r;
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;

	registration_init(&r);
	TRY(ep_admin_read(rq, &root, &why, &in));
	TRY(store_client_find(request_store(rq), rq->param[0], &row));
	TRY(registration_may_rotate(rq, &row));
	TRY(registration_rotate(rq, &in, &row, &r));
	TRY(rotate(rq, &row));
	return say_with_secret(
	    rq, 200, json_pack("{s:s%, s:o}", "client_id", row.client_id.p, row.client_id.n, "keys", kids(row.jwks)),
	    &r);
}

/* ---- finding ---- */

static json_t *
item(const struct store_client *c)
{
	return json_pack("{s:s%, s:s%, s:s%, s:s%, s:s, s:s%, s:s%, s:s%, s:b, s:b}", "client_id", c->client_id.p,
			 c->client_id.n, "name", c->name.p, c->name.n, "kind", c->kind.p, c->kind.n, "organisation",
			 c->organisation.p, c->organisation.n, "status",
			 c->status == STORE_CLIENT_ACTIVE ? "active" : "disabled", "auth", c->auth_method.p,
			 c->auth_method.n, "scopes", c->scopes.p, c->scopes.n, "grants", c->grants.p, c->grants.n,
			 "fapi", c->fapi, "effective", c->log_index != STORE_NO_INDEX);
}

enum status
ep_admin_clients(struct request *rq)
{
	CLEANUP(store_client_list_clear) struct store_client_list list = { 0 };
	struct str cursor;
	json_t *records;
	int limit;

	TRY(ep_admin_page(rq, &limit, &cursor));
	TRY(store_client_page(request_store(rq), cursor, limit, &list));
	records = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(records, item(&list.items[i]));
	return ep_admin_say(rq, 200, json_pack("{s:o, s:s}", "records", records, "next", list.next.text));
}

/* What stands in the row as text, and is shown when it is there. */
static void
add_details(const struct store_client *c, json_t *body)
{
	const struct {
		const char *name;
		struct str text;
	} texts[] = {
		{ "audiences", c->audiences },
		{ "may_act", c->may_act },
		{ "roles", c->roles },
		{ "tls_san", c->tls_san },
		{ "tls_certificates", c->tls_certificates },
		{ "jwks_uri", c->jwks_uri },
		{ "id_token_alg", c->id_token_alg },
		{ "access_token_alg", c->access_token_alg },
		{ "userinfo_alg", c->userinfo_alg },
		{ "assertion_alg", c->assertion_alg },
		{ "backchannel_logout_uri", c->backchannel_logout_uri },
	};
	const struct {
		const char *name;
		int set;
	} flags[] = {
		{ "native", c->native },
		{ "pairwise", c->pairwise },
		{ "tls_bound", c->tls_bound },
		{ "dpop_bound", c->dpop_bound },
		{ "par_required", c->par_required },
		{ "third_party", c->third_party },
		{ "backchannel_session", c->backchannel_session },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].text.n > 0)
			json_object_set_new(body, texts[i].name, json_of_str(texts[i].text));
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		json_object_set_new(body, flags[i].name, json_boolean(flags[i].set));
}

enum status
ep_admin_client(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client c = { 0 };
	json_t *body, *uris = NULL;

	TRY(store_client_find(request_store(rq), rq->param[0], &c));
	body = item(&c);
	if (body == NULL)
		return E_NOMEM;
	if (json_read(c.redirect_uris, ROUTE_BODY_MOST, &uris, NULL) == OK)
		json_object_set_new(body, "redirect_uris", uris);
	if (json_read(c.post_logout_uris, ROUTE_BODY_MOST, &uris, NULL) == OK)
		json_object_set_new(body, "post_logout_uris", uris);
	json_object_set_new(body, "keys", kids(c.jwks));
	add_details(&c, body);
	return ep_admin_say(rq, 200, body);
}

/* ---- enabling and disabling ---- */

static enum status
set_status(struct request *rq, struct str id, bool active, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_client_set_status(&tx, id, active ? STORE_CLIENT_ACTIVE : STORE_CLIENT_DISABLED,
				    str_of(draft->id_text)));
	TRY(audit_emit(&tx, draft, STORE_TARGET_CLIENT, id));
	return store_commit(&tx);
}

enum status
ep_admin_client_status(struct request *rq)
{
	static const char *const known[] = { "status", NULL };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	struct str wanted;
	struct audit_event ev;
	struct receipt receipt;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "status", 16, &wanted);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	if (!str_is(wanted, "active") && !str_is(wanted, "disabled"))
		return request_fail(rq, E_INVALID, "invalid_request", "status must be active or disabled");
	ev = ep_admin_event(rq, ENTRY_CLIENT_CHANGED, str_is(wanted, "active") ? "client.enabled" : "client.disabled",
			    NULL);
	audit_fact_if_short(&ev, "client", rq->param[0]);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(set_status(rq, rq->param[0], str_is(wanted, "active"), &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(
	    rq, 200,
	    json_pack("{s:s%, s:s%}", "client_id", rq->param[0].p, rq->param[0].n, "status", wanted.p, wanted.n));
}
