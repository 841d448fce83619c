/*
 * test_openapi.c: what is written about the API (authd/openapi.yaml) is what the route table and the list of problems
 * have: nothing is missing there, and nothing is there that is not.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "authd/http/embedded.h"
#include "authd/routes.h"

static json_t *doc;

static void
begin(void)
{
	const struct embedded_file *file = embedded_find(&embedded_documents, STR("openapi.json"));

	cr_assert(file != NULL);
	doc = json_loadb(file->bytes.p, file->bytes.n, JSON_REJECT_DUPLICATES, NULL);
	cr_assert(json_is_object(doc), "the document is JSON");
}

static void
end(void)
{
	json_decref(doc);
}

TestSuite(openapi, .init = begin, .fini = end);

static json_t *
at(const char *first, const char *second, const char *third)
{
	return json_object_get(json_object_get(json_object_get(doc, first), second), third);
}

/* Pages and their files are for people; everything else is an API. */
static bool
is_api(const struct route *r)
{
	/* OPTIONS is a question of browsers (oauth/cors.h), no operation of the resource. */
	return r->method != HTTP_OPTIONS && (r->errors == PROBLEM_JSON || r->errors == PROBLEM_OAUTH);
}

static const char *
method_of(const struct route *r)
{
	static const struct {
		enum http_method method;
		const char *name;
	} names[] = { { HTTP_GET, "get" },
		      { HTTP_POST, "post" },
		      { HTTP_PUT, "put" },
		      { HTTP_PATCH, "patch" },
		      { HTTP_DELETE, "delete" } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].method == r->method)
			return names[i].name;
	return "?";
}

/* "{*}" is called {path} there. */
static json_t *
operation(const struct route *r)
{
	char path[200];
	const char *rest = strstr(r->path, "{*}");

	snprintf(path, sizeof(path), "%.*s%s", rest != NULL ? (int)(rest - r->path) : (int)strlen(r->path), r->path,
		 rest != NULL ? "{path}" : "");
	return at("paths", path, method_of(r));
}

static bool
offers(const json_t *security, const char *scheme, const char *scope)
{
	for (size_t i = 0; i < json_array_size(security); i++) {
		const json_t *scopes = json_object_get(json_array_get(security, i), scheme);

		if (scopes == NULL)
			continue;
		if (scope == NULL)
			return json_array_size(scopes) == 0;
		return json_array_size(scopes) == 1 && strcmp(json_string_value(json_array_get(scopes, 0)), scope) == 0;
	}
	return false;
}

Test(openapi, every_row_of_the_route_table_that_is_an_api_is_described_and_nothing_else_is)
{
	size_t count, expected = 0, described = 0;
	const struct route *rows = route_table(&count);
	const char *path, *key;
	json_t *item, *op;

	for (size_t i = 0; i < count; i++) {
		expected += is_api(&rows[i]);
		cr_expect(json_is_object(operation(&rows[i])) == is_api(&rows[i]), "%s %s", method_of(&rows[i]),
			  rows[i].path);
	}
	json_object_foreach(json_object_get(doc, "paths"), path, item) json_object_foreach(item, key, op) described +=
	    json_object_get(op, "operationId") != NULL;
	cr_expect(expected > 50 && described == expected, "%zu rows, %zu operations", expected, described);
}

Test(openapi, who_may_ask_is_what_the_row_says)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct route *r = &rows[i];
		const json_t *op = is_api(r) ? operation(r) : NULL, *security = json_object_get(op, "security");
		const char *permission = json_string_value(json_object_get(op, "x-permission"));
		bool verify = strncmp(r->path, "/verify", 7) == 0; /* reads the token itself */

		if (op == NULL)
			continue;
		if (r->authn == AUTHN_BEARER || verify) {
			cr_expect(offers(security, "bearer", r->needs) && offers(security, "dpop", r->needs) &&
				      offers(security, "certificateBound", r->needs),
				  "%s", r->path);
		} else if (r->authn == AUTHN_ADMIN) {
			cr_expect(offers(security, "bearer", "admin") && offers(security, "adminSocket", NULL), "%s",
				  r->path);
			cr_expect((permission == NULL) == (r->needs == NULL) &&
				      (permission == NULL || strcmp(permission, r->needs) == 0),
				  "%s needs %s", r->path, r->needs != NULL ? r->needs : "nothing");
		} else if (r->authn == AUTHN_CLIENT) {
			cr_expect(offers(security, "clientAssertion", NULL) && offers(security, "clientBasic", NULL) &&
				      offers(security, "clientCertificate", NULL),
				  "%s", r->path);
		} else {
			cr_expect(json_array_size(security) == 0, "%s is for everybody", r->path);
		}
		cr_expect(json_is_true(json_object_get(op, "x-local")) == (r->authn == AUTHN_LOCAL), "%s", r->path);
	}
}

Test(openapi, a_body_is_what_the_row_says_and_has_its_limit)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct route *r = &rows[i];
		const json_t *op = is_api(r) ? operation(r) : NULL, *body = json_object_get(op, "requestBody");
		const json_t *content = json_object_get(body, "content");

		if (op == NULL || (r->body == ROUTE_ANY && r->body_most == 0))
			continue;
		cr_expect((body == NULL) == (r->body == ROUTE_NO_BODY), "%s", r->path);
		cr_expect(json_integer_value(json_object_get(body, "x-body-most")) == (json_int_t)r->body_most,
			  "%s takes %zu bytes", r->path, r->body_most);
		if (r->body == ROUTE_JSON)
			cr_expect(json_object_get(content, "application/json") != NULL, "%s", r->path);
		if (r->body == ROUTE_FORM)
			cr_expect(json_object_get(content, "application/x-www-form-urlencoded") != NULL, "%s", r->path);
	}
}

static bool
names(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), word) == 0)
			return true;
	return false;
}

/* How many different texts a column of the table has. */
static size_t
distinct(const struct problem_row *rows, size_t count, size_t offset)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = strcmp(*(const char *const *)(const void *)((const char *)&rows[k] + offset),
					*(const char *const *)(const void *)((const char *)&rows[i] + offset)) == 0;
		n += !before;
	}
	return n;
}

Test(openapi, the_reasons_and_oauth_errors_are_those_of_the_list_of_problems)
{
	size_t count;
	const struct problem_row *rows = problem_rows(&count);
	const json_t *schemas = at("components", "schemas", "Reason"), *reasons = json_object_get(schemas, "enum");
	const json_t *errors = json_object_get(at("components", "schemas", "OAuthError"), "enum");

	for (size_t i = 0; i < count; i++) {
		cr_expect(names(reasons, rows[i].reason), "reason %s", rows[i].reason);
		cr_expect(names(errors, rows[i].oauth), "error %s", rows[i].oauth);
	}
	cr_expect_eq(json_array_size(reasons), distinct(rows, count, offsetof(struct problem_row, reason)));
	cr_expect_eq(json_array_size(errors), distinct(rows, count, offsetof(struct problem_row, oauth)));
}

Test(openapi, the_version_is_this_builds)
{
	cr_expect_str_eq(json_string_value(json_object_get(json_object_get(doc, "info"), "version")), OMBUD_VERSION);
}
