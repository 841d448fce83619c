/* test_cookie.c: one cookie of a name or none, and no cookie leaves without its locks. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/cookie.h"

static struct http_request
request_with(const char *cookies)
{
	struct http_request req = { .header_count = 1 };

	req.headers[0] = (struct http_header){ STR("cookie"), str_of(cookies) };
	return req;
}

static enum status
find(const char *cookies, struct str *out)
{
	struct http_request req = request_with(cookies);

	return cookie_find(&req, "__Host-s", out);
}

Test(cookie, is_found_among_others)
{
	struct str v = { 0 };

	cr_expect_eq(find("a=b; __Host-s=xyz; __Host-sx=no", &v), OK);
	cr_expect(str_is(v, "xyz"));
	cr_expect_eq(find("__Host-s=a=b", &v), OK);
	cr_expect(str_is(v, "a=b"));
	cr_expect_eq(find("__host-s=x; s=y", &v), E_NOT_FOUND);
	cr_expect_eq(find("", &v), E_NOT_FOUND);
}

Test(cookie, tossed_in_twice_is_refused)
{
	struct str v = STR("untouched");
	struct http_request req = request_with("a=b");

	cr_expect_eq(find("__Host-s=mine; __Host-s=theirs", &v), E_INVALID);
	cr_expect_eq(find("__Host-s=mine; a=b; __Host-s=mine", &v), E_INVALID);
	cr_expect_eq(find("__Host-s", &v), E_INVALID);
	req.headers[req.header_count++] = (struct http_header){ STR("cookie"), STR("__Host-s=x") };
	cr_expect_eq(cookie_find(&req, "__Host-s", &v), E_INVALID);
	cr_expect(str_is(v, "untouched"));
}

Test(cookie, header_over_8_kib_is_refused)
{
	char *long_header = calloc(1, 9000);
	struct str v;

	memset(long_header, 'a', 8999);
	memcpy(long_header, "__Host-s=x; b=", 14);
	cr_expect_eq(find(long_header, &v), E_INVALID);
	long_header[8192] = '\0';
	cr_expect_eq(find(long_header, &v), OK);
	free(long_header);
}

Test(cookie, leaves_with_all_its_locks)
{
	struct http_response rsp;

	response_init(&rsp);
	cookie_set(&rsp, "__Host-s", STR("abc"), -1, COOKIE_LAX);
	cookie_set(&rsp, "__Host-t", STR("def"), 60, COOKIE_STRICT);
	cookie_expire(&rsp, "__Host-u");
	cr_expect_eq(response_status(&rsp), OK);
	cr_expect(str_is(buf_str(&rsp.headers),
			 "Set-Cookie: __Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
			 "Set-Cookie: __Host-t=def; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60\r\n"
			 "Set-Cookie: __Host-u=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0\r\n"));
	response_clear(&rsp);
}

static enum status
set(const char *name, struct str value)
{
	struct http_response rsp;
	enum status st;

	response_init(&rsp);
	cookie_set(&rsp, name, value, -1, COOKIE_LAX);
	st = response_status(&rsp);
	cr_expect(st == OK || rsp.headers.n == 0);
	response_clear(&rsp);
	return st;
}

Test(cookie, that_could_carry_anything_else_does_not_leave)
{
	char long_value[3802];

	memset(long_value, 'a', sizeof(long_value));
	cr_expect_eq(set("__Host-s", str_from(long_value, 3800)), OK);
	cr_expect_neq(set("__Host-s", str_from(long_value, 3801)), OK);
	cr_expect_neq(set("session", STR("abc")), OK);
	cr_expect_neq(set("__Host-a b", STR("abc")), OK);
	cr_expect_neq(set("__Host-s", STR("a;b")), OK);
	cr_expect_neq(set("__Host-s", STR("a\r\nX: y")), OK);
	cr_expect_neq(set("__Host-s", STR("")), OK);
}
