/* test_stepup.c: a sign-in that is too weak or too old is told what is missing (RFC 9470); services have no sign-in to
 * age. */
#include "tests/unit/authd_maker.h"

#include "auditlog/base/clock.h"
#include "authd/identity/stepup.h"

static const struct route withdraw = { .method = HTTP_POST, .path = "/consent/v1/records/{id}/withdraw" };
static const struct route other = { .method = HTTP_GET, .path = "/consent/v1/records" };

/* A request of this kind of caller whose sign-in has that level and age. */
struct asking {
	struct http_request http;
	struct http_response rsp;
	struct request rq;
};

static void
ask(struct asking *a, enum principal_kind kind, unsigned acr, int64_t age_s, const struct route *route)
{
	*a = (struct asking){ 0 };
	response_init(&a->rsp);
	a->rq = (struct request){ .http = &a->http, .rsp = &a->rsp, .route = route };
	a->rq.who.kind = kind;
	a->rq.who.acr = acr;
	a->rq.who.auth_us = clock_now_us() - age_s * SECOND_US;
}

#define NEEDS(kind, acr, age, level, max_age, wanted)                                                                  \
	do {                                                                                                           \
		struct asking a_;                                                                                      \
		ask(&a_, kind, acr, age, &other);                                                                      \
		EXPECT_STATUS(wanted, stepup_need(&a_.rq, level, max_age));                                            \
		response_clear(&a_.rsp);                                                                               \
	} while (0)

Test(stepup, a_level_is_reached_or_not)
{
	for (unsigned has = 0; has <= 3; has++)
		for (unsigned need = 0; need <= 3; need++)
			NEEDS(PRINCIPAL_TOKEN, has, 0, need, 0, has >= need ? OK : E_UNAUTHENTICATED);
}

Test(stepup, a_sign_in_ages_and_a_service_does_not)
{
	NEEDS(PRINCIPAL_TOKEN, 2, 100, 0, 0, OK);
	NEEDS(PRINCIPAL_TOKEN, 2, 100, 0, 200, OK);
	NEEDS(PRINCIPAL_TOKEN, 2, 300, 0, 200, E_UNAUTHENTICATED);
	NEEDS(PRINCIPAL_SERVICE, 2, 300, 0, 200, OK);
}

Test(stepup, the_challenge_says_what_is_missing_in_the_scheme_of_the_token)
{
	struct asking a;

	ask(&a, PRINCIPAL_TOKEN, 1, 0, &other);
	EXPECT_STATUS(E_UNAUTHENTICATED, stepup_need(&a.rq, 2, 300));
	cr_assert_str_eq(a.rsp.reason, "insufficient_user_authentication");
	cr_assert_eq(strncmp(a.rsp.challenge, "Bearer error=\"insufficient_user_authentication\"", 47), 0);
	cr_assert_not_null(strstr(a.rsp.challenge, ", acr_values=\"2\""));
	cr_assert_not_null(strstr(a.rsp.challenge, ", max_age=\"300\""));
	a.rq.who.bound_to_key = true;
	EXPECT_STATUS(E_UNAUTHENTICATED, stepup_need(&a.rq, 3, 0));
	cr_assert_eq(strncmp(a.rsp.challenge, "DPoP ", 5), 0);
	cr_assert_null(strstr(a.rsp.challenge, "max_age"));
	response_clear(&a.rsp);
}

Test(stepup, a_consent_is_not_ended_with_half_a_sign_in)
{
	struct asking a;

	ask(&a, PRINCIPAL_TOKEN, 1, 0, &withdraw);
	EXPECT_STATUS(E_UNAUTHENTICATED, stepup_route(&a.rq));
	a.rq.who.acr = 2;
	EXPECT_OK(stepup_route(&a.rq));
	a.rq.who.acr = 1;
	a.rq.route = &other;
	EXPECT_OK(stepup_route(&a.rq));
	response_clear(&a.rsp);
}
