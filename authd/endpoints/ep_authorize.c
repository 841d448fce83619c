/*
 * ep_authorize.c: GET and POST /oauth2/authorize: authorization code with PKCE S256 and nothing else.
 *
 * What is wrong with client or redirect URI is said on a page of ours: nobody is sent to an address that is not
 * registered. Everything else goes back to the client, with state and iss (RFC 9207), by 303.
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/identity/signin.h"
#include "authd/oauth/client.h"
#include "authd/oauth/code.h"
#include "authd/oauth/pkce.h"
#include "authd/request.h"

#define PARAMETER_MOST 4096
#define NONCE_MOST     512
#define STATE_MOST     4096
#define SENT_PARAMETER "ombud_sent_us" /* our own: when we sent the person to the sign-in page */

struct wanted {
	struct request *rq;
	struct form *in;
	struct store_client client;
	struct str client_id, redirect_uri, state, nonce, challenge, prompt;
	struct buf scope;
};

static void
wanted_clear(struct wanted *w)
{
	store_client_clear(&w->client);
	buf_clear(&w->scope);
}

/* ---- back to the client ---- */

static enum status
go_back(struct wanted *w, const char *name, struct str value, const char *description)
{
	CLEANUP(buf_clear) struct buf to = BUF(16384);

	buf_put(&to, w->redirect_uri);
	form_put_param(&to, name, value);
	if (description != NULL)
		form_put_param(&to, "error_description", str_of(description));
	if (w->state.p != NULL)
		form_put_param(&to, "state", w->state);
	form_put_param(&to, "iss", w->rq->authd->issuer);
	TRY(buf_status(&to));
	response_redirect(w->rq->rsp, buf_str(&to));
	return OK;
}

/* E_END: answered; the caller stops. */
static enum status
tell_client(struct wanted *w, const char *error, const char *description)
{
	TRY(go_back(w, "error", str_of(error), description));
	return E_END;
}

/* ---- reading ---- */

static enum status
page_error(struct request *rq, const char *why)
{
	return request_fail(rq, E_INVALID, "invalid_request", why);
}

/* Somebody else's client_id or address is how codes are stolen: a page, no redirect, and an entry. */
static enum status
page_refusal(struct request *rq, const char *why)
{
	return request_fail(rq, E_DENIED, "invalid_redirect_uri", why);
}

/* Whom we would send the person to: before this is known to be good nothing is sent anywhere. */
static enum status
find_client(struct wanted *w)
{
	enum status st;

	w->client_id = form_get(w->in, "client_id");
	w->redirect_uri = form_get(w->in, "redirect_uri");
	if (w->client_id.n == 0 || w->redirect_uri.n == 0)
		return page_error(w->rq, "client_id and redirect_uri are needed");
	if (w->redirect_uri.n > PARAMETER_MOST)
		return page_error(w->rq, "redirect_uri is too long");
	st = client_live(w->rq, w->client_id, &w->client);
	if (st == E_NOT_FOUND)
		return page_refusal(w->rq, "the service that sent you here is not registered");
	TRY(st);
	if (!client_may_redirect(&w->client, w->redirect_uri))
		return page_refusal(w->rq, "the address to go back to is not registered for this service");
	return OK;
}

/* An empty parameter counts as absent (RFC 6749 3.1). */
static struct str
given(struct wanted *w, const char *name)
{
	struct str v = form_get(w->in, name);

	return v.n > 0 ? v : (struct str){ 0 };
}

static enum status
check_request_objects(struct wanted *w)
{
	if (given(w, "request").p != NULL)
		return tell_client(w, "request_not_supported", "request objects are not supported");
	if (given(w, "request_uri").p != NULL)
		return tell_client(w, "request_uri_not_supported", "request_uri is not supported");
	if (w->client.fapi)
		return tell_client(w, "invalid_request", "this client must use pushed authorization requests");
	return OK;
}

static enum status
check_response(struct wanted *w)
{
	struct str type = given(w, "response_type"), mode = given(w, "response_mode");

	if (type.p == NULL)
		return tell_client(w, "invalid_request", "response_type is missing");
	if (!str_is(type, "code"))
		return tell_client(w, "unsupported_response_type", "only code is supported");
	if (mode.p != NULL && !str_is(mode, "query"))
		return tell_client(w, "invalid_request", "only response_mode query is supported");
	if (!client_has(w->client.grants, STR("authorization_code")))
		return tell_client(w, "unauthorized_client", "this client may not use that grant");
	return OK;
}

static enum status
check_pkce(struct wanted *w)
{
	w->challenge = given(w, "code_challenge");
	if (w->challenge.p == NULL)
		return tell_client(w, "invalid_request", "code_challenge is needed");
	if (!str_is(given(w, "code_challenge_method"), "S256"))
		return tell_client(w, "invalid_request", "code_challenge_method must be S256");
	if (!pkce_is_challenge(w->challenge))
		return tell_client(w, "invalid_request", "code_challenge is malformed");
	return OK;
}

