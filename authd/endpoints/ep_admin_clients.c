/*
 * ep_admin_clients.c: /admin/v1/clients: registering OAuth clients. What a client may do is fixed here; a secret is
 * shown once and kept as a hash; weak keys, open redirects and names that look like a person's are refused.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/http/http_chars.h"
#include "authd/identity/session.h"
#include "authd/jose/jwk_set.h"
#include "authd/oauth/client.h"
#include "authd/store/store_client.h"
#include "authd/store/store_outbox.h"

#define ID_MOST      100
#define TEXT_MOST    500
#define URIS_MOST    16
#define SECRET_LEAST 32

static const char scopes_known[] =
    "openid profile offline_access consent:request consent:manage audit:write audit:read "
    "access:evaluate admin";
static const char grants_known[] = "authorization_code client_credentials refresh_token "
				   "urn:ietf:params:oauth:grant-type:device_code "
				   "urn:ietf:params:oauth:grant-type:token-exchange";
static const char auth_known[] = "private_key_jwt tls_client_auth client_secret_basic client_secret_post none";

struct adding {
	struct request *rq;
	struct json_in in;
	struct str id, name, auth, grants, scopes, service, organisation, roles, secret, tls_san, id_token_alg;
	bool fapi;
	const json_t *redirect_uris, *post_logout_uris;
	json_t *jwks;
	struct buf redirect_text, post_logout_text, jwks_text, roles_text, new_secret;
	uint8_t secret_hash[32];
	struct audit_draft draft;
};

static void
adding_clear(struct adding *a)
{
	buf_clear(&a->redirect_text);
	buf_clear(&a->post_logout_text);
	buf_clear(&a->jwks_text);
	buf_clear(&a->roles_text);
	buf_clear(&a->new_secret);
	audit_draft_clear(&a->draft);
}

static enum status
bad(struct adding *a, const char *why)
{
	return request_fail(a->rq, E_INVALID, "invalid_client_metadata", why);
}

static enum status
read_adding(struct adding *a)
{
	static const char *const known[] = {
		"client_id", "name",   "auth",    "grants",       "scopes", "service",       "organisation",
		"roles",     "secret", "tls_san", "id_token_alg", "fapi",   "redirect_uris", "post_logout_uris",
		"jwks",      NULL
	};
	struct json_in jwks;

	TRY(json_only(&a->in, known));
	TRY(json_need_str(&a->in, "client_id", ID_MOST, &a->id));
	TRY(json_opt_str(&a->in, "name", TEXT_MOST, &a->name));
	TRY(json_need_str(&a->in, "auth", 64, &a->auth));
	TRY(json_need_str(&a->in, "grants", TEXT_MOST, &a->grants));
	TRY(json_need_str(&a->in, "scopes", TEXT_MOST, &a->scopes));
	TRY(json_opt_str(&a->in, "service", ID_MOST, &a->service));
	TRY(json_opt_str(&a->in, "organisation", ID_MOST, &a->organisation));
	TRY(json_opt_str(&a->in, "roles", TEXT_MOST, &a->roles));
	TRY(json_opt_str(&a->in, "secret", 256, &a->secret));
	TRY(json_opt_str(&a->in, "tls_san", TEXT_MOST, &a->tls_san));
	TRY(json_opt_str(&a->in, "id_token_alg", 16, &a->id_token_alg));
	TRY(json_opt_bool(&a->in, "fapi", false, &a->fapi));
	TRY(json_opt_array(&a->in, "redirect_uris", URIS_MOST, &a->redirect_uris));
	TRY(json_opt_array(&a->in, "post_logout_uris", URIS_MOST, &a->post_logout_uris));
	TRY(json_opt_object(&a->in, "jwks", &jwks));
	a->jwks = json_object_get(a->in.at, "jwks");
	return OK;
}

/* ---- checking ---- */

