/*
 * ep_verify.c: /verify, for services behind a reverse proxy that cannot check tokens themselves: nginx `auth_request`,
 * Traefik `forwardAuth` (both ask GET /verify) and Envoy `ext_authz` (asks /verify/ and the original path, with the
 * original method).
 *
 * It says whether a token is good for what the proxy's location asks, and who that is: nothing more. A look at a
 * person's data still needs a decision (/access/v1/evaluation) of its own, with its own entry; a 200 from here is none.
 *
 * What the location asks comes in the query of its configuration (never of /verify/{*}, where the query is the
 * visitor's) and in X-Ombud-Require-* headers. Both count: a header that a visitor smuggles in can only ask for more.
 * An audience is no more but another one, so a header may repeat the query's (or ours, which is meant without one) and
 * not name its own, but at /verify/{*}, where there is no other way.
 * What the proxy says about the original request (method, address: a DPoP proof is for those) is believed only from
 * verify_peers. nginx knows 200, 401 and 403 alone, so what is malformed is 403 here.
 */
#include <string.h>

#include "authd/endpoints/endpoints.h"
#include "authd/identity/authenticate.h"
#include "authd/identity/stepup.h"
#include "authd/oauth/client.h"
#include "authd/request.h"

#define WORDS_MOST ((size_t)1024)
#define URI_MOST   ((size_t)64 << 10)

static enum status
forbid(struct request *rq, const char *why)
{
	return request_fail(rq, E_DENIED, "access_denied", why);
}

/* ---- what the location asks ---- */

struct needs {
	struct buf scopes; /* space separated; all of them */
	struct str audience, purpose;
	uint64_t acr, max_age_s;
};

static void
needs_clear(struct needs *n)
{
	buf_clear(&n->scopes);
}

static enum status
add_scope(struct needs *n, struct str value)
{
	buf_put_char(&n->scopes, ' ');
	buf_put(&n->scopes, value);
	return buf_status(&n->scopes);
}

/* Asked twice in different words is a mistake of the configuration, or somebody else's words. */
static enum status
set_text(struct str *slot, struct str value)
{
	if (slot->n > 0 && !str_eq(*slot, value))
		return E_INVALID;
	*slot = value;
	return OK;
}

static enum status
add_audience(struct needs *n, struct str value)
{
	return set_text(&n->audience, value);
}

static enum status
add_purpose(struct needs *n, struct str value)
{
	return set_text(&n->purpose, value);
}

static enum status
add_acr(struct needs *n, struct str value)
{
	uint64_t level;

	TRY(str_to_u64(value, 3, &level));
	n->acr = level > n->acr ? level : n->acr;
	return OK;
}

static enum status
add_max_age(struct needs *n, struct str value)
{
	uint64_t age;

	TRY(str_to_u64(value, 86400, &age));
	if (age == 0)
		return E_INVALID;
	n->max_age_s = n->max_age_s == 0 || age < n->max_age_s ? age : n->max_age_s;
	return OK;
}

static const struct {
	const char *parameter, *header;
	enum status (*add)(struct needs *n, struct str value);
} asked[] = {
	{ "scope", "x-ombud-require-scope", add_scope },       { "audience", "x-ombud-require-audience", add_audience },
	{ "purpose", "x-ombud-require-purpose", add_purpose }, { "acr", "x-ombud-require-acr", add_acr },
	{ "max_age", "x-ombud-require-max-age", add_max_age },
};

static bool
has_original_path(const struct request *rq)
{
	return rq->param[0].n > 0;
}

static struct str
own_audience(const struct request *rq)
{
	struct str said = form_get(&rq->query, "audience");

	if (has_original_path(rq))
		return STR("");
	return said.n > 0 ? said : rq->authd->issuer;
}

static enum status
read_needs(struct request *rq, struct needs *n)
{
	n->audience = own_audience(rq);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct str value;
		enum status st = http_header_one(rq->http, asked[i].header, &value);

		if (st == E_INVALID || (st == OK && asked[i].add(n, value) != OK))
			return forbid(rq, "an X-Ombud-Require header is malformed or there twice");
		value = form_get(&rq->query, asked[i].parameter);
		if (!has_original_path(rq) && value.n > 0 && asked[i].add(n, value) != OK)
			return forbid(rq, "a parameter of /verify is malformed or contradicts a header");
	}
	return OK;
}

/* ---- what the original request was ---- */

static bool
is_believed(const struct request *rq)
{
	const struct conf_strings *peers = &rq->authd->config.verify_peers;

	for (size_t i = 0; i < peers->n; i++)
		if (strcmp(peers->item[i], rq->http->peer) == 0)
			return true;
	return false;
}

/*
 * What nginx and Traefik call by different names. A proxy writes its own one and may hand on the other as the visitor
 * sent it: two that differ are nobody's word, and no proof is for an empty one.
 */
static struct str
agreed(const struct request *rq, const char *nginx, const char *traefik)
{
	struct str one = http_header(rq->http, nginx), other = http_header(rq->http, traefik);

	if (one.n > 0 && other.n > 0 && !str_eq(one, other))
		return STR("");
	return one.n > 0 ? one : other;
}

static const char *
method_called(struct str name)
{
	for (int m = 0; m < HTTP_METHOD_COUNT; m++)
		if (str_is(name, http_method_name((enum http_method)m)))
			return http_method_name((enum http_method)m);
	return "";
}

