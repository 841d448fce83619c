/* test_problem.c: every status has an answer, in the shape its reader expects, and no answer tells internals. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/problem.h"

static struct http_response rsp;
static struct http_request req;

static void
begin(void)
{
	response_init(&rsp);
	req = (struct http_request){ .path = STR("/consents"), .id = "req-1" };
}

static void
end(void)
{
	response_clear(&rsp);
}

TestSuite(problem, .init = begin, .fini = end);

static const char *
member(const char *name)
{
	static char text[300];
	json_t *body = json_loadb(rsp.body.p, rsp.body.n, 0, NULL);
	const char *s = json_string_value(json_object_get(body, name));

	snprintf(text, sizeof(text), "%s", s == NULL ? "" : s);
	json_decref(body);
	return text;
}

static bool
has_header(const char *line)
{
	return str_find(buf_str(&rsp.headers), str_of(line)) < rsp.headers.n;
}

Test(problem, has_a_row_for_every_status)
{
	for (int st = OK + 1; st < STATUS_COUNT; st++) {
		const struct problem_row *row = problem_find((enum status)st, NULL);

		cr_expect_eq((int)row->st, st, "%s", status_name((enum status)st));
		cr_expect(row->http >= 400 && row->http <= 503);
	}
}

Test(problem, rows_of_one_reason_agree)
{
	size_t n;
	const struct problem_row *rows = problem_rows(&n);

	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(problem_find(rows[i].st, rows[i].reason)->http, rows[i].http, "%s", rows[i].reason);
		cr_expect_str_neq(response_phrase(rows[i].http), "Unknown");
		cr_expect(str_only(str_of(rows[i].oauth), "abcdefghijklmnopqrstuvwxyz_"));
	}
}

Test(problem, speaks_oauth_under_oauth2)
{
	req.path = STR("/oauth2/token");
	problem_respond(&req, PROBLEM_AUTO, problem_set(&rsp, E_INVALID, "invalid_grant", "used before"), &rsp);
	cr_expect_eq(rsp.status, 400);
	cr_expect_str_eq(rsp.content_type, "application/json");
	cr_expect_str_eq(member("error"), "invalid_grant");
	cr_expect_str_eq(member("error_description"), "used before");
}

Test(problem, speaks_problem_json_elsewhere)
{
	problem_respond(&req, PROBLEM_AUTO, problem_set(&rsp, E_CONFLICT, NULL, "answered already"), &rsp);
	cr_expect_eq(rsp.status, 409);
	cr_expect_str_eq(rsp.content_type, "application/problem+json");
	cr_expect_str_eq(member("type"), "urn:ombud:problem:conflict");
	cr_expect_str_eq(member("detail"), "answered already");
	cr_expect_str_eq(member("reason"), "conflict");
}

Test(problem, speaks_html_to_browsers_and_escapes_it)
{
	req.headers[req.header_count++] = (struct http_header){ STR("accept"), STR("text/html,*/*;q=0.8") };
	problem_respond(&req, PROBLEM_AUTO, problem_set(&rsp, E_NOT_FOUND, NULL, "<b>&"), &rsp);
	cr_expect_eq(rsp.status, 404);
	cr_expect_str_eq(rsp.content_type, "text/html; charset=utf-8");
	cr_expect_eq(str_find(buf_str(&rsp.body), STR("<b>&")), rsp.body.n);
	cr_expect_lt(str_find(buf_str(&rsp.body), STR("&lt;b&gt;&amp;")), rsp.body.n);
	cr_expect_lt(str_find(buf_str(&rsp.body), STR("req-1")), rsp.body.n);
}

Test(problem, keeps_the_description_in_the_allowed_characters)
{
	const char *text = member("error_description");

	req.path = STR("/oauth2/token");
	problem_respond(&req, PROBLEM_AUTO, problem_setf(&rsp, E_INVALID, NULL, "a\"b\\c\r\nd\x01%s", "\xd0\x96"),
			&rsp);
	text = member("error_description");
	cr_expect_str_eq(text, "a?b?c??d???");
}

