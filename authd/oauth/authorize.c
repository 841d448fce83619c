#include "authd/oauth/authorize.h"

#include "authd/oauth/claims_wanted.h"
#include "authd/oauth/client.h"
#include "authd/oauth/details.h"
#include "authd/oauth/pkce.h"
#include "authd/policy/policy.h"

#define SCOPE_MOST 512 /* as a principal's (identity/principal.h) */

struct reader {
	const struct store_client *client;
	struct str issuer;
	const struct policy *policy;
	const struct form *in;
	struct authorize *a;
	struct authorize_fault *fault;
};

void
authorize_init(struct authorize *a)
{
	*a = (struct authorize){ .max_age_s = -1,
				 .scope = BUF(SCOPE_MOST),
				 .resource = BUF(AUTHORIZE_RESOURCES_MOST * AUTHORIZE_PARAMETER_MOST) };
}

void
authorize_clear(struct authorize *a)
{
	buf_clear(&a->scope);
	buf_clear(&a->resource);
	json_decref(a->claims_json);
	json_decref(a->details);
	authorize_init(a);
}

bool
authorize_must_push(const struct store_client *client)
{
	return client->fapi != 0 || client->par_required != 0;
}

/* An empty parameter counts as absent (RFC 6749 3.1). */
static struct str
given_in(const struct form *in, const char *name)
{
	struct str v = form_get(in, name);

	return v.n > 0 ? v : (struct str){ 0 };
}

static struct str
given(const struct reader *r, const char *name)
{
	return given_in(r->in, name);
}

static enum status
wrong(struct reader *r, const char *error, const char *description)
{
	*r->fault = (struct authorize_fault){ error, description };
	return E_INVALID;
}

static enum status
invalid(struct reader *r, const char *description)
{
	return wrong(r, "invalid_request", description);
}

enum status
authorize_redirect(const struct store_client *client, const struct form *in, struct str *out)
{
	struct str uri = given_in(in, "redirect_uri");

	if (uri.n == 0 || uri.n > AUTHORIZE_PARAMETER_MOST || !client_may_redirect(client, uri))
		return E_DENIED;
	*out = uri;
	return OK;
}

/* ---- the rules, one after the other ---- */

/* State first: whatever else is wrong goes back with it. */
static enum status
read_state(struct reader *r)
{
	struct str state = given(r, "state");

	if (state.n > AUTHORIZE_PARAMETER_MOST)
		return invalid(r, "state is too long");
	r->a->state = state;
	return OK;
}

/* Nothing that we act on is longer than its limit; what we do not know may be. */
static enum status
check_lengths(struct reader *r)
{
	static const struct {
		const char *name;
		size_t most;
	} limits[] = {
		{ "scope", AUTHORIZE_PARAMETER_MOST },          { "nonce", AUTHORIZE_NONCE_MOST },
		{ "login_hint", AUTHORIZE_HINT_MOST },          { "ui_locales", AUTHORIZE_HINT_MOST },
		{ "acr_values", AUTHORIZE_HINT_MOST },          { "prompt", AUTHORIZE_HINT_MOST },
		{ "id_token_hint", AUTHORIZE_PARAMETER_MOST },  { "claims", AUTHORIZE_PARAMETER_MOST },
		{ "authorization_details", DETAILS_TEXT_MOST },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (form_get(r->in, limits[i].name).n > limits[i].most)
			return invalid(r, "a parameter is too long");
	r->a->nonce = given(r, "nonce");
	r->a->login_hint = given(r, "login_hint");
	r->a->ui_locales = given(r, "ui_locales");
	r->a->acr_values = given(r, "acr_values");
	r->a->id_token_hint = given(r, "id_token_hint");
	return OK;
}

/* Passing over a request object would be answering another question than was asked (OpenID Connect Core 6). */
static enum status
check_unsupported(struct reader *r)
{
	if (given(r, "request").p != NULL)
		return wrong(r, "request_not_supported", "request objects are not supported");
	if (given(r, "request_uri").p != NULL)
		return wrong(r, "request_uri_not_supported", "only a request_uri of our own PAR endpoint is supported");
	if (given(r, "registration").p != NULL)
		return wrong(r, "registration_not_supported", "clients are registered beforehand");
	return OK;
}

static enum status
check_response(struct reader *r)
{
	struct str type = given(r, "response_type"), mode = given(r, "response_mode");

	if (type.p == NULL)
		return invalid(r, "response_type is missing");
	if (!str_is(type, "code"))
		return wrong(r, "unsupported_response_type", "only code is supported");
	if (mode.p != NULL && !str_is(mode, "query"))
		return invalid(r, "only response_mode query is supported");
	if (!client_has(r->client->grants, STR("authorization_code")))
		return wrong(r, "unauthorized_client", "this client may not use that grant");
	return OK;
}

/* RFC 9700 2.1.1, for every client: without a challenge an injected code could not be told from a good one. */
static enum status
check_pkce(struct reader *r)
{
	struct str challenge = given(r, "code_challenge");

	if (challenge.p == NULL)
		return invalid(r, "code_challenge is needed");
	if (!str_is(given(r, "code_challenge_method"), "S256"))
		return invalid(r, "code_challenge_method must be S256");
	if (!pkce_is_challenge(challenge))
		return invalid(r, "code_challenge is malformed");
	r->a->challenge = challenge;
	return OK;
}

static enum status
check_dpop(struct reader *r)
{
	struct str jkt = given(r, "dpop_jkt");

	if (jkt.p != NULL && !pkce_is_challenge(jkt)) /* a SHA-256 value in base64url, too */
		return invalid(r, "dpop_jkt is malformed");
	r->a->dpop_jkt = jkt;
	return OK;
}

static enum status
check_prompt(struct reader *r)
{
	static const struct {
		const char *word;
		enum authorize_prompt bit;
	} words[] = {
		{ "none", AUTHORIZE_PROMPT_NONE },
		{ "login", AUTHORIZE_PROMPT_LOGIN },
		{ "consent", AUTHORIZE_PROMPT_CONSENT },
		{ "select_account", AUTHORIZE_PROMPT_SELECT },
	};
	struct str rest = given(r, "prompt"), word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		size_t i = 0;

		while (i < ARRAY_LEN(words) && !str_is(word, words[i].word))
			i++;
		if (i == ARRAY_LEN(words))
			return invalid(r, "prompt has a word that is not known here");
		r->a->prompt |= words[i].bit;
	}
	if ((r->a->prompt & AUTHORIZE_PROMPT_NONE) != 0 && r->a->prompt != AUTHORIZE_PROMPT_NONE)
		return invalid(r, "prompt=none stands alone");
	return OK;
}

