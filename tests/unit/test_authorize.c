/* test_authorize.c: every rule of an authorization request, kept and broken; nobody is signed in and nothing is asked.
 */
#include "tests/unit/policy_maker.h"

#include "authd/oauth/approve.h"
#include "authd/oauth/authorize.h"
#include "authd/oauth/claims_wanted.h"
#include "authd/oauth/details.h"
#include "authd/oauth/par.h"

#define ISSUER    STR("https://id.example")
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define BACK      "redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
#define GOOD      BACK "&response_type=code&scope=openid&code_challenge=" CHALLENGE "&code_challenge_method=S256"

static const struct store_client client = {
	.client_id = STR_INIT("app"),
	.auth_method = STR_INIT("private_key_jwt"),
	.redirect_uris = STR_INIT("[\"https://app.example/cb\"]"),
	.scopes = STR_INIT("openid profile offline_access"),
	.grants = STR_INIT("authorization_code"),
	.audiences = STR_INIT("https://api.example https://other.example"),
	.service = STR_INIT("svc_a"),
};

static struct policy *policy;

static void
setup(void)
{
	policy = policy_maker_policy();
}

static void
teardown(void)
{
	policy_unref(policy);
}

TestSuite(authorize, .init = setup, .fini = teardown);

/* The error that a request ends with, "" when it is good. Its state is kept for the caller's look. */
static const char *
read_as(const struct store_client *who, const char *text, struct authorize *a)
{
	static const char *const repeatable[] = { "resource", NULL };
	CLEANUP(form_clear) struct form f = { 0 };
	struct authorize_fault fault = { 0 };
	enum status st;

	authorize_init(a);
	cr_assert_eq(form_parse(str_of(text), repeatable, &f), OK, "%s", text);
	st = authorize_read(who, ISSUER, policy, &f, a, &fault);
	cr_assert(st == OK || fault.error != NULL);
	return st == OK ? "" : fault.error;
}

static const char *
error_of(const char *text)
{
	struct authorize a;
	const char *error = read_as(&client, text, &a);

	authorize_clear(&a);
	return error;
}

Test(authorize, a_good_request_is_good_and_says_what_was_asked)
{
	CLEANUP(authorize_clear) struct authorize a;

	cr_assert_str_eq(
	    read_as(&client, GOOD "&max_age=0&prompt=login%20consent&resource=https%3A%2F%2Fapi.example", &a), "");
	cr_expect_eq(a.max_age_s, 0);
	cr_expect_eq(a.prompt, AUTHORIZE_PROMPT_LOGIN | AUTHORIZE_PROMPT_CONSENT);
	cr_expect(str_is(buf_str(&a.scope), "openid"));
	cr_expect(str_is(buf_str(&a.resource), "https://api.example"));
	cr_expect_null(a.details);
}

static const struct {
	const char *more, *error;
} rows[] = {
	/* every rule kept */
	{ "", "" },
	{ "&response_mode=query", "" },
	{ "&state=x&nonce=y&display=popup&extra=foobar", "" },
	{ "&state=", "" },
	{ "&max_age=10000", "" },
	{ "&prompt=none", "" },
	{ "&prompt=select_account", "" },
	{ "&acr_values=2%201&ui_locales=ru&login_hint=anna", "" },
	{ "&dpop_jkt=" CHALLENGE, "" },
	{ "&resource=https%3A%2F%2Fid.example", "" },
	{ "&resource=https%3A%2F%2Fapi.example&resource=https%3A%2F%2Fother.example", "" },
	{ "&claims=%7B%7D", "" },
	{ "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%222%22%7D%7D%7D", "" },
	/* and broken */
	{ "&request=eyJ", "request_not_supported" },
	{ "&request_uri=https%3A%2F%2Fx.example", "request_uri_not_supported" },
	{ "&registration=%7B%7D", "registration_not_supported" },
	{ "&response_mode=fragment", "invalid_request" },
	{ "&response_mode=form_post", "invalid_request" },
	{ "&response_mode=query.jwt", "invalid_request" },
	{ "&max_age=-1", "invalid_request" },
	{ "&max_age=1.5", "invalid_request" },
	{ "&max_age=99999999999", "invalid_request" },
	{ "&prompt=none%20login", "invalid_request" },
	{ "&prompt=create", "invalid_request" },
	{ "&prompt=LOGIN", "invalid_request" },
	{ "&dpop_jkt=short", "invalid_request" },
	{ "&resource=https%3A%2F%2Fevil.example", "invalid_target" },
	{ "&resource=https%3A%2F%2Fapi.example&resource=https%3A%2F%2Fevil.example", "invalid_target" },
	{ "&resource=https%3A%2F%2Fapi.example%2F", "invalid_target" },
	{ "&claims=x", "invalid_request" },
	{ "&claims=%5B%5D", "invalid_request" },
	{ "&claims=%7B%22id_token%22%3A5%7D", "invalid_request" },
	{ "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3A1%7D%7D%7D", "invalid_request" },
	{ "&authorization_details=%5B%5D", "invalid_authorization_details" },
};

