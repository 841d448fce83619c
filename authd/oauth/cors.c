#include "authd/oauth/cors.h"

#include "authd/http/json.h"
#include "authd/oauth/client.h"
#include "authd/request.h"

/* Lower case, as browsers write it; what could mean something in a pattern of the database is not among these. */
static bool
is_origin_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' ||
	       c == ']';
}

enum status
cors_origin(const struct http_request *req, struct str *out)
{
	struct str said;

	TRY(http_header_one(req, "origin", &said));
	if (!str_starts(said, STR("https://")) || said.n <= STR("https://").n || said.n > CORS_ORIGIN_MOST)
		return E_INVALID;
	for (size_t i = STR("https://").n; i < said.n; i++)
		if (!is_origin_char(said.p[i]))
			return E_INVALID;
	*out = said;
	return OK;
}

bool
cors_is_of(const struct store_client *c, struct str origin)
{
	CLEANUP(json_decrefp) json_t *list = NULL;

	if (json_read(c->redirect_uris, ROUTE_BODY_MOST, &list, NULL) != OK)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		const struct str uri = str_from(json_string_value(v), json_string_length(v));

		if (str_starts(uri, origin) && (uri.n == origin.n || uri.p[origin.n] == '/'))
			return true;
	}
	return false;
}

static bool
is_shared(const struct request *rq)
{
	struct str param[ROUTE_PARAMS_MOST];
	const struct route *row;
	const char *allow;

	return route_find(HTTP_OPTIONS, rq->http->path, &row, param, &allow) == OK;
}

/* Whoever has shown a client's credentials or token answers for that client's pages alone. */
static enum status
is_known(struct request *rq, struct str origin, bool *known)
{
	CLEANUP(store_client_clear) struct store_client client = { 0 };

	if (rq->who.client_id[0] == '\0')
		return store_client_origin(request_store(rq), origin, known);
	TRY(client_of(rq, &client));
	*known = cors_is_of(&client, origin);
	return OK;
}

void
cors_answer(struct request *rq)
{
	struct str origin;
	bool known = false;

	if (rq->route == NULL || rq->http->method == HTTP_OPTIONS || cors_origin(rq->http, &origin) != OK ||
	    !is_shared(rq))
		return;
	response_header(rq->rsp, "Vary", STR("Origin"));
	if (is_known(rq, origin, &known) != OK || !known)
		return;
	response_header(rq->rsp, "Access-Control-Allow-Origin", origin);
	response_header(rq->rsp, "Access-Control-Expose-Headers", STR("DPoP-Nonce, WWW-Authenticate, Retry-After"));
}
