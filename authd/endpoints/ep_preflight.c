/* ep_preflight.c: OPTIONS on what is shared with applications in browsers (oauth/cors.h): may that page ask at all? */
#include "authd/endpoints/endpoints.h"
#include "authd/oauth/cors.h"
#include "authd/request.h"

#define REMEMBER_S "600" /* how long a browser need not ask again */

enum status
ep_preflight(struct request *rq)
{
	struct str origin;
	bool known = false;

	if (cors_origin(rq->http, &origin) == OK)
		TRY(store_client_origin(request_store(rq), origin, &known));
	if (!known)
		return request_fail(rq, E_DENIED, "foreign_origin", "no client has an address on that origin");
	response_empty(rq->rsp, 204);
	response_header(rq->rsp, "Vary", STR("Origin"));
	response_header(rq->rsp, "Access-Control-Allow-Origin", origin);
	response_header(rq->rsp, "Access-Control-Allow-Methods", STR("GET, POST"));
	response_header(rq->rsp, "Access-Control-Allow-Headers", STR("Authorization, Content-Type, DPoP"));
	response_header(rq->rsp, "Access-Control-Max-Age", STR(REMEMBER_S));
	return OK;
}
