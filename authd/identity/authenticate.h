/* authenticate.h: from what came with the request to who is asking. */
#ifndef AUTHD_IDENTITY_AUTHENTICATE_H
#define AUTHD_IDENTITY_AUTHENTICATE_H

#include <stdbool.h>

#include "auditlog/base/status.h"
#include "authd/oauth/dpop.h"

struct request;

/*
 * Fills rq->who as rq->route->authn asks. E_UNAUTHENTICATED (challenge or redirect to /login noted in the response),
 * E_DENIED when the way in is not allowed (AUTHN_LOCAL from outside), E_UNAVAILABLE when it could not be found out.
 */
MUST_USE enum status authenticate(struct request *rq);

/* AUTHN_SESSION: nobody signed in is sent to /login; session.c */
MUST_USE enum status authenticate_session(struct request *rq);
/* AUTHN_SESSION_OPTIONAL; session.c */
MUST_USE enum status authenticate_session_optional(struct request *rq);
/* AUTHN_BEARER; bearer.c */
MUST_USE enum status authenticate_bearer(struct request *rq);
/* What an access token must be good for, where it is not this request itself (/verify). */
struct bearer_use {
	struct str audience;
	struct dpop_target target;
	json_t **claims; /* may be NULL; the caller's when it was OK */
};
MUST_USE enum status authenticate_bearer_use(struct request *rq, const struct bearer_use *use);
/* AUTHN_CLIENT; oauth/client.c */
MUST_USE enum status authenticate_client(struct request *rq);

/*
 * What the route needs beyond who it is: the scope of a token, the permission of an administrator, and for every
 * form of a signed-in person the session's CSRF token and an Origin that is ours. E_DENIED.
 */
MUST_USE enum status authorize(struct request *rq);
/* A browser says that this form was sent from another site (Origin, Sec-Fetch-Site). */
bool authorize_form_is_foreign(const struct request *rq);
/* The last of these alone: a form of a signed-in person was sent from our own page. For nobody it is OK. */
MUST_USE enum status authorize_own_form(struct request *rq);

#endif