static enum status
check_texts(struct wanted *w)
{
	struct str resource = given(w, "resource"), max_age = given(w, "max_age");
	uint64_t seconds;

	w->nonce = given(w, "nonce");
	w->prompt = given(w, "prompt");
	if (w->nonce.n > NONCE_MOST)
		return tell_client(w, "invalid_request", "nonce is too long");
	if (max_age.p != NULL && str_to_u64(max_age, INT32_MAX, &seconds) != OK)
		return tell_client(w, "invalid_request", "max_age must be a number of seconds");
	if (client_scope(&w->client, given(w, "scope"), &w->scope) != OK)
		return tell_client(w, "invalid_scope", "a scope is not one of this client's");
	if (resource.p != NULL && !str_eq(resource, w->rq->authd->issuer))
		return tell_client(w, "invalid_target", "tokens are issued for this server only");
	return OK;
}

static enum status
read_wanted(struct wanted *w)
{
	TRY(find_client(w));
	w->state = given(w, "state");
	if (w->state.n > STATE_MOST) {
		w->state = (struct str){ 0 };
		return tell_client(w, "invalid_request", "state is too long");
	}
	TRY(check_request_objects(w));
	TRY(check_response(w));
	TRY(check_pkce(w));
	return check_texts(w);
}

/* ---- the person ---- */

/*
 * prompt=login and max_age ask for a fresh sign-in: one after we sent the person to the sign-in page for this very
 * request, or one that is young enough. When that was comes back in the address, where it can be changed as easily as
 * prompt can be left out: a client that insists reads auth_time in the ID token.
 */
static bool
fresh_enough(struct wanted *w)
{
	const int64_t auth_us = w->rq->who.auth_us;
	struct str max_age = given(w, "max_age");
	uint64_t asked_us, most;

	if (str_to_u64(given(w, SENT_PARAMETER), INT64_MAX, &asked_us) == OK && auth_us >= (int64_t)asked_us)
		return true;
	if (client_has(w->prompt, STR("login")))
		return false;
	if (max_age.p == NULL)
		return true;
	return str_to_u64(max_age, INT32_MAX, &most) == OK && clock_now_us() - auth_us <= (int64_t)most * SECOND_US;
}

/* This very request with the time at which it was sent to the sign-in page. A posted one comes back as GET. */
static enum status
put_here(struct wanted *w, struct buf *here)
{
	CLEANUP(buf_clear) struct buf now = BUF(24);

	buf_put_u64_dec(&now, (uint64_t)clock_now_us());
	buf_put_cstr(here, "/oauth2/authorize");
	for (size_t i = 0; i < w->in->count; i++) {
		CLEANUP(freep) char *name = NULL;

		TRY(str_dup(w->in->pairs[i].name, &name));
		if (strcmp(name, SENT_PARAMETER) != 0)
			form_put_param(here, name, w->in->pairs[i].value);
	}
	form_put_param(here, SENT_PARAMETER, buf_str(&now));
	return buf_status(here);
}

/* To the sign-in page, also for somebody who is signed in, and back. */
static enum status
to_login(struct wanted *w)
{
	CLEANUP(buf_clear) struct buf here = BUF(SIGNIN_RETURN_MOST), to = BUF(65536);
	enum status st = put_here(w, &here);

	if (st == E_TOO_LARGE)
		return tell_client(w, "invalid_request", "the request is too long to come back to after signing in");
	TRY(st);
	buf_put_cstr(&to, "/login");
	form_put_param(&to, "again", STR("1"));
	form_put_param(&to, "return_to", buf_str(&here));
	TRY(buf_status(&to));
	response_redirect(w->rq->rsp, buf_str(&to));
	return E_END;
}

static enum status
check_person(struct wanted *w)
{
	bool none = client_has(w->prompt, STR("none"));

	if (none && w->prompt.n != 4)
		return tell_client(w, "invalid_request", "prompt=none stands alone");
	if (w->rq->who.kind == PRINCIPAL_PERSON && fresh_enough(w))
		return OK;
	return none ? tell_client(w, "login_required", "nobody is signed in") : to_login(w);
}

static enum status
authorize_client(struct wanted *w)
{
	CLEANUP(buf_clear) struct buf code = BUF(64);
	struct code_terms terms;

	TRY(read_wanted(w));
	TRY(check_person(w));
	terms = (struct code_terms){ .client_id = w->client.client_id,
				     .redirect_uri = w->redirect_uri,
				     .scope = buf_str(&w->scope),
				     .nonce = w->nonce,
				     .challenge = w->challenge };
	TRY(code_issue(w->rq, &terms, &code));
	return go_back(w, "code", buf_str(&code), NULL);
}

enum status
ep_authorize(struct request *rq)
{
	CLEANUP(wanted_clear)
	struct wanted w = { .rq = rq,
			    .in = rq->http->method == HTTP_POST ? &rq->form : &rq->query,
			    .scope = BUF(PRINCIPAL_SCOPE_MOST) };
	enum status st = authorize_client(&w);

	return st == E_END ? OK : st;
}