static void
put_original_path(const struct request *rq, struct buf *out)
{
	if (has_original_path(rq))
		buf_put(out, str_slice(rq->http->raw_path, strlen("/verify"), rq->http->raw_path.n));
	else
		buf_put(out, agreed(rq, "x-original-uri", "x-forwarded-uri"));
}

/* A part that is missing leaves an address that no proof is for: a bound token is then refused, never waved through. */
static enum status
original_target(const struct request *rq, struct buf *uri, struct dpop_target *out)
{
	if (!is_believed(rq))
		return OK; /* this request itself */
	if (has_original_path(rq))
		out->method = http_method_name(rq->http->method);
	else
		out->method = method_called(agreed(rq, "x-original-method", "x-forwarded-method"));
	buf_put(uri, http_header(rq->http, "x-forwarded-proto"));
	buf_put_cstr(uri, "://");
	buf_put(uri, has_original_path(rq) ? http_header(rq->http, "host") : http_header(rq->http, "x-forwarded-host"));
	put_original_path(rq, uri);
	out->uri = buf_str(uri);
	return buf_status(uri);
}

static bool
names_token(struct str uri)
{
	CLEANUP(form_clear) struct form query = { 0 };
	size_t mark = str_find_char(uri, '?');

	if (mark == uri.n)
		return false;
	uri = str_slice(uri, mark + 1, uri.n);
	if (form_parse(uri, NULL, &query) == OK)
		return form_get(&query, "access_token").p != NULL;
	return str_find(uri, STR("access_token=")) < uri.n; /* other people's queries have other rules than ours */
}

/* A token in the original query is in every log on its way (RFC 9700 4.3.2); we are not the ones to honour it. */
static bool
query_has_token(const struct request *rq)
{
	return names_token(http_header(rq->http, "x-original-uri")) ||
	       names_token(http_header(rq->http, "x-forwarded-uri"));
}

/* ---- the answer ---- */

static enum status
check_scopes(struct request *rq, const struct needs *n)
{
	struct str rest = buf_str(&n->scopes), word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (word.n == 0 || client_has(str_of(rq->who.scope), word))
			continue;
		problem_challenge(rq->rsp, "%s error=\"insufficient_scope\", scope=\"%.*s\"",
				  rq->who.bound_to_key ? "DPoP" : "Bearer", STR_ARG(str_trim(buf_str(&n->scopes))));
		return request_fail(rq, E_DENIED, "insufficient_scope",
				    "the access token does not have a scope that this needs");
	}
	return OK;
}

/* RFC 9396: one of the token's details is for this purpose. */
static enum status
check_purpose(struct request *rq, const struct needs *n, const json_t *claims)
{
	const json_t *details = json_object_get(claims, "authorization_details");

	if (n->purpose.n == 0)
		return OK;
	for (size_t i = 0; i < json_array_size(details); i++) {
		const char *purpose = json_string_value(json_object_get(json_array_get(details, i), "purpose"));

		if (purpose != NULL && str_is(n->purpose, purpose))
			return OK;
	}
	return forbid(rq, "the access token is not for the purpose that this needs");
}

static void
put_roles(struct request *rq)
{
	CLEANUP(buf_clear) struct buf roles = BUF((size_t)PRINCIPAL_ROLES_MOST * 65);

	for (size_t i = 0; i < rq->who.role_count; i++) {
		if (i > 0)
			buf_put_char(&roles, ' ');
		buf_put_cstr(&roles, rq->who.roles[i]);
	}
	response_header(rq->rsp, "X-Ombud-Roles", buf_str(&roles));
}

/* Every header is there each time, if need be empty: what a proxy copies then replaces what a visitor sent. */
static void
put_identity(struct request *rq, const json_t *claims)
{
	const char *actor = json_string_value(json_object_get(json_object_get(claims, "act"), "sub"));

	response_empty(rq->rsp, 200);
	response_header(rq->rsp, "X-Ombud-Subject", str_of(rq->who.sub));
	response_header(rq->rsp, "X-Ombud-Client", str_of(rq->who.client_id));
	response_header(rq->rsp, "X-Ombud-Organisation", str_of(rq->who.organisation));
	response_header(rq->rsp, "X-Ombud-Scope", str_of(rq->who.scope));
	response_headerf(rq->rsp, "X-Ombud-Acr", "%u", rq->who.acr);
	response_header(rq->rsp, "X-Ombud-Actor", str_of(actor != NULL ? actor : ""));
	put_roles(rq);
}

static enum status
verify(struct request *rq)
{
	CLEANUP(needs_clear) struct needs needs = { .scopes = BUF(WORDS_MOST) };
	CLEANUP(json_decrefp) json_t *claims = NULL;
	CLEANUP(buf_clear) struct buf uri = BUF(URI_MOST);
	struct bearer_use use = { .claims = &claims };

	if (query_has_token(rq))
		return forbid(rq, "send the access token in the Authorization header only");
	TRY(read_needs(rq, &needs));
	TRY(original_target(rq, &uri, &use.target));
	use.audience = needs.audience.n > 0 ? needs.audience : rq->authd->issuer;
	TRY(authenticate_bearer_use(rq, &use));
	TRY(check_scopes(rq, &needs));
	TRY(check_purpose(rq, &needs, claims));
	TRY(stepup_need(rq, (unsigned)needs.acr, (int64_t)needs.max_age_s));
	put_identity(rq, claims);
	return OK;
}

enum status
ep_verify(struct request *rq)
{
	char why[sizeof(rq->rsp->detail)];
	enum status st = verify(rq);

	if (st != E_INVALID)
		return st;
	memcpy(why, rq->rsp->detail, sizeof(why));
	return forbid(rq, why);
}
