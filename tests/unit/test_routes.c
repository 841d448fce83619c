/* test_routes.c: what is not in the table is not there, and what changes something asks who wants it. */
#include <stdio.h>

#include "authd/routes.h"
#include "tests/unit/expect.h"

/* ---- the table itself ---- */

/* State-changing rows for nobody in particular, each with its reason. */
static const struct {
	const char *path, *why;
} open_posts[] = {
	{ "/login", "the form token of the page is checked by the handler" },
	{ "/login/otp", "the sign-in under way is the credential, its form token is checked" },
	{ "/oauth2/authorize", "OpenID Connect lets clients post here; the session is found, or there is none" },
	{ "/verify/{*}",
	  "changes nothing: the handler finds out whether the token of somebody else's request is good" },
	{ "/check", "changes nothing: what is pasted is verified and forgotten" },
	{ "/oauth2/logout", "a client's wish is followed with our ID token or the person's own form only" },
};

static const char *
reason_to_be_open(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(open_posts); i++)
		if (strcmp(open_posts[i].path, path) == 0)
			return open_posts[i].why;
	return NULL;
}

Test(routes, every_row_is_whole)
{
	size_t count;
	const struct route *rows = route_table(&count);

	cr_assert_gt(count, 50);
	for (size_t i = 0; i < count; i++) {
		cr_expect_not_null((void *)(uintptr_t)rows[i].handle, "%s", rows[i].path);
		cr_expect_eq(rows[i].path[0], '/', "%s", rows[i].path);
		/* Envoy asks about a visitor's request with that request's own method; OAuth Grant Management ends a
		 * grant by DELETE. */
		cr_expect(rows[i].method == HTTP_GET || rows[i].method == HTTP_POST || rows[i].method == HTTP_OPTIONS ||
			      strcmp(rows[i].path, "/verify/{*}") == 0 ||
			      (rows[i].method == HTTP_DELETE && strcmp(rows[i].path, "/grants/{id}") == 0),
			  "%s", rows[i].path);
		cr_expect(rows[i].method != HTTP_GET || rows[i].body == ROUTE_NO_BODY, "GET %s takes a body",
			  rows[i].path);
	}
}

Test(routes, no_row_is_there_twice)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++)
			cr_expect(rows[i].method != rows[k].method || strcmp(rows[i].path, rows[k].path) != 0, "%s",
				  rows[i].path);
}

Test(routes, whoever_changes_something_is_known)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		bool open = rows[i].authn == AUTHN_NONE || rows[i].authn == AUTHN_SESSION_OPTIONAL ||
			    rows[i].authn == AUTHN_LOCAL;

		if (rows[i].method != HTTP_GET && rows[i].method != HTTP_OPTIONS && open)
			cr_expect_not_null(reason_to_be_open(rows[i].path), "POST %s is for anybody", rows[i].path);
	}
}

/* RFC 9700 4.18: pages of others may read what clients in browsers need, and nothing that a person is shown or sent. */
Test(routes, four_paths_are_shared_with_applications_in_browsers_and_no_other)
{
	static const char *const shared[] = { "/oauth2/par", "/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo" };
	size_t count, found = 0;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].method != HTTP_OPTIONS)
			continue;
		cr_assert_lt(found, ARRAY_LEN(shared), "%s", rows[i].path);
		cr_expect_str_eq(rows[i].path, shared[found++]);
		cr_expect_eq(rows[i].body, ROUTE_NO_BODY);
	}
	cr_assert_eq(found, ARRAY_LEN(shared));
}

/* Services and people come here with scopes of their own: the handler says which (their system tests have each). */
static bool
is_for_several_kinds(const char *path)
{
	static const char *const paths[] = { "/access/v1/search/subject", "/access/v1/search/resource",
					     "/access/v1/search/action", "/grants/{id}" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

Test(routes, services_need_a_scope_and_administrators_a_permission)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].method != HTTP_GET && !is_for_several_kinds(rows[i].path) &&
		    (rows[i].authn == AUTHN_BEARER || rows[i].authn == AUTHN_ADMIN))
			cr_expect_not_null(rows[i].needs, "POST %s", rows[i].path);
		if (strncmp(rows[i].path, "/admin/", 7) == 0)
			cr_expect_eq(rows[i].authn, AUTHN_ADMIN, "%s", rows[i].path);
	}
}

