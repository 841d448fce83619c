/*
 * fuzz_authorize.c: an authorization request (form-encoded), for a client and a policy that stand still; and by the
 * first byte alone the `claims` parameter, authorization_details, a request_uri, a code on a receipt, a verifier.
 *
 * A request that is taken asks for nothing that the client is not registered for; every refusal has an error code; what
 * it was told to come back to is registered. Details have one spelling.
 */
#include "authd/consent/checkcode.h"
#include "authd/oauth/authorize.h"
#include "authd/oauth/claims_wanted.h"
#include "authd/oauth/details.h"
#include "authd/oauth/par.h"
#include "authd/oauth/pkce.h"
#include "authd/policy/policy.h"
#include "authd/store/store_client.h"
#include "tests/fuzz/oracle.h"

#define ISSUER "https://id.example"
#define BACK   "https://app.example/cb"
#define SCOPES "openid profile offline_access"
#define WHERE  "https://api.example https://other.example"

static const struct store_client client = {
	.client_id = STR_INIT("app"),
	.auth_method = STR_INIT("private_key_jwt"),
	.redirect_uris = STR_INIT("[\"" BACK "\"]"),
	.scopes = STR_INIT(SCOPES),
	.grants = STR_INIT("authorization_code"),
	.audiences = STR_INIT(WHERE),
	.service = STR_INIT("svc_benefits_north"),
};

static struct policy *policy;

static void
set_up(void)
{
	struct conf_error err = { "" };

	/* Tests run from the top folder; the demonstration's own bundle. */
	must(policy_load("policies", &policy, &err) == OK);
}

static bool
is_word(struct str words, struct str word)
{
	struct str w;

	while (str_next(&words, ' ', &w))
		if (str_eq(w, word))
			return true;
	return false;
}

static void
only_words(const struct buf *got, struct str allowed)
{
	struct str rest = buf_str(got), w;

	while (rest.n > 0 && str_next(&rest, ' ', &w))
		must(is_word(allowed, w) || is_word(STR(ISSUER), w));
}

static void
check_request(struct str text)
{
	static const char *const repeatable[] = { "resource", NULL };
	CLEANUP(form_clear) struct form f = { 0 };
	struct authorize_fault fault = { 0 };
	struct str back = { 0 };
	struct authorize a;

	if (form_parse(text, repeatable, &f) != OK)
		return;
	authorize_init(&a);
	if (authorize_redirect(&client, &f, &back) == OK)
		must(str_is(back, BACK));
	if (authorize_read(&client, STR(ISSUER), policy, &f, &a, &fault) == OK) {
		must(pkce_is_challenge(a.challenge));
		only_words(&a.scope, STR(SCOPES));
		only_words(&a.resource, STR(WHERE));
		must(a.state.n <= AUTHORIZE_PARAMETER_MOST && a.nonce.n <= AUTHORIZE_NONCE_MOST && a.max_age_s >= -1);
		must((a.prompt & AUTHORIZE_PROMPT_NONE) == 0 || a.prompt == AUTHORIZE_PROMPT_NONE);
	} else {
		must(fault.error != NULL && fault.description != NULL);
	}
	authorize_clear(&a);
}

static void
check_claims(struct str text)
{
	struct authorize a;

	authorize_init(&a);
	if (claims_wanted_read(text, &a) == OK)
		must(a.essential_acr_count <= ARRAY_LEN(a.essential_acr));
	authorize_clear(&a);
}

static void
check_details(struct str text)
{
	CLEANUP(buf_clear) struct buf once = BUF(65536), twice = BUF(65536);
	json_t *read = NULL, *again = NULL;

	if (details_read(policy, client.service, text, &read) != OK)
		return;
	must(json_array_size(read) >= 1 && json_array_size(read) <= DETAILS_MOST);
	must(details_put(read, &once) == OK);
	must(details_read(policy, client.service, buf_str(&once), &again) == OK && json_equal(read, again));
	must(details_put(again, &twice) == OK && str_eq(buf_str(&once), buf_str(&twice)));
	must(details_read(policy, STR(""), text, &again) != OK);
	json_decref(read);
	json_decref(again);
}

static void
check_small(struct str text)
{
	CLEANUP(buf_clear) struct buf once = BUF(64), twice = BUF(64);
	uint8_t hash[32];

	if (par_hash(text, hash))
		must(str_starts(text, STR(PAR_PREFIX)));
	if (checkcode_parse(text, &once) == OK) {
		must(once.n == CHECKCODE_LEN && checkcode_parse(buf_str(&once), &twice) == OK);
		must(str_eq(buf_str(&once), buf_str(&twice)));
	}
	must(!pkce_is_verifier(text) || (text.n >= 43 && text.n <= 128));
	must(pkce_check(text, STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) == E_DENIED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_request, check_claims, check_details, check_small };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	if (policy == NULL)
		set_up();
	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
