/*
 * request.h: one request on its journey. request.c is the file to read first.
 */
#ifndef AUTHD_REQUEST_H
#define AUTHD_REQUEST_H

#include "authd/authd.h"
#include "authd/http/form.h"
#include "authd/http/http_request.h"
#include "authd/http/problem.h"
#include "authd/http/response.h"
#include "authd/identity/principal.h"
#include "authd/routes.h"

struct request {
	struct authd *authd;
	const struct http_request *http;
	struct http_response *rsp;
	const struct route *route;
	struct str param[ROUTE_PARAMS_MOST]; /* what stood at the {…} of the route's path, in order */
	struct form query;
	struct form form; /* of a ROUTE_FORM body, else empty */
	struct principal who;
	struct policy *policy; /* the bundle that this request is judged by, from begin to end; may be NULL */
	bool token_is_ours;    /* a bearer token that holds was sent, whatever becomes of what it rests on */
	bool refusal_recorded; /* the handler has written the entry of its refusal itself */
};

/* server_handler: ctx is the struct authd. */
void request_serve(void *ctx, const struct http_request *http, struct http_response *rsp);
/* server_finished: one line of the operator log. */
void request_log(void *ctx, const struct http_request *http, const struct http_response *rsp, int64_t took_us);
/* server_classify and server_body_most: the route's speed class and limit, before the body is read. */
enum server_class request_class(void *ctx, const struct http_request *http);
size_t request_body_most(void *ctx, const struct http_request *http);

/*
 * The database connection of the worker this request runs on. Only for SLOW routes (and for worker jobs through
 * worker_context); NULL on a loop thread.
 */
struct store *request_store(const struct request *rq);

/* The language in which texts of the policy are shown to who asks. */
enum words_lang request_lang(const struct request *rq);
/* The person who asks, or for whom somebody asks, as authd-keyd takes them. Borrowed from rq->who. */
struct keys_person request_person(const struct request *rq);

/* problem_set() for handlers: says why, returns st. code is a row of the map in problem.c, detail is plain text for the
 * client. */
enum status request_fail(struct request *rq, enum status st, const char *code, const char *detail);

/* Renders a template with data (borrowed; the common members are added: lang, path, csrf, who …) as status http. */
MUST_USE enum status request_page(struct request *rq, int http, const char *name, json_t *data);

#endif