Test(routes, refused_attempts_on_what_is_somebodys_are_entries)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].authn == AUTHN_BEARER || rows[i].authn == AUTHN_CLIENT || rows[i].authn == AUTHN_ADMIN ||
		    (rows[i].authn == AUTHN_SESSION && rows[i].method != HTTP_GET))
			cr_expect(rows[i].record_refusals, "%s", rows[i].path);
}

/* R1: who adds a row says whose data it shows, and what only shows others' is never for anybody who comes by. */
Test(routes, every_row_says_whose_data_it_shows)
{
	size_t count, others = 0;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		bool known =
		    rows[i].authn == AUTHN_BEARER || rows[i].authn == AUTHN_ADMIN || rows[i].authn == AUTHN_SESSION;

		cr_expect_neq(rows[i].shows, SHOWS_UNSAID, "%s", rows[i].path);
		cr_expect_leq((int)rows[i].shows, (int)SHOWS_CASE, "%s", rows[i].path);
		if (rows[i].shows != SHOWS_OTHERS && rows[i].shows != SHOWS_CASE)
			continue;
		others++;
		cr_expect(known && rows[i].record_refusals, "%s shows others to anybody", rows[i].path);
	}
	cr_assert_gt(others, 30);
}

/* Officials, administrators and services read there about people: what shows nobody all the same stands here. */
Test(routes, what_officials_read_is_about_others)
{
	static const char *const about_nobody[] = {
		"/desk",          "/desk/duty",       "/desk/account",    "/admin/v1/clients",
		"/admin/v1/keys", "/admin/v1/policy", "/admin/v1/status",
	};
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++) {
		bool exempt = false;

		if (!str_starts(str_of(rows[i].path), STR("/desk")) &&
		    !str_starts(str_of(rows[i].path), STR("/admin/")))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(about_nobody); k++)
			exempt |= k < 3 ? strcmp(rows[i].path, about_nobody[k]) == 0
					: str_starts(str_of(rows[i].path), str_of(about_nobody[k]));
		cr_expect(rows[i].shows == SHOWS_OTHERS || rows[i].shows == SHOWS_CASE ||
			      (exempt && rows[i].shows == SHOWS_NOBODY),
			  "%s", rows[i].path);
	}
}

/* A handler on the loop thread has no database and must not block it: only those that were made for it run there. */
Test(routes, what_asks_for_a_session_or_a_client_runs_on_a_worker)
{
	size_t count;
	const struct route *rows = route_table(&count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].authn == AUTHN_SESSION || rows[i].authn == AUTHN_SESSION_OPTIONAL ||
		    rows[i].authn == AUTHN_CLIENT)
			cr_expect_neq(rows[i].speed, SERVER_FAST, "%s", rows[i].path);
}

/* ---- the search ---- */

/* The pattern with something at every {…}. */
static struct str
example(const char *pattern, char out[200])
{
	size_t n = 0;

	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p != '{') {
			out[n++] = *p;
			continue;
		}
		out[n++] = 'x';
		out[n++] = '7';
		p = strchr(p, '}');
	}
	return str_from(out, n);
}

static enum status
find(enum http_method method, const char *path, const struct route **out)
{
	struct str param[ROUTE_PARAMS_MOST];
	const char *allow = NULL;

	return route_find(method, str_of(path), out, param, &allow);
}

Test(routes, every_row_is_found_by_a_path_of_its_own)
{
	size_t count;
	const struct route *rows = route_table(&count), *got;
	char path[200];

	for (size_t i = 0; i < count; i++) {
		struct str param[ROUTE_PARAMS_MOST];
		const char *allow = NULL;

		got = NULL;
		EXPECT_OK(route_find(rows[i].method, example(rows[i].path, path), &got, param, &allow));
		cr_expect_eq(got, &rows[i], "%s finds %s", rows[i].path, got != NULL ? got->path : "nothing");
	}
}

Test(routes, head_goes_where_get_goes)
{
	const struct route *got = NULL;

	EXPECT_OK(find(HTTP_HEAD, "/jwks", &got));
	cr_assert_eq(got->method, HTTP_GET);
}

Test(routes, a_fixed_word_comes_before_a_parameter)
{
	const struct route *got = NULL;

	EXPECT_OK(find(HTTP_GET, "/ask/new", &got));
	cr_assert_str_eq(got->path, "/ask/new");
	EXPECT_OK(find(HTTP_GET, "/ask/newer", &got));
	cr_assert_str_eq(got->path, "/ask/{id}");
}