Test(problem, an_unknown_reason_does_not_leak_out)
{
	problem_respond(&req, PROBLEM_JSON, problem_set(&rsp, E_DENIED, "sql: select *", NULL), &rsp);
	cr_expect_eq(rsp.status, 403);
	cr_expect_str_eq(member("reason"), "access_denied");
}

Test(problem, an_inner_failure_says_only_that)
{
	static const enum status inner[] = { E_SYSTEM, E_IO, E_CORRUPT, E_END };

	for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
		response_clear(&rsp);
		problem_respond(&req, PROBLEM_JSON, inner[i], &rsp);
		cr_expect_eq(rsp.status, 500);
		cr_expect_str_eq(member("reason"), "internal_error");
		cr_expect_str_eq(member("detail"), "");
	}
}

Test(problem, a_401_names_a_scheme)
{
	problem_respond(&req, PROBLEM_JSON, E_UNAUTHENTICATED, &rsp);
	cr_expect_eq(rsp.status, 401);
	cr_expect(has_header("WWW-Authenticate: Bearer realm=\"ombud\"\r\n"));
	response_clear(&rsp);
	problem_challenge(&rsp, "DPoP error=\"%s\"", "invalid_token");
	problem_respond(&req, PROBLEM_JSON, problem_set(&rsp, E_UNAUTHENTICATED, "invalid_token", NULL), &rsp);
	cr_expect(has_header("WWW-Authenticate: DPoP error=\"invalid_token\"\r\n"));
}

Test(problem, busy_and_limited_say_when_to_come_again)
{
	problem_respond(&req, PROBLEM_JSON, E_BUSY, &rsp);
	cr_expect_eq(rsp.status, 503);
	cr_expect(has_header("Retry-After: 1\r\n"));
	response_clear(&rsp);
	rsp.retry_after_s = 30;
	problem_respond(&req, PROBLEM_JSON, E_LIMITED, &rsp);
	cr_expect_eq(rsp.status, 429);
	cr_expect(has_header("Retry-After: 30\r\n"));
}

Test(problem, a_405_names_the_methods)
{
	rsp.allow = "GET, POST";
	problem_respond(&req, PROBLEM_JSON, problem_set(&rsp, E_UNSUPPORTED, "method_not_allowed", NULL), &rsp);
	cr_expect_eq(rsp.status, 405);
	cr_expect(has_header("Allow: GET, POST\r\n"));
}

Test(problem, keeps_cookies_and_drops_what_was_answered)
{
	response_header(&rsp, "X-Kept", STR("yes"));
	response_bytes(&rsp, 200, "text/plain", STR("secret"));
	problem_respond(&req, PROBLEM_JSON, E_DENIED, &rsp);
	cr_expect(has_header("X-Kept: yes\r\n"));
	cr_expect_eq(str_find(buf_str(&rsp.body), STR("secret")), rsp.body.n);
	cr_expect_eq(response_status(&rsp), OK);
}

Test(problem, mends_a_response_that_could_not_be_built)
{
	response_header(&rsp, "X-Bad", STR("a\r\nb"));
	cr_assert_neq(response_status(&rsp), OK);
	problem_respond(&req, PROBLEM_JSON, E_SYSTEM, &rsp);
	cr_expect_eq(response_status(&rsp), OK);
	cr_expect_eq(rsp.status, 500);
}

Test(problem, answers_what_the_reader_refused)
{
	static const int codes[] = { 400, 408, 413, 414, 415, 417, 431, 501, 503 };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		response_clear(&rsp);
		problem_respond_http(NULL, codes[i], "two Content-Length headers", &rsp);
		cr_expect_eq(rsp.status, codes[i]);
		cr_expect_str_eq(rsp.content_type, "application/problem+json");
		cr_expect_str_eq(member("detail"), "two Content-Length headers");
	}
}
