/* ep_token.c: POST /oauth2/token: a table of grants; what has no row is unsupported_grant_type. */
#include "authd/endpoints/endpoints.h"
#include "authd/oauth/client.h"
#include "authd/oauth/code.h"
#include "authd/oauth/details.h"
#include "authd/oauth/device.h"
#include "authd/oauth/dpop.h"
#include "authd/oauth/exchange.h"
#include "authd/oauth/refresh.h"
#include "authd/request.h"

#define PARAMETER_MOST 4096

/* ---- client_credentials: no refresh token, the client can always come again (RFC 6749 4.4.3) ---- */

static enum status
client_credentials(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	CLEANUP(buf_clear) struct buf scope = BUF(PRINCIPAL_SCOPE_MOST), audience = BUF(GRANT_AUDIENCE_MOST);
	struct token_terms terms = { .client = client, .cnf = *shown };
	struct receipt receipt;

	if (client_is_public(client))
		return request_fail(rq, E_DENIED, "unauthorized_client",
				    "a public client has no credentials of its own");
	if (client_scope(client, form_get(&rq->form, "scope"), &scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope", "a scope is not one of this client's");
	TRY(grant_own_audience(rq, client, &audience));
	terms.scope = buf_str(&scope);
	terms.audience = buf_str(&audience);
	TRY(token_draft(rq, &terms, &issue));
	TRY(audit_append(rq->authd, &issue.draft, &receipt));
	return token_answer(rq, &issue, &receipt);
}

/* ---- authorization_code ---- */

static enum status
read_redeem(struct request *rq, struct code_redeem *with)
{
	with->client_id = str_of(rq->who.client_id);
	if (form_need(&rq->form, "code", PARAMETER_MOST, &with->code) != OK ||
	    form_need(&rq->form, "redirect_uri", PARAMETER_MOST, &with->redirect_uri) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->form.error);
	with->verifier = form_get(&rq->form, "code_verifier");
	if (with->verifier.n == 0)
		return request_fail(rq, E_DENIED, "invalid_grant", "code_verifier is missing");
	return OK;
}

/* Signing out ends what has not been redeemed. */
static enum status
check_session(struct request *rq, struct str sid)
{
	enum status st = grant_session(rq, sid);

	return st == E_NOT_FOUND ? request_fail(rq, E_DENIED, "invalid_grant", "the person has signed out") : st;
}

static struct str
or_empty(struct str s)
{
	return s.p != NULL ? s : STR("");
}

static enum status
authorization_code(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(store_code_clear) struct store_code code = { 0 };
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf audience = BUF(GRANT_AUDIENCE_MOST);
	struct code_redeem with = { 0 };
	struct token_terms terms = { .client = client, .person = &person, .cnf = *shown };

	TRY(read_redeem(rq, &with));
	TRY(code_take(rq, &with, &code));
	TRY(dpop_check_code(rq, or_empty(code.dpop_jkt), shown));
	TRY(check_session(rq, code.sid));
	TRY(grant_person(rq, code.sub, &person));
	TRY(details_stand(rq, or_empty(code.details), code.sub));
	TRY(grant_audience(rq, client, or_empty(code.resource), &audience));
	terms.scope = code.scope;
	terms.sid = code.sid;
	terms.nonce = or_empty(code.nonce);
	terms.amr = code.amr;
	terms.acr = (unsigned)code.acr;
	terms.auth_us = code.auth_us;
	terms.audience = buf_str(&audience);
	terms.authorization_details = or_empty(code.details);
	terms.grant_id = code.grant_id;
	return refresh_first(rq, &terms, or_empty(code.resource), &(const struct grant_also){ 0 });
}

/* ---- which: asking for more than was registered is not a slip of the pen, so it is refused with an entry (E_DENIED)
 * ---- */

static const struct {
	const char *name;
	enum status (*issue)(struct request *rq, const struct store_client *client, const struct cnf *shown);
} grants[] = {
	{ "authorization_code", authorization_code }, { "client_credentials", client_credentials },
	{ "refresh_token", refresh_grant },           { DEVICE_GRANT, device_grant },
	{ EXCHANGE_GRANT, exchange_grant },
};

enum status
ep_token(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };
	struct str wanted = form_get(&rq->form, "grant_type");
	struct cnf shown; /* the key that this request proved to hold: what its token will be bound to */

	if (wanted.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "grant_type is missing");
	TRY(client_of(rq, &client));
	for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
		if (!str_is(wanted, grants[i].name))
			continue;
		if (!client_has(client.grants, wanted))
			return request_fail(rq, E_DENIED, "unauthorized_client", "this client may not use that grant");
		TRY(dpop_binding(rq, &client, &shown));
		return grants[i].issue(rq, &client, &shown);
	}
	return request_fail(rq, E_INVALID, "unsupported_grant_type", "there is no such grant here");
}
