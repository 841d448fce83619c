/* ep_token.c: POST /oauth2/token: a table of grants; what has no row is unsupported_grant_type. */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/oauth/client.h"
#include "authd/oauth/code.h"
#include "authd/oauth/dpop.h"
#include "authd/oauth/token.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"
#include "authd/store/store_token.h"

#define PARAMETER_MOST 4096

/* The one audience there is so far is ourselves (RFC 8707). */
static enum status
check_resource(struct request *rq)
{
	struct str resource = form_get(&rq->form, "resource");

	if (resource.n == 0 || str_eq(resource, rq->authd->issuer))
		return OK;
	return request_fail(rq, E_INVALID, "invalid_target", "tokens are issued for this server only");
}

/* ---- client_credentials ---- */

static enum status
client_credentials(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	CLEANUP(buf_clear) struct buf scope = BUF(PRINCIPAL_SCOPE_MOST);
	struct token_terms terms = { .client = client, .cnf = *shown };
	struct receipt receipt;

	if (client_is_public(client))
		return request_fail(rq, E_DENIED, "unauthorized_client",
				    "a public client has no credentials of its own");
	if (client_scope(client, form_get(&rq->form, "scope"), &scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope", "a scope is not one of this client's");
	terms.scope = buf_str(&scope);
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

/* The session must still be there: signing out ends what has not been redeemed. */
static enum status
check_session(struct request *rq, const struct store_code *code)
{
	CLEANUP(store_session_clear) struct store_session s = { 0 };
	enum status st = store_session_by_sid(request_store(rq), code->sid, &s);

	if (st == E_NOT_FOUND || (st == OK && (s.ended_us != 0 || s.expires_us <= clock_now_us())))
		return request_fail(rq, E_DENIED, "invalid_grant", "the person has signed out");
	return st;
}

static enum status
find_person(struct request *rq, const struct store_code *code, struct store_person *out)
{
	enum status st = store_person_find(request_store(rq), code->sub, out);

	if (st == E_NOT_FOUND || (st == OK && (out->status != STORE_PERSON_ACTIVE || out->wrapped_key.n == 0)))
		return request_fail(rq, E_DENIED, "invalid_grant", "this code is not good");
	return st;
}

/* The token is noted under its grant, so that a replay of the code reaches it; E_USED when that has already happened.
 */
static enum status
save_issue(struct request *rq, const struct token_issue *issue, struct str grant_id)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(request_store(rq), &tx));
	st = store_token_issued(&tx, str_of(issue->draft.id_text), grant_id,
				issue->issued_us + TOKEN_LIFE_S * SECOND_US);
	if (st == E_USED)
		return request_fail(rq, E_DENIED, "invalid_grant", "this code was used before");
	TRY(st);
	TRY(audit_emit(&tx, &issue->draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
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
	CLEANUP(token_issue_clear) struct token_issue issue = { 0 };
	struct code_redeem with = { 0 };
	struct token_terms terms = { .client = client, .person = &person, .cnf = *shown };
	struct receipt receipt;

	TRY(read_redeem(rq, &with));
	TRY(code_take(rq, &with, &code));
	TRY(dpop_check_code(rq, or_empty(code.dpop_jkt), shown));
	TRY(check_session(rq, &code));
	TRY(find_person(rq, &code, &person));
	terms.scope = code.scope;
	terms.sid = code.sid;
	terms.nonce = or_empty(code.nonce);
	terms.amr = code.amr;
	terms.acr = (unsigned)code.acr;
	terms.auth_us = code.auth_us;
	terms.audience = or_empty(code.resource);
	terms.authorization_details = or_empty(code.details);
	TRY(token_draft(rq, &terms, &issue));
	TRY(save_issue(rq, &issue, code.grant_id));
	TRY(audit_forward(rq->authd, &issue.draft, &receipt));
	return token_answer(rq, &issue, &receipt);
}

/* ---- which: asking for more than was registered is not a slip of the pen, so it is refused with an entry (E_DENIED)
 * ---- */

static const struct {
	const char *name;
	enum status (*issue)(struct request *rq, const struct store_client *client, const struct cnf *shown);
} grants[] = {
	{ "authorization_code", authorization_code },
	{ "client_credentials", client_credentials },
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
	TRY(check_resource(rq));
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