static enum status
check_max_age(struct reader *r)
{
	struct str text = given(r, "max_age");
	uint64_t seconds;

	if (text.p == NULL)
		return OK;
	if (str_to_u64(text, INT32_MAX, &seconds) != OK)
		return invalid(r, "max_age must be a number of seconds");
	r->a->max_age_s = (int64_t)seconds;
	return OK;
}

/*
 * OpenID Connect Core 3.1.2.1: scopes that are not understood should be ignored. Of those that it defines these are
 * the ones we have nothing for; any other that the client is not registered for is refused.
 */
static bool
is_passed_over(struct str scope)
{
	return str_is(scope, "email") || str_is(scope, "address") || str_is(scope, "phone");
}

static enum status
check_scope(struct reader *r)
{
	CLEANUP(buf_clear) struct buf asked = BUF(AUTHORIZE_PARAMETER_MOST);
	struct str rest = given(r, "scope"), word;
	bool openid = client_has(rest, STR("openid"));

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (openid && is_passed_over(word) && !client_has(r->client->scopes, word))
			continue;
		if (asked.n > 0)
			buf_put_char(&asked, ' ');
		buf_put(&asked, word);
	}
	TRY(buf_status(&asked));
	if (client_scope(r->client, buf_str(&asked), &r->a->scope) != OK)
		return wrong(r, "invalid_scope", "a scope is not one of this client's");
	return OK;
}

/* RFC 8707: whom the tokens are for. Ourselves, or an audience that the client is registered for. */
static enum status
check_resource(struct reader *r)
{
	struct buf *out = &r->a->resource;

	for (size_t i = 0;; i++) {
		struct str uri = form_get_nth(r->in, "resource", i);

		if (uri.p == NULL)
			return buf_status(out);
		if (uri.n == 0 || client_has(buf_str(out), uri))
			continue;
		if (i >= AUTHORIZE_RESOURCES_MOST ||
		    (!str_eq(uri, r->issuer) && !client_has(r->client->audiences, uri)))
			return wrong(r, "invalid_target", "a resource is not one that this client has tokens for");
		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put(out, uri);
	}
}

static enum status
check_claims(struct reader *r)
{
	struct str text = given(r, "claims");

	if (text.p != NULL && claims_wanted_read(text, r->a) != OK)
		return invalid(r, "claims is not an object as OpenID Connect Core 5.5 has it, or wants too much");
	if (r->a->wants_name && client_has(r->client->scopes, STR("profile")) &&
	    !client_has(buf_str(&r->a->scope), STR("profile")))
		buf_put_cstr(&r->a->scope, " profile");
	return buf_status(&r->a->scope);
}

static enum status
check_details(struct reader *r)
{
	struct str text = given(r, "authorization_details");

	if (text.p == NULL)
		return OK;
	if (r->policy == NULL || details_read(r->policy, r->client->service, text, &r->a->details) != OK)
		return wrong(r, "invalid_authorization_details",
			     "only personal_data with purpose and categories that this service has declared");
	return OK;
}

enum status
authorize_read(const struct store_client *client, struct str issuer, const struct policy *policy, const struct form *in,
	       struct authorize *a, struct authorize_fault *fault)
{
	static enum status (*const rules[])(struct reader *) = {
		read_state,   check_lengths, check_unsupported, check_response, check_pkce,   check_dpop,
		check_prompt, check_max_age, check_scope,       check_resource, check_claims, check_details,
	};
	struct reader r = { .client = client, .issuer = issuer, .policy = policy, .in = in, .a = a, .fault = fault };

	*fault = (struct authorize_fault){ "invalid_request", "redirect_uri is not one of this client's" };
	TRY(authorize_redirect(client, in, &a->redirect_uri));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		TRY(rules[i](&r));
	return OK;
}