Test(authorize, every_rule_has_a_request_that_keeps_it_and_one_that_breaks_it)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[2048];

		snprintf(text, sizeof(text), "%s%s", GOOD, rows[i].more);
		cr_expect_str_eq(error_of(text), rows[i].error, "%s", rows[i].more);
	}
}

static const struct {
	const char *text, *error;
} whole[] = {
	{ BACK "&response_type=code&code_challenge=" CHALLENGE "&code_challenge_method=S256", "" },
	{ BACK "&code_challenge=" CHALLENGE "&code_challenge_method=S256", "invalid_request" },
	{ BACK "&response_type=&code_challenge=" CHALLENGE "&code_challenge_method=S256", "invalid_request" },
	{ BACK "&response_type=token&code_challenge=" CHALLENGE "&code_challenge_method=S256",
	  "unsupported_response_type" },
	{ BACK "&response_type=code%20id_token&code_challenge=" CHALLENGE "&code_challenge_method=S256",
	  "unsupported_response_type" },
	{ BACK "&response_type=code", "invalid_request" },
	{ BACK "&response_type=code&code_challenge=" CHALLENGE, "invalid_request" },
	{ BACK "&response_type=code&code_challenge=" CHALLENGE "&code_challenge_method=plain", "invalid_request" },
	{ BACK "&response_type=code&code_challenge=" CHALLENGE "&code_challenge_method=s256", "invalid_request" },
	{ BACK "&response_type=code&code_challenge=" CHALLENGE "=&code_challenge_method=S256", "invalid_request" },
	{ GOOD "x", "invalid_request" }, /* method S256x */
	{ BACK "&response_type=code&scope=openid%20admin&code_challenge=" CHALLENGE "&code_challenge_method=S256",
	  "invalid_scope" },
	{ BACK "&response_type=code&scope=openid%20openid&code_challenge=" CHALLENGE "&code_challenge_method=S256",
	  "invalid_scope" },
	{ BACK "&response_type=code&scope=openid%20email%20phone&code_challenge=" CHALLENGE
	       "&code_challenge_method=S256",
	  "" },
	{ BACK "&response_type=code&scope=email&code_challenge=" CHALLENGE "&code_challenge_method=S256",
	  "invalid_scope" },
};

Test(authorize, response_type_pkce_and_scope_are_what_they_must_be)
{
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		cr_expect_str_eq(error_of(whole[i].text), whole[i].error, "%s", whole[i].text);
}

Test(authorize, nothing_is_longer_than_its_limit_and_a_state_too_long_is_not_sent_back)
{
	static const struct {
		const char *name;
		size_t most;
	} limits[] = {
		{ "state", AUTHORIZE_PARAMETER_MOST }, { "nonce", AUTHORIZE_NONCE_MOST },
		{ "login_hint", AUTHORIZE_HINT_MOST }, { "ui_locales", AUTHORIZE_HINT_MOST },
		{ "acr_values", AUTHORIZE_HINT_MOST },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		for (size_t over = 0; over <= 1; over++) {
			CLEANUP(buf_clear) struct buf text = BUF(16384);
			CLEANUP(authorize_clear) struct authorize a;

			buf_printf(&text, "%s&%s=", GOOD, limits[i].name);
			for (size_t n = 0; n < limits[i].most + over; n++)
				buf_put_char(&text, 'x');
			buf_put_char(&text, '\0');
			cr_expect_str_eq(read_as(&client, text.p, &a), over ? "invalid_request" : "", "%s",
					 limits[i].name);
			cr_expect(a.state.n <= AUTHORIZE_PARAMETER_MOST);
		}
	}
}

