/*
 * authorize.c: what a route needs beyond who it is. Three kinds of callers, three checks: a token's scope, an
 * administrator's permission, and for a form of a signed-in person that it was our own page that sent it.
 */
#include <string.h>

#include "auditlog/base/secret.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/stepup.h"
#include "authd/request.h"

/* What each administrative permission asks of a role, to look (GET) and to change (POST): who may look may not change.
 */
static const struct {
	const char *needs;
	enum action look, change;
} admin_actions[] = {
	{ "people", ACTION_PERSON_READ, ACTION_PERSON_WRITE },
	{ "roles", ACTION_ROLE_READ, ACTION_ROLE_ASSIGN },
	{ "clients", ACTION_CLIENT_READ, ACTION_CLIENT_WRITE },
	{ "policy", ACTION_POLICY_READ, ACTION_POLICY_ACTIVATE },
	{ "proposals", ACTION_POLICY_READ, ACTION_POLICY_WRITE },
	{ "consents", ACTION_CONSENT_READ, ACTION_CONSENT_WITHDRAW },
	{ "mandates", ACTION_ASSIST_CONSENT, ACTION_ASSIST_CONSENT }, /* as at /desk/mandates */
	{ "sessions", ACTION_SESSION_END, ACTION_SESSION_END },
	{ "audit", ACTION_AUDIT_READ, ACTION_AUDIT_READ },
	{ "breakglass", ACTION_BREAK_GLASS_REVIEW, ACTION_BREAK_GLASS_REVIEW },
	{ "affected", ACTION_BREAK_GLASS_REVIEW, ACTION_BREAK_GLASS_REVIEW }, /* privacy officers: it names people */
	{ "subjects", ACTION_PERSON_ERASE, ACTION_PERSON_ERASE }, /* everything about somebody: to have it, or to end it
								   */
};

static enum status
scope(struct request *rq)
{
	if (rq->route->needs == NULL || principal_has_scope(&rq->who, rq->route->needs))
		return stepup_route(rq);
	problem_challenge(rq->rsp, "%s error=\"insufficient_scope\", scope=\"%s\"",
			  rq->who.bound_to_key ? "DPoP" : "Bearer", rq->route->needs);
	return request_fail(rq, E_DENIED, "insufficient_scope",
			    "the access token does not have the scope that this needs");
}

static enum status
admin_action(struct request *rq, enum action action)
{
	struct str names[PRINCIPAL_ROLES_MOST];
	bool acr_short = false;
	uint64_t held = 0;

	for (size_t i = 0; i < rq->who.role_count; i++)
		names[i] = str_of(rq->who.roles[i]);
	if (rq->policy != NULL && policy_roles(rq->policy, names, rq->who.role_count, &held) == OK &&
	    policy_may(rq->policy, policy_closure(rq->policy, held), action, rq->who.acr, &acr_short))
		return OK;
	if (acr_short)
		return stepup_need(rq, rq->who.acr + 1, 0);
	return request_fail(rq, E_DENIED, "role_missing", "none of your roles may do this");
}

/* The admin socket is the operator's: who may open it is the machine's configuration. A token needs scope and role. */
static enum status
administration(struct request *rq)
{
	if (rq->who.kind == PRINCIPAL_ADMIN)
		return OK;
	if (!principal_has_scope(&rq->who, "admin"))
		return request_fail(rq, E_DENIED, "insufficient_scope",
				    "the access token does not have the scope admin");
	if (rq->route->needs == NULL)
		return admin_action(rq, ACTION_AUDIT_READ);
	for (size_t i = 0; i < ARRAY_LEN(admin_actions); i++)
		if (strcmp(admin_actions[i].needs, rq->route->needs) == 0)
			return admin_action(rq, rq->route->method == HTTP_GET ? admin_actions[i].look
									      : admin_actions[i].change);
	return E_DENIED;
}

/*
 * A browser says where a form came from; a script says nothing and is let through to the token check, which it passes
 * only after having read our page with the person's cookie. Our pages go out with `Referrer-Policy: no-referrer`, under
 * which browsers send `Origin: null` with our own forms, too: that one is only believed together with Sec-Fetch-Site,
 * which no page can set.
 */
bool
authorize_form_is_foreign(const struct request *rq)
{
	struct str origin = http_header(rq->http, "origin");
	struct str site = http_header(rq->http, "sec-fetch-site");

	if (http_header_count(rq->http, "origin") > 1)
		return true;
	if (str_is(origin, "null"))
		return !str_is(site, "same-origin");
	if (origin.p != NULL && !str_eq(origin, rq->authd->issuer))
		return true;
	return site.p != NULL && !str_is(site, "same-origin") && !str_is(site, "none");
}

enum status
authorize_own_form(struct request *rq)
{
	struct str token = form_get(&rq->form, "csrf");

	if (rq->http->method != HTTP_POST || rq->who.kind != PRINCIPAL_PERSON)
		return OK;
	if (authorize_form_is_foreign(rq))
		return request_fail(rq, E_DENIED, "foreign_origin", "this form was not sent from our own page");
	if (token.n == 0 || !secret_equal(token, str_of(rq->who.csrf)))
		return request_fail(rq, E_DENIED, "csrf_failed", "this form is too old; open the page again");
	return OK;
}

enum status
authorize(struct request *rq)
{
	switch (rq->route->authn) {
	case AUTHN_BEARER:
		return scope(rq);
	case AUTHN_ADMIN:
		return administration(rq);
	case AUTHN_SESSION:
		TRY(authorize_own_form(rq));
		return stepup_route(rq);
	case AUTHN_SESSION_OPTIONAL: /* forms of other sites may come here (OpenID Connect); each handler says what it
					takes */
	case AUTHN_NONE:
	case AUTHN_LOCAL:
	case AUTHN_CLIENT:
		return OK;
	}
	return E_DENIED;
}
