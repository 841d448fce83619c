/*
 * request.c: the journey of a request. Read journey() first, then request_finish(): each line is a hop, and the prefix
 * of a call names its file. What pages have in common is in request_page.c.
 *
 * The reader (http/) has handed over a complete, valid request. What the table of routes does not know does not exist;
 * who asks is found out before anything of the body is believed; a handler runs only after both; and one place turns
 * what came of it into HTTP.
 */
#include "authd/request.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/service_level.h"
#include "authd/audit/refusals.h"
#include "authd/http/cookie.h"
#include "authd/http/i18n.h"
#include "authd/identity/authenticate.h"
#include "authd/oauth/cors.h"
#include "authd/upkeep.h"

/* ---- on the way in ---- */

/* Checkboxes of /ask and /representatives, and RFC 8707 2; nothing else comes twice. */
static enum status
read_form(struct request *rq)
{
	static const char *const repeatable[] = { "category", "resource", "purpose", "action", NULL };
	enum status st = form_from_body(rq->http, repeatable, &rq->form);

	return st == OK ? OK : request_fail(rq, st, NULL, rq->form.error);
}

/* Body and query in the one form that the route wants, before anybody reads them. */
static enum status
read_input(struct request *rq)
{
	static const char *const repeatable[] = { "resource", NULL };

	if (form_from_query(rq->http, repeatable, &rq->query) != OK)
		return request_fail(rq, E_INVALID, "invalid_request", rq->query.error);
	switch (rq->route->body) {
	case ROUTE_NO_BODY:
		if (rq->http->body.n > 0)
			return request_fail(rq, E_INVALID, "invalid_request", "this request takes no body");
		return OK;
	case ROUTE_FORM:
		return read_form(rq);
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

/* ---- on the way out ---- */

/* Whoever was turned away for who they are or what they tried leaves a trace. */
static bool
is_refusal(enum status st)
{
	return st == E_UNAUTHENTICATED || st == E_DENIED || st == E_USED || st == E_LIMITED;
}

/* The answer waits for the entry: a refusal that cannot be recorded is a 503. */
static enum status
record_refusal(struct request *rq, enum status st)
{
	enum status written;

	if (!is_refusal(st) || rq->route == NULL || !rq->route->record_refusals || rq->refusal_recorded)
		return st;
	written = refusals_record(rq, st);
	if (written == OK)
		return st;
	return problem_set(rq->rsp, written, "log_unavailable", "the audit log does not answer; try again soon");
}

/* A handler that answered nothing, or more than a response holds, has failed. Only our own faults are for operators. */
static enum status
check_answer(struct request *rq, enum status st)
{
	if (st == OK)
		st = rq->rsp->status != 0 ? response_status(rq->rsp) : E_SYSTEM;
	if (st == E_SYSTEM || st == E_CORRUPT || st == E_NOMEM)
		log_error(st, "request.failed", "path=%s id=%s", rq->route != NULL ? rq->route->path : "-",
			  rq->http->id);
	return st;
}

/* A handler may have chosen a redirect (sign in first) and still say why: the redirect stands. */
static bool
is_redirect(const struct request *rq, enum status st)
{
	return st == E_UNAUTHENTICATED && rq->rsp->status == 303;
}

static void
remember_language(struct request *rq)
{
	struct str chosen = str_of(i18n_code(rq->http->lang));

	if (rq->route != NULL && str_eq(form_get(&rq->query, "lang"), chosen))
		cookie_set(rq->rsp, COOKIE_LANG, chosen, 365 * 86400, COOKIE_LAX);
}

/* Its mandate ended while the request was under way (audit/acts.h). */
static enum status
check_mandate(struct request *rq, enum status st)
{
	if (st != E_DENIED || !rq->who.acting || rq->rsp->reason != NULL)
		return st;
	return request_fail(rq, E_DENIED, "representative_invalid", "the mandate does not hold any more");
}

/* The only place that turns a status into HTTP. */
static void
request_finish(struct request *rq, enum status st)
{
	st = check_mandate(rq, st);
	st = record_refusal(rq, st); /* audit/refusals.c: in the log by now */
	st = check_answer(rq, st);
	if (st != OK && !is_redirect(rq, st))
		problem_respond(rq->http, rq->route != NULL ? rq->route->errors : PROBLEM_AUTO, st, rq->rsp);
	cors_answer(rq); /* oauth/cors.c: who may read it in a browser */
	remember_language(rq);
}

/* ---- how decisions are served ---- */

/* Answers do not tell what was missing; the last look does. */
static enum service_level_away
away_of(const struct request *rq)
{
	const struct upkeep_state s = upkeep_state(rq->authd->upkeep);

	if (!s.store)
		return SERVICE_LEVEL_STORE;
	if (!s.keys)
		return SERVICE_LEVEL_KEYS;
	return s.log && !str_is(str_of(rq->rsp->reason), "log_not_witnessed") ? SERVICE_LEVEL_OTHER : SERVICE_LEVEL_LOG;
}

/* What was refused before it was judged is no question, also when its refusal could not be recorded. */
static void
count_decision(const struct request *rq, enum status st, int64_t took_us)
{
	if (rq->route == NULL || !str_starts(str_of(rq->route->path), STR("/access/v1/evaluation")) ||
	    !rq->token_is_ours || is_refusal(st))
		return;
	if (rq->rsp->status == 200)
		service_level_answered(rq->authd->served, took_us);
	else if (rq->rsp->status >= 500)
		service_level_missed(rq->authd->served, away_of(rq));
}

void
request_serve(void *ctx, const struct http_request *http, struct http_response *rsp)
{
	struct authd *a = ctx;
	struct request rq = { .authd = a, .http = http, .rsp = rsp, .policy = policy_slot_get(a->policy) };
	const int64_t began_us = clock_mono_us();
	const enum status st = journey(&rq);

	request_finish(&rq, st);
	count_decision(&rq, st, clock_mono_us() - began_us);
	principal_clear(&rq.who);
	form_clear(&rq.form);
	form_clear(&rq.query);
	policy_unref(rq.policy);
}

/* ---- for the server ---- */

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

void
request_log(void *ctx UNUSED, const struct http_request *http, const struct http_response *rsp, int64_t took_us)
{
	const struct route *route = route_of(http);

	/* The route's pattern, not the path: paths and queries may hold what is somebody's. */
	log_info("request", "id=%s method=%s route=%s status=%d us=%lld", http->id, http_method_name(http->method),
		 route != NULL ? route->path : "-", rsp->status, (long long)took_us);
}

/* ---- for handlers ---- */

struct store *
request_store(const struct request *rq)
{
	return worker_context(rq->authd->pool);
}

enum words_lang
request_lang(const struct request *rq)
{
	return rq->http->lang == I18N_EN ? WORDS_EN : WORDS_RU;
}

struct keys_person
request_person(const struct request *rq)
{
	return (struct keys_person){ .sub = str_of(rq->who.sub), .wrapped = buf_str(&rq->who.wrapped) };
}

enum status
request_fail(struct request *rq, enum status st, const char *code, const char *detail)
{
	return problem_set(rq->rsp, st, code, detail);
}
