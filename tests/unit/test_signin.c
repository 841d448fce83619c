/* test_signin.c: after signing in nobody ends up anywhere but here (R12). */
#include "authd/identity/signin.h"
#include "tests/unit/expect.h"

Test(signin, a_path_of_our_own_may_be_returned_to)
{
	static const char *const good[] = { "/",
					    "/me",
					    "/ask/req_x",
					    "/oauth2/authorize?client_id=a&redirect_uri=https%3A%2F%2Frp.example%2Fcb",
					    "/a//b",
					    "/a?next=//evil.example",
					    "/a#b",
					    "/%2f%2fevil.example",
					    "/@evil.example",
					    "/:80" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_expect(signin_is_own_path(str_of(good[i])), "%s", good[i]);
}

Test(signin, what_a_browser_could_read_as_another_place_is_refused)
{
	static const char *const bad[] = {
		"",
		"me",
		"//evil.example",
		"///evil.example",
		"//",
		"https://evil.example",
		"https:/evil.example",
		"http:evil.example",
		"javascript:alert(1)",
		"data:text/html,x",
		"/\\evil.example",
		"\\\\evil.example",
		"/a\\b",
		"\\/evil.example",
		" /me",
		"/me ",
		"/m e",
		"\t/me",
		"/\t/evil.example",
		"/\n/evil.example",
		"/me\r\nLocation: https://evil.example",
		"/me\x7f",
		"/\xd0\xbc\xd0\xb5",
		"?x=1",
		"#x",
		"./me",
		"../me",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect_not(signin_is_own_path(str_of(bad[i])), "\"%s\"", bad[i]);
	cr_assert_not(signin_is_own_path((struct str){ 0 }));
	cr_assert_not(signin_is_own_path(str_from("/me\0x", 5)), "NUL");
}

Test(signin, every_byte_that_a_location_may_not_hold_is_refused)
{
	char path[] = "/aXb";

	for (int c = 0; c < 256; c++) {
		path[2] = (char)c;
		cr_expect_eq(signin_is_own_path(str_from(path, 4)), c > ' ' && c < 0x7f && c != '\\', "byte %d", c);
	}
}

Test(signin, a_path_has_an_end)
{
	static char path[SIGNIN_RETURN_MOST + 1];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	cr_assert(signin_is_own_path(str_from(path, SIGNIN_RETURN_MOST)));
	cr_assert_not(signin_is_own_path(str_from(path, SIGNIN_RETURN_MOST + 1)));
}