static bool
all_in(struct str words, const char *known)
{
	struct str one;

	while (words.n > 0 && str_next(&words, ' ', &one))
		if (one.n > 0 && !client_has(str_of(known), one))
			return false;
	return true;
}

/* Letters, digits and a few signs; never a prefix that is a person's or the one of services in `sub`. */
static enum status
check_id(struct adding *a)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	if (!str_only(a->id, plain) || str_starts(a->id, STR("sub_")) || str_starts(a->id, STR("opr_")))
		return bad(
		    a,
		    "client_id takes letters, digits, dot, dash and underscore, and must not look like a person's id");
	return OK;
}

/*
 * Entries name who acted by service, or by client_id where there is none: so a client_id must not be the name of a
 * service that the client is not, nor one of ours (principal_service).
 */
static enum status
check_name_in_entries(struct adding *a)
{
	static const char *const own[] = { "portal", "admin", "authd" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_is(a->id, own[i]))
			return bad(a, "this client_id is what entries of the log call ourselves");
	if (a->rq->policy != NULL && policy_service(a->rq->policy, a->id) != NULL && !str_eq(a->id, a->service))
		return bad(a, "this client_id is the name of a service; register the client as that service");
	return OK;
}

/*
 * Whoever may register clients over the network must not make one with more rights than their own: roles other than
 * those that the policy gives the service, and the scope admin, are for the admin socket.
 */
static enum status
check_rights(struct adding *a)
{
	if (a->rq->who.kind == PRINCIPAL_ADMIN || (a->roles.n == 0 && !client_has(a->scopes, STR("admin"))))
		return OK;
	return request_fail(a->rq, E_DENIED, "access_denied",
			    "roles and the scope admin are given over the admin socket only");
}

static enum status
check_uri(struct adding *a, struct str uri, bool public_client)
{
	/* A Location header must carry it as it is, and a browser must not read it in another way than we do. */
	if (uri.n == 0 || uri.n > 2000 || !http_is_visible(uri) || str_find_char(uri, '#') < uri.n ||
	    str_find_char(uri, '*') < uri.n || str_find_char(uri, '\\') < uri.n)
		return bad(a, "an address must be whole, in ASCII, without a fragment and without wildcards");
	if (str_starts(uri, STR("https://")) && uri.n > 8 && uri.p[8] != '/' && str_find_char(uri, '@') == uri.n)
		return OK;
	if (public_client && (str_starts(uri, STR("http://127.0.0.1/")) || str_starts(uri, STR("http://[::1]/"))))
		return OK;
	return bad(a, "an address must be https; a native client may use http://127.0.0.1/ or http://[::1]/");
}

static enum status
check_uris(struct adding *a, const json_t *list, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *uri = json_array_get(list, i);

		if (!json_is_string(uri))
			return bad(a, "addresses must be texts");
		TRY(check_uri(a, str_from(json_string_value(uri), json_string_length(uri)), str_is(a->auth, "none")));
	}
	if (list == NULL) {
		buf_put_cstr(out, "[]");
		return buf_status(out);
	}
	return json_write(list, out);
}

static enum status
check_keys(struct adding *a)
{
	CLEANUP(jwk_set_freep) struct jwk_set *set = NULL;

	if (a->jwks == NULL)
		return str_is(a->auth, "private_key_jwt") ? bad(a, "private_key_jwt needs jwks") : OK;
	TRY(json_write(a->jwks, &a->jwks_text));
	if (jwk_set_import(buf_str(&a->jwks_text), &set) != OK || jwk_set_count(set) == 0)
		return bad(a, "jwks must hold public keys: EC P-256, RSA of at least 2048 bits, or Ed25519");
	return OK;
}

