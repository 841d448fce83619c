#include "authd/identity/stepup.h"

#include <stdio.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/request.h"

/* A page that somebody left open at a library is not enough to let others act for them for years. */
#define FRESH_S 900

static const struct {
	enum principal_kind kind;
	enum http_method method;
	const char *path;
	unsigned acr;
	int64_t max_age_s;
} levels[] = {
	/*
	 * A consent is given with two factors, and a token of one that was made with fewer shall not end it: the person
	 * would lose a benefit to somebody who has half of their sign-in.
	 */
	{ PRINCIPAL_TOKEN, HTTP_POST, "/consent/v1/records/{id}/withdraw", 2, 0 },
	{ PRINCIPAL_PERSON, HTTP_POST, "/representatives/offer", 2, FRESH_S },
	{ PRINCIPAL_PERSON, HTTP_POST, "/security/desk_codes", 2, FRESH_S },
};

static bool
is_old(const struct request *rq, int64_t max_age_s)
{
	if (max_age_s <= 0 || rq->who.kind == PRINCIPAL_SERVICE)
		return false;
	return rq->who.auth_us < clock_now_us() - max_age_s * SECOND_US;
}

static enum status
ask(struct request *rq, unsigned acr, int64_t max_age_s, const char *why)
{
	char level[32] = "", age[48] = "";

	if (acr > 0)
		snprintf(level, sizeof(level), ", acr_values=\"%u\"", acr);
	if (max_age_s > 0)
		snprintf(age, sizeof(age), ", max_age=\"%lld\"", (long long)max_age_s);
	problem_challenge(rq->rsp, "%s error=\"insufficient_user_authentication\", error_description=\"%s\"%s%s",
			  rq->who.bound_to_key ? "DPoP" : "Bearer", why, level, age);
	return request_fail(rq, E_UNAUTHENTICATED, "insufficient_user_authentication", why);
}

enum status
stepup_need(struct request *rq, unsigned acr, int64_t max_age_s)
{
	if (rq->who.acr < acr)
		return ask(rq, acr, max_age_s, "this needs a stronger sign-in");
	if (is_old(rq, max_age_s))
		return ask(rq, acr, max_age_s, "this needs a fresh sign-in");
	return OK;
}

enum status
stepup_route(struct request *rq)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (levels[i].kind == rq->who.kind && levels[i].method == rq->route->method &&
		    strcmp(levels[i].path, rq->route->path) == 0)
			return stepup_need(rq, levels[i].acr, levels[i].max_age_s);
	return OK;
}