Test(authorize, only_a_registered_address_may_be_told_anything)
{
	static const char *const bad[] = { "redirect_uri=https%3A%2F%2Fapp.example%2Fcb%2F", "redirect_uri=", "x=y",
					   "redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(form_clear) struct form f = { 0 };
		struct str uri;

		cr_assert_eq(form_parse(str_of(bad[i]), NULL, &f), OK);
		cr_expect_eq(authorize_redirect(&client, &f, &uri), E_DENIED, "%s", bad[i]);
	}
}

Test(authorize, a_client_without_the_grant_gets_no_code)
{
	CLEANUP(authorize_clear) struct authorize a;
	struct store_client service = client;

	service.grants = STR("client_credentials");
	cr_expect_str_eq(read_as(&service, GOOD, &a), "unauthorized_client");
}

Test(authorize, fapi_clients_and_those_registered_so_must_push)
{
	struct store_client c = client;

	cr_expect(!authorize_must_push(&c));
	c.par_required = 1;
	cr_expect(authorize_must_push(&c));
	c.par_required = 0;
	c.fapi = 1;
	cr_expect(authorize_must_push(&c));
}

/* ---- claims ---- */

static enum status
claims(const char *text, struct authorize *a)
{
	authorize_init(a);
	return claims_wanted_read(str_of(text), a);
}

Test(authorize, claims_say_which_level_and_which_person)
{
	CLEANUP(authorize_clear) struct authorize a;

	EXPECT_OK(
	    claims("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"2\",\"3\"]},\"sub\":{\"value\":\"s\"},"
		   "\"shoe_size\":null},\"userinfo\":{\"name\":{\"essential\":true}}}",
		   &a));
	cr_expect_eq(a.essential_acr_count, 2);
	cr_expect(str_is(a.essential_acr[1], "3"));
	cr_expect(str_is(a.wanted_sub, "s"));
	cr_expect(a.wants_name);
}

Test(authorize, a_level_that_is_only_wished_for_is_no_condition)
{
	CLEANUP(authorize_clear) struct authorize a;

	EXPECT_OK(claims("{\"id_token\":{\"acr\":{\"values\":[\"3\"]}}}", &a));
	cr_expect_eq(a.essential_acr_count, 0);
	cr_expect(!a.wants_name);
}

Test(authorize, a_name_that_is_asked_for_is_the_scope_profile_and_only_where_the_client_has_it)
{
	static const char text[] = GOOD "&claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D";
	CLEANUP(authorize_clear) struct authorize a;
	CLEANUP(authorize_clear) struct authorize b;
	struct store_client without = client;

	cr_assert_str_eq(read_as(&client, text, &a), "");
	cr_expect(str_is(buf_str(&a.scope), "openid profile"));
	without.scopes = STR("openid");
	cr_assert_str_eq(read_as(&without, text, &b), "");
	cr_expect(str_is(buf_str(&b.scope), "openid"));
}

/* ---- authorization_details ---- */

static enum status
details(const char *service, const char *text)
{
	CLEANUP(json_decrefp) json_t *list = NULL;

	return details_read(policy, str_of(service), str_of(text), &list);
}

#define ONE(members) "[{\"type\":\"personal_data\"," members "}]"

Test(authorize, details_name_a_purpose_of_the_service_and_categories_of_it)
{
	EXPECT_OK(details("svc_a", ONE("\"purpose\":\"check\",\"categories\":[\"income\"]")));
	EXPECT_OK(
	    details("svc_a", ONE("\"purpose\":\"check\",\"categories\":[\"income\",\"health\"],\"consent_id\":\"x\"")));
	EXPECT_OK(details("svc_b", ONE("\"purpose\":\"care\",\"categories\":[\"income\"]")));
}