/* A client that is a service of the policy gets its organisation and roles from there unless told otherwise. */
static enum status
check_service(struct adding *a)
{
	const struct service *s;

	if (a->service.n == 0)
		return OK;
	if (a->rq->policy == NULL)
		return request_fail(a->rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	s = policy_service(a->rq->policy, a->service);
	if (s == NULL)
		return bad(a, "the policy has no such service");
	if (a->organisation.n == 0)
		a->organisation = str_of(s->organisation->id);
	for (size_t i = 0; a->roles.n == 0 && policy_role_at(a->rq->policy, i) != NULL; i++) {
		const struct role *r = policy_role_at(a->rq->policy, i);

		if ((s->own_roles & r->bit) == 0)
			continue;
		if (a->roles_text.n > 0)
			buf_put_char(&a->roles_text, ' ');
		buf_put_cstr(&a->roles_text, r->id);
	}
	return buf_status(&a->roles_text);
}

/* Roles are held in an organisation of the policy: in a misspelt one nobody holds any. */
static enum status
check_organisation(struct adding *a)
{
	if (a->organisation.n == 0)
		return OK;
	if (a->rq->policy == NULL)
		return request_fail(a->rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	return policy_organisation(a->rq->policy, a->organisation) != NULL
		   ? OK
		   : bad(a, "the policy has no such organisation");
}

static enum status
check_adding(struct adding *a)
{
	TRY(check_id(a));
	TRY(check_name_in_entries(a));
	TRY(check_rights(a));
	if (!all_in(a->auth, auth_known) || str_find_char(a->auth, ' ') < a->auth.n)
		return bad(
		    a,
		    "auth must be private_key_jwt, tls_client_auth, client_secret_basic, client_secret_post or none");
	if (!all_in(a->scopes, scopes_known))
		return bad(a, "a scope is not one of ours");
	if (!all_in(a->grants, grants_known))
		return bad(a, "a grant is not one of ours");
	if (str_is(a->auth, "none") && client_has(a->grants, STR("client_credentials")))
		return bad(a, "a public client has no credentials of its own");
	if (client_has(a->grants, STR("authorization_code")) && json_array_size(a->redirect_uris) == 0)
		return bad(a, "authorization_code needs an address to go back to");
	if (a->fapi && str_starts(a->auth, STR("client_secret")))
		return bad(a, "a fapi client authenticates with a key or a certificate");
	if (str_is(a->auth, "tls_client_auth") && a->tls_san.n == 0)
		return bad(a, "tls_client_auth needs tls_san");
	if (a->id_token_alg.n > 0 && !str_is(a->id_token_alg, "RS256") && !str_is(a->id_token_alg, "ES256"))
		return bad(a, "id_token_alg must be RS256 or ES256");
	TRY(check_service(a));
	TRY(check_organisation(a));
	TRY(check_uris(a, a->redirect_uris, &a->redirect_text));
	TRY(check_uris(a, a->post_logout_uris, &a->post_logout_text));
	return check_keys(a);
}

/* ---- the secret of a legacy client ---- */

static bool
has_secret(const struct adding *a)
{
	return str_starts(a->auth, STR("client_secret"));
}

static enum status
make_secret(struct adding *a)
{
	struct str text = a->secret;
	struct hash h;

	if (!has_secret(a))
		return a->secret.n == 0 ? OK : bad(a, "this way of authentication has no secret");
	if (text.n > 0 && text.n < SECRET_LEAST)
		return bad(a, "a secret needs at least 32 characters; leave it out and one is made");
	if (text.n == 0) {
		TRY(session_random(&a->new_secret));
		text = buf_str(&a->new_secret);
	}
	h = hash_sha256(text);
	memcpy(a->secret_hash, h.b, sizeof(a->secret_hash));
	return OK;
}

/* ---- saving ---- */

static const char *
kind_of(const struct adding *a)
{
	if (a->service.n > 0)
		return "service";
	return str_is(a->auth, "none") ? "public" : "confidential";
}

static struct store_client
row_of(const struct adding *a)
{
	return (struct store_client){
		.client_id = a->id,
		.name = a->name.n > 0 ? a->name : a->id,
		.kind = str_of(kind_of(a)),
		.organisation = a->organisation.n > 0 ? a->organisation : STR(""),
		.status = STORE_CLIENT_ACTIVE,
		.auth_method = a->auth,
		.secret_hash = has_secret(a) ? str_from(a->secret_hash, sizeof(a->secret_hash)) : (struct str){ 0 },
		.jwks = a->jwks_text.n > 0 ? buf_str(&a->jwks_text) : (struct str){ 0 },
		.tls_san = a->tls_san.n > 0 ? a->tls_san : (struct str){ 0 },
		.redirect_uris = buf_str(&a->redirect_text),
		.post_logout_uris = buf_str(&a->post_logout_text),
		.scopes = a->scopes,
		.grants = a->grants,
		.audiences = STR(""),
		.id_token_alg = a->id_token_alg.n > 0 ? a->id_token_alg : STR("RS256"),
		.fapi = a->fapi,
		.service = a->service.n > 0 ? a->service : (struct str){ 0 },
		.roles = a->roles.n > 0        ? a->roles
			 : a->roles_text.n > 0 ? buf_str(&a->roles_text)
					       : STR(""),
		.legacy = has_secret(a),
		.created_us = clock_now_us(),
		.event_id = str_of(a->draft.id_text),
		.log_index = STORE_NO_INDEX,
	};
}

static enum status
save(struct adding *a)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct store_client row = row_of(a);
	enum status st;

	TRY(store_begin(request_store(a->rq), &tx));
	st = store_client_add(&tx, &row);
	if (st == E_CONFLICT)
		return request_fail(a->rq, st, "conflict", "there is a client with this id");
	TRY(st);
	TRY(audit_emit(&tx, &a->draft, STORE_TARGET_CLIENT, a->id));
	return store_commit(&tx);
}

static enum status
add(struct adding *a)
{
	struct audit_event ev;
	struct receipt receipt;

	TRY(check_adding(a));
	TRY(make_secret(a));
	ev = ep_admin_event(a->rq, ENTRY_CLIENT_CHANGED, "client.added", NULL);
	ep_admin_fact(&ev, "client", a->id);
	ep_admin_fact(&ev, "auth", a->auth);
	ep_admin_fact(&ev, "scopes", a->scopes);
	TRY(audit_draft(a->rq->authd, &ev, &a->draft));
	TRY(save(a));
	return audit_forward(a->rq->authd, &a->draft, &receipt);
}

enum status
ep_admin_client_add(struct request *rq)
{
	CLEANUP(adding_clear)
	struct adding a = { .rq = rq,
			    .redirect_text = BUF(ROUTE_BODY_MOST),
			    .post_logout_text = BUF(ROUTE_BODY_MOST),
			    .jwks_text = BUF(ROUTE_BODY_MOST),
			    .roles_text = BUF(TEXT_MOST),
			    .new_secret = BUF(64) };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	json_t *body;
	enum status st;

	TRY(ep_admin_read(rq, &root, &why, &a.in));
	st = read_adding(&a);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	TRY(add(&a));
	body = json_pack("{s:s%, s:s}", "client_id", a.id.p, a.id.n, "kind", kind_of(&a));
	if (body != NULL && a.new_secret.n > 0)
		json_object_set_new(body, "client_secret", json_of_str(buf_str(&a.new_secret)));
	return ep_admin_say(rq, 201, body);
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

enum status
ep_admin_client(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client c = { 0 };
	json_t *body, *uris = NULL;

	TRY(store_client_find(request_store(rq), rq->param[0], &c));
	body = item(&c);
	if (body != NULL && json_read(c.redirect_uris, ROUTE_BODY_MOST, &uris, NULL) == OK)
		json_object_set_new(body, "redirect_uris", uris);
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
	ep_admin_fact(&ev, "client", rq->param[0]);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(set_status(rq, rq->param[0], str_is(wanted, "active"), &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return ep_admin_say(
	    rq, 200,
	    json_pack("{s:s%, s:s%}", "client_id", rq->param[0].p, rq->param[0].n, "status", wanted.p, wanted.n));
}
