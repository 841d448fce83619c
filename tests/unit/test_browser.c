/* test_browser.c: a browser is known for the person who signed in with it, and for nobody else. */
#include "tests/unit/authd_maker.h"

#include "auditlog/base/clock.h"
#include "authd/identity/browser.h"

/* Whether a browser that brings this cookie is known for sub. */
static bool
known(struct authd_maker *m, const char *cookie, struct str sub)
{
	CLEANUP(request_maker_clear) struct request_maker r;
	char header[400];

	request_maker_init(&r, m, NULL);
	(void)snprintf(header, sizeof(header), "%s=%s", BROWSER_COOKIE, cookie);
	r.http.headers[r.http.header_count++] = (struct http_header){ STR("cookie"), str_of(header) };
	return browser_is_known(&r.rq, sub);
}

static void
remember(struct authd_maker *m, struct str sub, char cookie[200])
{
	CLEANUP(request_maker_clear) struct request_maker r;

	request_maker_init(&r, m, NULL);
	browser_remember(&r.rq, sub);
	EXPECT_OK(response_status(&r.rsp));
	request_maker_cookie(&r, BROWSER_COOKIE, cookie, 200);
}

Test(browser, it_is_known_after_a_sign_in)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	char cookie[200];

	remember(m, STR("sub_a"), cookie);
	cr_assert_gt(strlen(cookie), 43);
	cr_assert_null(strstr(cookie, "sub_a"), "the cookie names nobody");
	cr_assert(known(m, cookie, STR("sub_a")));
}

Test(browser, it_is_not_known_for_another_person_or_nobody)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	char cookie[200];

	remember(m, STR("sub_a"), cookie);
	cr_assert_not(known(m, cookie, STR("sub_b")));
	cr_assert_not(known(m, cookie, STR("sub_")));
	cr_assert_not(known(m, cookie, STR("")));
	remember(m, STR(""), cookie);
	cr_assert_not(known(m, cookie, STR("")), "even with a proof for nobody");
}

Test(browser, a_changed_or_made_up_proof_is_none)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	static const char *const made_up[] = {
		"", ".", "0.", "1", "4102444800", "4102444800.", "4102444800.x", "x.y", "-1.x", "9999999999999999999.x"
	};
	char cookie[200], longer[260];

	remember(m, STR("sub_a"), cookie);
	for (size_t i = 0; i < ARRAY_LEN(made_up); i++)
		cr_expect_not(known(m, made_up[i], STR("sub_a")), "%s", made_up[i]);
	(void)snprintf(longer, sizeof(longer), "9%s", cookie);
	cr_assert_not(known(m, longer, STR("sub_a")), "another end");
	(void)snprintf(longer, sizeof(longer), "%sA", cookie);
	cr_assert_not(known(m, longer, STR("sub_a")));
	cookie[strlen(cookie) - 2] = cookie[strlen(cookie) - 2] == 'A' ? 'B' : 'A';
	cr_assert_not(known(m, cookie, STR("sub_a")));
}

Test(browser, without_a_cookie_or_authd_keyd_it_is_unknown)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	CLEANUP(request_maker_clear) struct request_maker r;
	char cookie[200];

	remember(m, STR("sub_a"), cookie);
	request_maker_init(&r, m, NULL);
	cr_assert_not(browser_is_known(&r.rq, STR("sub_a")));
	authd_maker_stop(m);
	cr_assert_not(known(m, cookie, STR("sub_a")));
	remember(m, STR("sub_a"), cookie);
	cr_assert_str_empty(cookie, "nothing is set, and nothing fails");
}