Test(authorize, any_other_details_are_refused)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"[1]",
		"[{}]",
		"x",
		"[{\"type\":\"payment_initiation\",\"purpose\":\"check\",\"categories\":[\"income\"]}]",
		"[{\"purpose\":\"check\",\"categories\":[\"income\"]}]",
		ONE("\"purpose\":\"check\",\"categories\":[\"income\"],\"locations\":[\"https://x\"]"),
		ONE("\"purpose\":\"check\",\"purpose\":\"care\",\"categories\":[\"income\"]"),
		ONE("\"purpose\":\"check\",\"categories\":[]"),
		ONE("\"purpose\":\"check\",\"categories\":[\"income\",\"income\"]"),
		ONE("\"purpose\":\"check\",\"categories\":[\"contacts\"]"),
		ONE("\"purpose\":\"check\",\"categories\":[\"nothing\"]"),
		ONE("\"purpose\":\"check\",\"categories\":\"income\""),
		ONE("\"purpose\":\"nothing\",\"categories\":[\"income\"]"),
		ONE("\"purpose\":5,\"categories\":[\"income\"]"),
		ONE("\"purpose\":\"check\",\"categories\":[\"income\"],\"consent_id\":5"),
		ONE("\"purpose\":\"check\",\"categories\":[\"income\"]") " ]",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect_eq(details("svc_a", bad[i]), E_INVALID, "%s", bad[i]);
	cr_expect_eq(details("svc_b", ONE("\"purpose\":\"check\",\"categories\":[\"income\"]")), E_INVALID);
	cr_expect_eq(details("", ONE("\"purpose\":\"check\",\"categories\":[\"income\"]")), E_INVALID);
	cr_expect_eq(details("svc_zz", ONE("\"purpose\":\"check\",\"categories\":[\"income\"]")), E_INVALID);
}

Test(authorize, equal_details_have_equal_bytes)
{
	CLEANUP(json_decrefp) json_t *a = NULL, *b = NULL;
	CLEANUP(buf_clear) struct buf one = BUF(4096), two = BUF(4096);

	EXPECT_OK(
	    details_read(policy, STR("svc_a"), STR(ONE("\"purpose\":\"check\",\"categories\":[\"income\"]")), &a));
	EXPECT_OK(details_read(
	    policy, STR("svc_a"),
	    STR("[ {\"categories\": [\"income\"], \"purpose\": \"check\", \"type\": \"personal_data\"} ]"), &b));
	EXPECT_OK(details_put(a, &one));
	EXPECT_OK(details_put(b, &two));
	cr_expect(str_eq(buf_str(&one), buf_str(&two)));
}

/* ---- what was allowed ---- */

static void
fingerprint(const char *scope, const char *list, uint8_t out[32])
{
	struct flow f = { 0 };

	authorize_init(&f.asked);
	buf_put_cstr(&f.asked.scope, scope);
	if (list != NULL)
		EXPECT_OK(details_read(policy, STR("svc_a"), str_of(list), &f.asked.details));
	EXPECT_OK(approve_fingerprint(&f, out));
	authorize_clear(&f.asked);
}

Test(authorize, what_was_allowed_is_known_again_in_any_order_and_nothing_else_is)
{
	static const struct {
		const char *scope, *list;
	} others[] = {
		{ "openid", NULL },
		{ "", NULL },
		{ "openidprofile", NULL },
		{ "openid profile offline_access", NULL },
		{ "openid profile", ONE("\"purpose\":\"check\",\"categories\":[\"income\"]") },
	};
	uint8_t one[32], two[32];

	fingerprint("openid profile", NULL, one);
	fingerprint("profile openid", NULL, two);
	cr_expect_arr_eq(one, two, sizeof(one));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		fingerprint(others[i].scope, others[i].list, two);
		cr_expect_arr_neq(one, two, sizeof(one), "%s", others[i].scope);
	}
}

/* ---- request_uri ---- */

Test(authorize, only_a_request_uri_of_our_making_is_looked_for)
{
	static const char *const bad[] = { "", "urn:ietf:params:oauth:request_uri:", "https://x.example/" CHALLENGE,
					   "urn:ietf:params:oauth:request_uri:" CHALLENGE "x",
					   "URN:ietf:params:oauth:request_uri:" CHALLENGE };
	uint8_t hash[32];

	cr_expect(par_hash(STR(PAR_PREFIX CHALLENGE), hash));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect(!par_hash(str_of(bad[i]), hash), "%s", bad[i]);
}
