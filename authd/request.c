/*
 * request.c: the journey of a request. Read journey() first; each line is a hop, and the prefix of a call names its
 * file.
 *
 * The reader (http/) has handed over a complete, valid request. What the table of routes does not know does not exist;
 * who asks is found out before anything of the body is believed; a handler runs only after both; and one place turns
 * what came of it into HTTP.
 */
#include "authd/request.h"

#include <string.h>

#include "auditlog/base/log.h"
#include "authd/audit/refusals.h"
#include "authd/http/cookie.h"
#include "authd/http/html.h"
#include "authd/http/i18n.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/signin.h"
#include "authd/oauth/cors.h"

/* Body and query in the one form that the route wants, before anybody reads them. */
static enum status
read_input(struct request *rq)
{
	/* Checkboxes of /ask and /representatives, and RFC 8707 2; nothing else comes twice. */
	static const char *const repeatable[] = { "category", "resource", "purpose", "action", NULL },
				 *const in_address[] = { "resource", NULL };

	if (form_from_query(rq->http, in_address, &rq->query) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->query.error);
	switch (rq->route->body) {
	case ROUTE_NO_BODY:
		if (rq->http->body.n > 0)
			return request_fail(rq, E_INVALID, "invalid_request", "this request takes no body");
		return OK;
	case ROUTE_FORM: {
		enum status st = form_from_body(rq->http, repeatable, &rq->form);

		return st == OK ? OK : request_fail(rq, st, NULL, rq->form.error);
	}
	case ROUTE_JSON:
		return form_media_type(rq->http, "application/json");
	case ROUTE_ANY:
		return OK;
	}
	return E_SYSTEM;
}

static enum status
find_route(struct request *rq)
{
	const char *allow = NULL;
	enum status st = route_find(rq->http->method, rq->http->path, &rq->route, rq->param, &allow);

	if (st == E_UNSUPPORTED) {
		rq->rsp->allow = allow;
		return request_fail(rq, st, "method_not_allowed", "this path does not take that method");
	}
	return st;
}

static enum status
journey(struct request *rq)
{
	TRY(find_route(rq));          /* routes.c: no row, no access             */
	TRY(read_input(rq));          /* http/form.c: strict, or 4xx             */
	TRY(authenticate(rq));        /* identity/: who is asking                */
	TRY(authorize(rq));           /* identity/authorize.c: scope, role, CSRF */
	return rq->route->handle(rq); /* endpoints/ep_*.c                        */
}

/* Whoever was turned away for who they are or what they tried leaves a trace; the answer waits for it. */
static bool
is_refusal(enum status st)
{
	return st == E_UNAUTHENTICATED || st == E_DENIED || st == E_USED || st == E_LIMITED;
}

/* The only place that turns a status into HTTP. */
static void
request_finish(struct request *rq, enum status st)
{
	enum problem_shape shape = rq->route != NULL ? rq->route->errors : PROBLEM_AUTO;

	if (st != OK && is_refusal(st) && rq->route != NULL && rq->route->record_refusals && !rq->refusal_recorded) {
		enum status written = refusals_record(rq, st);

		if (written != OK)
			st = problem_set(rq->rsp, written, "log_unavailable",
					 "the audit log does not answer; try again soon");
	}
	if (st == OK && rq->rsp->status != 0)
		st = response_status(rq->rsp);
	else if (st == OK)
		st = E_SYSTEM; /* a handler that answered nothing */
	if (st == E_SYSTEM || st == E_CORRUPT || st == E_NOMEM)
		log_error(st, "request.failed", "path=%s id=%s", rq->route != NULL ? rq->route->path : "-",
			  rq->http->id);
	/* A handler may have chosen a redirect (sign in first) and still say why: the redirect stands. */
	if (st != OK && !(st == E_UNAUTHENTICATED && rq->rsp->status == 303))
		problem_respond(rq->http, shape, st, rq->rsp);
	cors_answer(rq);
	if (rq->route != NULL && str_eq(form_get(&rq->query, "lang"), str_of(i18n_code(rq->http->lang))))
		cookie_set(rq->rsp, COOKIE_LANG, str_of(i18n_code(rq->http->lang)), 365 * 86400, COOKIE_LAX);
}

void
request_serve(void *ctx, const struct http_request *http, struct http_response *rsp)
{
	struct authd *a = ctx;
	struct request rq = { .authd = a, .http = http, .rsp = rsp, .policy = policy_slot_get(a->policy) };

	request_finish(&rq, journey(&rq));
	principal_clear(&rq.who);
	form_clear(&rq.form);
	form_clear(&rq.query);
	policy_unref(rq.policy);
}

static const struct route *
route_of(const struct http_request *http)
{
	struct str param[ROUTE_PARAMS_MOST];
	const struct route *route = NULL;
	const char *allow = NULL;

	return route_find(http->method, http->path, &route, param, &allow) == OK ? route : NULL;
}

enum server_class
request_class(void *ctx UNUSED, const struct http_request *http)
{
	const struct route *route = route_of(http);

	return route != NULL ? route->speed : SERVER_FAST;
}

size_t
request_body_most(void *ctx UNUSED, const struct http_request *http)
{
	const struct route *route = route_of(http);

	return route != NULL && route->body_most != 0 ? route->body_most : ROUTE_BODY_MOST;
}

struct store *
request_store(const struct request *rq)
{
	return worker_context(rq->authd->pool);
}

enum status
request_fail(struct request *rq, enum status st, const char *code, const char *detail)
{
	return problem_set(rq->rsp, st, code, detail);
}

/* This page's own address up to where `lang=…` goes: path and query as they came, without the language asked for. */
static enum status
own_address(const struct request *rq, struct buf *out)
{
	char mark = '?';

	buf_put(out, rq->http->raw_path);
	for (size_t i = 0; i < rq->query.count; i++) {
		const struct form_pair *p = &rq->query.pairs[i];

		/* A way back that leads elsewhere is followed by nobody; it need not be repeated either. */
		if (str_is(p->name, "lang") || (str_is(p->name, "return_to") && !signin_is_own_path(p->value)))
			continue;
		buf_put_char(out, mark);
		form_put_escaped(out, p->name);
		buf_put_char(out, '=');
		form_put_escaped(out, p->value);
		mark = '&';
	}
	buf_put_char(out, mark);
	return buf_status(out);
}

/* What every page may show: the language, where we are, who is signed in, the token that forms bring back. */
static enum status
add_common(struct request *rq, json_t *data)
{
	CLEANUP(buf_clear) struct buf here = BUF(65536);
	json_t *common;

	TRY(own_address(rq, &here));
	common = json_pack("{s:s, s:s%, s:s%, s:b, s:s, s:s}", "lang", i18n_code(rq->http->lang), "path",
			   rq->http->path.p, rq->http->path.n, "here", here.p, here.n, "signed_in",
			   rq->who.kind == PRINCIPAL_PERSON, "csrf", rq->who.csrf, "request_id", rq->http->id);
	int failed = common == NULL || json_object_update_missing(data, common) != 0;

	if (rq->who.acting)
		failed |= json_object_set_new(data, "acting_for", json_string(rq->who.acting_for));

	json_decref(common);
	return failed ? E_NOMEM : OK;
}

enum status
request_page(struct request *rq, int http, const char *name, json_t *data)
{
	CLEANUP(buf_clear) struct buf page = BUF(HTML_PAGE_MOST);

	if (data == NULL)
		return E_NOMEM;
	TRY(add_common(rq, data));
	TRY(html_page(name, data, rq->http->lang, &page));
	TRY(buf_status(&page));
	response_html(rq->rsp, http, &page);
	return OK;
}
