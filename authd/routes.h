/*
 * routes.h: what is there at all. One row per resource and method; no row, no access (R7).
 */
#ifndef AUTHD_ROUTES_H
#define AUTHD_ROUTES_H

#include "authd/http/http_request.h"
#include "authd/http/problem.h"
#include "authd/http/server.h"

struct request;

#define ROUTE_PARAMS_MOST 4

/* Who must be asking. authenticate() makes it so before the handler runs. */
enum route_authn {
	AUTHN_NONE,             /* anybody; the handler learns nothing about who */
	AUTHN_LOCAL,            /* loopback address or the admin socket */
	AUTHN_CLIENT,           /* a registered OAuth client, authenticated as its registration says */
	AUTHN_BEARER,           /* an access token for our own APIs; `needs` is the scope */
	AUTHN_SESSION,          /* a signed-in person; without a session: to /login and back */
	AUTHN_SESSION_OPTIONAL, /* a signed-in person or nobody */
	AUTHN_ADMIN,            /* the admin socket, or an access token with scope admin; `needs` is the permission */
};

/*
 * Whose data its answer shows (R1): names, ids, states, or that there is somebody. Whoever adds a row says it; the
 * handler keeps it, and tests/system/test_looks.mjs opens each SHOWS_OTHERS that is read and looks for the entry.
 */
enum route_shows {
	SHOWS_UNSAID, /* nobody has said it: no row may be so */
	SHOWS_NOBODY, /* nothing about a person: what everybody reads, settings, sums, pseudonyms that are in the log */
	SHOWS_SELF,   /* what is of the one who asks; of another only while they act for them (identity/acting.h) */
	SHOWS_OTHERS, /* of others: the handler's own entry is durable before it leaves; without the log, nothing does
		       */
	SHOWS_CASE,   /* of somebody whose case this official opened (desk.h): the opening is the entry, there first */
};

enum route_body { ROUTE_NO_BODY, ROUTE_FORM, ROUTE_JSON, ROUTE_ANY };

struct route {
	enum http_method method;
	const char *path; /* "/consents/{id}/withdraw"; a last "{*}" takes the rest of the path */
	enum route_authn authn;
	const char *needs; /* scope or permission; NULL = none */
	enum route_body body;
	size_t body_most; /* bytes; 0 = ROUTE_BODY_MOST */
	enum server_class speed;
	enum problem_shape errors;
	bool record_refusals; /* a refused attempt is an entry (access.denied_request) */
	enum route_shows shows;
	enum status (*handle)(struct request *rq);
};

#define ROUTE_BODY_MOST ((size_t)64 << 10)

/*
 * Finds the row for a method and decoded path and cuts out the {…} parts (borrowed from the path). E_NOT_FOUND: no such
 * path. E_UNSUPPORTED with *allow set ("GET, POST", static per path): the path is there, the method is not.
 */
MUST_USE enum status route_find(enum http_method method, struct str path, const struct route **out,
				struct str param[ROUTE_PARAMS_MOST], const char **allow);
/* All rows, for tests and for the OpenAPI check. */
const struct route *route_table(size_t *count);

#endif
