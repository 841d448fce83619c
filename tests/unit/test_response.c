/* test_response.c: what leaves on the wire, and that nothing else can. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/response.h"

static struct http_response rsp;

static void
begin(void)
{
	response_init(&rsp);
}

static void
end(void)
{
	response_clear(&rsp);
}

TestSuite(response, .init = begin, .fini = end);

static struct str
wire(const struct http_request *req)
{
	static struct buf out = BUF((size_t)1 << 20);
	bool follows = false;

	buf_clear(&out);
	response_encode(&rsp, req, true, &out, &follows);
	cr_assert_eq(buf_status(&out), OK);
	return buf_str(&out);
}

static bool
has(struct str text, const char *part)
{
	return str_find(text, str_of(part)) < text.n;
}

#define POLICY                                                                                                         \
	"Content-Security-Policy: default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "             \
	"base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

Test(response, carries_the_security_headers)
{
	static const char *const lines[] = { "Strict-Transport-Security: max-age=63072000\r\n",
					     "X-Content-Type-Options: nosniff\r\n",
					     "X-Frame-Options: DENY\r\n",
					     "Referrer-Policy: no-referrer\r\n",
					     "Cross-Origin-Opener-Policy: same-origin\r\n",
					     "Cache-Control: no-store\r\n",
					     "X-Request-ID: ",
					     POLICY "\r\n" };

	response_bytes(&rsp, 200, "text/plain", STR("hi"));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		cr_expect(has(wire(NULL), lines[i]), "%s", lines[i]);
	cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 200 OK\r\n")));
	cr_expect(str_ends(wire(NULL), STR("\r\n\r\nhi")));
}

Test(response, allows_scripts_only_where_a_page_asks)
{
	response_bytes(&rsp, 200, "text/plain", STR("hi"));
	cr_expect_not(has(wire(NULL), "script-src"));
	rsp.script = true;
	cr_expect(has(wire(NULL), POLICY "; script-src 'self'; connect-src 'self'\r\n"));
	cr_expect_not(has(wire(NULL), "unsafe-inline"));
}

static const char *
form_action(const char *uri)
{
	response_init(&rsp);
	response_form_action(&rsp, str_of(uri));
	cr_expect_eq(response_status(&rsp), OK);
	return rsp.form_action;
}

Test(response, opens_form_action_to_one_origin_and_nothing_more)
{
	static const char *const nothing[] = {
		"",         "https://a;script-src *", "https://a b/",          "https://*/",
		"x y:/",    "http://rp.example/cb",   "data:text/html,x",      "javascript:x",
		"https://", "http://127.0.0.1.evil/", "http://127.0.0.1@evil/"
	};

	cr_expect_str_eq(form_action("https://rp.example:8443/cb?x=1"), "https://rp.example:8443");
	cr_expect_str_eq(form_action("http://127.0.0.1:1234/cb"), "http://127.0.0.1:1234");
	cr_expect_str_eq(form_action("http://[::1]:1234/cb"), "http://[::1]:1234");
	cr_expect_str_eq(form_action("com.example.app:/cb"), "com.example.app:");
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		cr_expect_str_eq(form_action(nothing[i]), "", "%s", nothing[i]);
	form_action("https://rp.example/cb");
	response_bytes(&rsp, 200, "text/plain", STR("hi"));
	cr_expect(has(wire(NULL), POLICY " https://rp.example\r\n"));
}

static bool
takes_header(const char *name, struct str value)
{
	bool taken;

	response_clear(&rsp);
	response_bytes(&rsp, 200, "text/plain", STR("hi"));
	response_header(&rsp, name, value);
	taken = response_status(&rsp) == OK;
	if (!taken)
		cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 500 ")));
	return taken;
}

Test(response, cannot_be_split)
{
	cr_expect(takes_header("X-A", STR("b c\t\xd0\x96")));
	cr_expect_not(takes_header("X-A", STR("b\r\nSet-Cookie: x=y")));
	cr_expect_not(takes_header("X-A", STR("b\nc")));
	cr_expect_not(takes_header("X-A", STR("b\rc")));
	cr_expect_not(takes_header("X-A", STR("b\0c")));
	cr_expect_not(takes_header("X-A", STR("\xff")));
	cr_expect_not(takes_header("X A", STR("b")));
	cr_expect_not(takes_header("X-A\r\nX", STR("b")));
	cr_expect_not(takes_header("", STR("b")));
}

Test(response, keeps_its_own_headers_to_itself)
{
	cr_expect_not(takes_header("Content-Length", STR("5")));
	cr_expect_not(takes_header("transfer-encoding", STR("chunked")));
	cr_expect_not(takes_header("Set-Cookie", STR("a=b")));
	cr_expect_not(takes_header("Content-Security-Policy", STR("default-src *")));
}