Test(routes, parameters_are_cut_out_whole)
{
	struct str param[ROUTE_PARAMS_MOST] = { 0 };
	const struct route *got;
	const char *allow;

	EXPECT_OK(route_find(HTTP_POST, STR("/consents/a b%2Fc/withdraw"), &got, param, &allow));
	EXPECT_STR(STR("a b%2Fc"), param[0]);
	EXPECT_OK(route_find(HTTP_GET, STR("/log/tile/0/000.p/7"), &got, param, &allow));
	EXPECT_STR(STR("tile/0/000.p/7"), param[0]);
	EXPECT_OK(route_find(HTTP_GET, STR("/consents/{id}"), &got, param, &allow));
	EXPECT_STR(STR("{id}"), param[0]);
}

Test(routes, a_path_with_more_less_or_nothing_in_between_is_not_there)
{
	static const char *const paths[] = {
		"",
		"*",
		"jwks",
		"//",
		"/jwks/",
		"/jwks/x",
		"//jwks",
		"/jwks//",
		"/JWKS",
		"/jwk",
		"/jwkss",
		"/oauth2",
		"/oauth2/",
		"/oauth2/token/",
		"/oauth2//token",
		"/consents/",
		"/consents//withdraw",
		"/consents/a/withdraw/",
		"/consents/a/withdraw/b",
		"/consents/a/b",
		"/access/v1/outcomes",
		"/access/v1/outcomes/",
		"/access/v1/outcomes/a/b",
		"/log",
		"/log/",
		"/assets",
		"/assets/",
		"/admin/v1/people//status",
		"/admin/v1/people/a/status/b",
		"/admin",
		"/admin/v1",
		"/{*}",
		"/me/",
		"/.well-known",
		"/.well-known/openid-configuration/",
		"/ask/",
		"/ask/a/b",
		"/login/otp/x",
		" /jwks",
		"/jwks ",
	};
	const struct route *got = NULL;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		EXPECT_STATUS(E_NOT_FOUND, find(HTTP_GET, paths[i], &got));
		EXPECT_STATUS(E_NOT_FOUND, find(HTTP_POST, paths[i], &got));
		cr_expect_null(got, "%s", paths[i]);
	}
}

/* Longer, shorter, doubled and emptied variants of every path of the table. */
Test(routes, neighbours_of_a_path_are_other_paths_or_none)
{
	size_t count;
	const struct route *rows = route_table(&count), *got;
	char path[200], near[260];

	for (size_t i = 0; i < count; i++) {
		struct str good = example(rows[i].path, path);

		if (strstr(rows[i].path, "{*}") != NULL)
			continue;
		(void)snprintf(near, sizeof(near), "%.*s/", STR_ARG(good));
		cr_expect_eq(find(rows[i].method, near, &got), E_NOT_FOUND, "%s", near);
		(void)snprintf(near, sizeof(near), "/%.*s", STR_ARG(good));
		cr_expect_eq(find(rows[i].method, near, &got), E_NOT_FOUND, "%s", near);
	}
}

Test(routes, another_method_is_told_which_there_are)
{
	static const struct {
		enum http_method method;
		const char *path, *allow;
	} cases[] = {
		{ HTTP_POST, "/jwks", "GET, HEAD" },
		{ HTTP_GET, "/oauth2/token", "POST" },
		{ HTTP_HEAD, "/oauth2/token", "POST" },
		{ HTTP_DELETE, "/oauth2/authorize", "GET, HEAD, POST" },
		{ HTTP_OPTIONS, "/login", "GET, HEAD, POST" },
		{ HTTP_PUT, "/consents/x", "GET, HEAD" },
		{ HTTP_POST, "/grants/x", "GET, HEAD, DELETE" },
		{ HTTP_PATCH, "/admin/v1/people/x/status", "POST" },
		{ HTTP_POST, "/log/checkpoint", "GET, HEAD" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str param[ROUTE_PARAMS_MOST];
		const struct route *got = NULL;
		const char *allow = NULL;

		EXPECT_STATUS(E_UNSUPPORTED, route_find(cases[i].method, str_of(cases[i].path), &got, param, &allow));
		cr_assert_str_eq(allow, cases[i].allow, "%s", cases[i].path);
		cr_assert_null(got);
	}
}
