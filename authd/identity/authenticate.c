#include "authd/identity/authenticate.h"

#include <stdio.h>
#include <string.h>

#include "authd/request.h"

static enum status
nobody(struct request *rq)
{
	rq->who.kind = PRINCIPAL_NOBODY;
	return OK;
}

/* Operation is nobody's business but the machine's own: what comes through a proxy has another peer. */
static enum status
local(struct request *rq)
{
	if (rq->http->admin || strcmp(rq->http->peer, "127.0.0.1") == 0 || strcmp(rq->http->peer, "::1") == 0)
		return OK;
	return E_NOT_FOUND;
}

/*
 * The kernel says which user is at the other end of the admin socket; server.h let only the configured ones in. Entries
 * name them by number: account names are often people's, and the log is for everybody to read.
 */
static enum status
admin_socket(struct request *rq)
{
	rq->who.kind = PRINCIPAL_ADMIN;
	snprintf(rq->who.uid_name, sizeof(rq->who.uid_name), "uid-%u", (unsigned)rq->http->uid);
	return OK;
}

static enum status
admin(struct request *rq)
{
	/* Over the socket, too, a token says which person asks: they have their own rights then, not the socket's. */
	bool token = http_header_count(rq->http, "authorization") > 0;

	return rq->http->admin && !token ? admin_socket(rq) : authenticate_bearer(rq);
}

static enum status (*const ways[])(struct request *) = {
	[AUTHN_NONE] = nobody,
	[AUTHN_LOCAL] = local,
	[AUTHN_CLIENT] = authenticate_client,
	[AUTHN_BEARER] = authenticate_bearer,
	[AUTHN_SESSION] = authenticate_session,
	[AUTHN_SESSION_OPTIONAL] = authenticate_session_optional,
	[AUTHN_ADMIN] = admin,
};

enum status
authenticate(struct request *rq)
{
	if ((size_t)rq->route->authn >= ARRAY_LEN(ways) || ways[rq->route->authn] == NULL)
		return E_DENIED;
	return ways[rq->route->authn](rq);
}