Test(response, redirects_with_303_to_visible_characters_only)
{
	response_redirect(&rsp, STR("https://a/cb?code=1"));
	cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 303 See Other\r\n")));
	cr_expect(has(wire(NULL), "Location: https://a/cb?code=1\r\n"));
	response_clear(&rsp);
	response_redirect(&rsp, STR("https://a/\r\nX: y"));
	cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 500 ")));
	response_clear(&rsp);
	response_redirect(&rsp, STR("https://a/ b"));
	cr_expect_neq(response_status(&rsp), OK);
}

Test(response, says_nothing_as_500)
{
	cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 500 ")));
}

Test(response, answers_head_with_the_length_and_no_body)
{
	struct http_request req = { .method = HTTP_HEAD };

	response_bytes(&rsp, 200, "text/plain", STR("hello"));
	cr_expect(has(wire(&req), "Content-Length: 5\r\n"));
	cr_expect(str_ends(wire(&req), STR("\r\n\r\n")));
}

Test(response, has_no_length_where_there_can_be_no_body)
{
	response_empty(&rsp, 204);
	cr_expect_not(has(wire(NULL), "Content-Length"));
	response_empty(&rsp, 200);
	cr_expect(has(wire(NULL), "Content-Length: 0\r\n"));
}

Test(response, tells_the_language_of_a_page)
{
	struct http_request req = { .lang = I18N_EN, .id = "abc" };
	CLEANUP(buf_clear) struct buf page = BUF(100);

	buf_put(&page, STR("<p>"));
	response_html(&rsp, 200, &page);
	cr_expect(has(wire(&req), "Content-Language: en\r\n"));
	cr_expect(has(wire(&req), "X-Request-ID: abc\r\n"));
	cr_expect_eq(page.n, 0);
}

Test(response, a_page_that_did_not_fit_is_a_500)
{
	CLEANUP(buf_clear) struct buf page = BUF(2);

	buf_put(&page, STR("too long"));
	response_html(&rsp, 200, &page);
	cr_expect(str_starts(wire(NULL), STR("HTTP/1.1 500 ")));
}

static int
file_status(const char *none_match, const char *encoding, struct str *body)
{
	struct http_request req = { 0 };
	struct str out;

	if (none_match != NULL)
		req.headers[req.header_count++] = (struct http_header){ STR("if-none-match"), str_of(none_match) };
	if (encoding != NULL)
		req.headers[req.header_count++] = (struct http_header){ STR("accept-encoding"), str_of(encoding) };
	response_clear(&rsp);
	response_file(&rsp, &req, "text/css", "\"abc\"", STR("plain"), STR("zip"));
	out = wire(&req);
	*body = str_slice(out, str_find(out, STR("\r\n\r\n")) + 4, out.n);
	return rsp.status;
}

Test(response, sends_files_compressed_or_not_at_all)
{
	struct str body;

	cr_expect_eq(file_status(NULL, NULL, &body), 200);
	cr_expect(str_is(body, "plain"));
	cr_expect_eq(file_status("\"zzz\"", "br, gzip", &body), 200);
	cr_expect(str_is(body, "zip"));
	cr_expect(has(buf_str(&rsp.headers), "Content-Encoding: gzip\r\n"));
	cr_expect(has(buf_str(&rsp.headers), "Vary: Accept-Encoding\r\n"));
	cr_expect_eq(file_status(NULL, "gzip;q=0", &body), 200);
	cr_expect(str_is(body, "plain"));
	cr_expect_eq(file_status("\"x\", \"abc\"", NULL, &body), 304);
	cr_expect_eq(body.n, 0);
}

Test(response, a_large_body_follows_its_head)
{
	struct buf big = BUF(100000);
	CLEANUP(buf_clear) struct buf out = BUF(100000);
	bool follows = false;

	for (int i = 0; i < 20000; i++)
		buf_put_char(&big, 'a');
	response_buf(&rsp, 200, "text/plain", &big);
	response_encode(&rsp, NULL, true, &out, &follows);
	cr_expect(follows);
	cr_expect(has(buf_str(&out), "Content-Length: 20000\r\n"));
	cr_expect(str_ends(buf_str(&out), STR("\r\n\r\n")));
}

Test(response, forgets_its_body_but_not_its_cookies)
{
	response_header(&rsp, "X-Keep", STR("yes"));
	response_bytes(&rsp, 200, "text/plain", STR("hello"));
	response_reset(&rsp, true);
	cr_expect_eq(rsp.status, 0);
	cr_expect_eq(rsp.body.n, 0);
	cr_expect(has(buf_str(&rsp.headers), "X-Keep: yes\r\n"));
	response_reset(&rsp, false);
	cr_expect_eq(rsp.headers.n, 0);
}
