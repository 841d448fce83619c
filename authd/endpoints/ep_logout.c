/*
 * ep_logout.c: signing out: by our own button, and by a client that sends the person here (OpenID Connect RP-Initiated
 * Logout). A client's wish is followed at once only with an ID token of ours for this very session, expired or not;
 * otherwise the person is asked (ASVS 10.6.2). The way back is one that the client registered, byte by byte, or none;
 * with a hint that is not ours there is none, and nobody is sent anywhere.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/session.h"
#include "authd/jose/jws.h"
#include "authd/keyset.h"
#include "authd/oauth/client.h"
#include "authd/request.h"

#define AGAIN_MOST ((size_t)7 << 10) /* a request line has room for it */

enum status
ep_sign_out(struct request *rq)
{
	TRY(session_end(rq));
	response_redirect(rq->rsp, STR("/login"));
	return OK;
}

/* ---- what the client said ---- */

struct wish {
	struct store_client client; /* named by the hint, or by client_id */
	bool known;                 /* there is one */
	bool hinted;                /* an ID token of ours for the session that is here */
	struct str return_to, state;
};

/*
 * The audience is read before the token is verified, to know whom to expect; the check then insists on it. Any status
 * but E_UNAVAILABLE and E_NOMEM: it is no ID token of ours for a client that there is.
 */
static enum status
check_hint(struct request *rq, struct str hint, struct wish *w)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	CLEANUP(jws_freep) struct jws *peek = NULL, *j = NULL;
	struct jws_expect expect = { .iss = rq->authd->issuer, .now_us = clock_now_us() };
	const char *sid;

	if (keys == NULL)
		return E_UNAVAILABLE;
	TRY(jws_parse(JWS_ID_TOKEN_HINT, hint, &peek));
	TRY(jws_unverified(peek, "aud", &expect.aud));
	TRY(jws_accept(JWS_ID_TOKEN_HINT, hint, keyset_keys(keys), &expect, &j));
	TRY(client_live(rq, expect.aud, &w->client));
	w->known = true;
	sid = json_string_value(json_object_get(jws_claims(j), "sid"));
	w->hinted = sid != NULL && rq->who.kind == PRINCIPAL_PERSON && strcmp(sid, rq->who.sid) == 0;
	return OK;
}

static enum status
read_wish(struct request *rq, const struct form *in, struct wish *w)
{
	struct str hint = form_get(in, "id_token_hint"), client_id = form_get(in, "client_id");
	enum status st = hint.n > 0 ? check_hint(rq, hint, w) : OK;

	if (st == E_UNAVAILABLE || st == E_NOMEM)
		return st;
	if (st != OK) /* whoever made it has no say in where anybody goes; the person may still want to leave */
		return OK;
	w->return_to = form_get(in, "post_logout_redirect_uri");
	w->state = form_get(in, "state");
	if (w->known && client_id.n > 0 && !str_eq(client_id, w->client.client_id))
		return request_fail(rq, E_INVALID, "invalid_request", "client_id is not the one of the id_token_hint");
	if (!w->known && client_id.n > 0)
		w->known = client_live(rq, client_id, &w->client) == OK;
	if (w->return_to.n > 0 && (!w->known || !client_may_return(&w->client, w->return_to)))
		return request_fail(rq, E_INVALID, "invalid_redirect_uri",
				    "the address to go back to is not registered");
	return OK;
}

/* ---- the answer ---- */

static enum status
signed_out_page(struct request *rq)
{
	json_t *data = json_object();
	enum status st = request_page(rq, 200, "signed_out", data);

	json_decref(data);
	return st;
}

static enum status
leave(struct request *rq, const struct wish *w)
{
	CLEANUP(buf_clear) struct buf to = BUF(16384);

	if (rq->who.kind == PRINCIPAL_PERSON)
		TRY(session_end(rq));
	if (w->return_to.n == 0)
		return signed_out_page(rq);
	buf_put(&to, w->return_to);
	if (w->state.n > 0)
		form_put_param(&to, "state", w->state);
	TRY(buf_status(&to));
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

/* The page's form brings everything back with our own token, so its answer is the person's. */
static enum status
ask_person(struct request *rq, const struct wish *w)
{
	struct str id = w->known ? w->client.client_id : STR("");
	json_t *data = json_pack("{s:s%, s:s%, s:s%}", "client_id", id.n > 0 ? id.p : "", id.n,
				 "post_logout_redirect_uri", w->return_to.n > 0 ? w->return_to.p : "", w->return_to.n,
				 "state", w->state.n > 0 ? w->state.p : "", w->state.n);
	enum status st;

	if (w->return_to.n > 0)
		response_form_action(rq->rsp, w->return_to);
	st = request_page(rq, 200, "sign_out", data);
	json_decref(data);
	return st;
}

/* A form of another site comes without the session's cookie (SameSite=Lax): it comes again as a link, which has it. */
static enum status
come_again(struct request *rq)
{
	static const char *const names[] = { "id_token_hint", "client_id", "post_logout_redirect_uri", "state" };
	CLEANUP(buf_clear) struct buf to = BUF(AGAIN_MOST);

	buf_put_cstr(&to, "/oauth2/logout");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (form_get(&rq->form, names[i]).n > 0)
			form_put_param(&to, names[i], form_get(&rq->form, names[i]));
	if (buf_status(&to) != OK)
		return request_fail(rq, E_TOO_LARGE, "too_large", "this is more than a sign-out may say");
	response_redirect(rq->rsp, buf_str(&to));
	return OK;
}

enum status
ep_logout(struct request *rq)
{
	struct wish w = { 0 };
	const bool posted = rq->http->method == HTTP_POST;
	const bool own_form = posted && form_get(&rq->form, "csrf").n > 0;
	enum status st;

	if (posted && !own_form && rq->who.kind != PRINCIPAL_PERSON)
		return come_again(rq);
	st = read_wish(rq, posted ? &rq->form : &rq->query, &w);
	if (st == OK && own_form) {
		st = authorize_own_form(rq);
		w.hinted = st == OK;
	}
	if (st == OK)
		st = w.hinted || rq->who.kind != PRINCIPAL_PERSON ? leave(rq, &w) : ask_person(rq, &w);
	store_client_clear(&w.client);
	return st;
}
