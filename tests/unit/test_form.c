/* test_form.c: forms and queries, and everything about them that readers disagree on. */
#include <criterion/criterion.h>
#include <string.h>

#include "authd/http/form.h"

static const char *const repeatable[] = { "category", NULL };

static enum status
parse(const char *text)
{
	CLEANUP(form_clear) struct form f = { 0 };

	return form_parse(str_of(text), repeatable, &f);
}

Test(form, reads_names_and_values)
{
	CLEANUP(form_clear) struct form f = { 0 };

	cr_assert_eq(form_parse(STR("a=1&b=x+y%20z&c=%D0%96&d=&e&f=a%3Db=c"), NULL, &f), OK);
	cr_expect_eq(f.count, 6);
	cr_expect(str_is(form_get(&f, "a"), "1"));
	cr_expect(str_is(form_get(&f, "b"), "x y z"));
	cr_expect(str_is(form_get(&f, "c"), "\xd0\x96"));
	cr_expect(form_get(&f, "d").p != NULL && form_get(&f, "d").n == 0);
	cr_expect(form_get(&f, "e").p != NULL);
	cr_expect(str_is(form_get(&f, "f"), "a=b=c"));
	cr_expect_null(form_get(&f, "g").p);
}

Test(form, an_empty_text_has_no_pairs)
{
	CLEANUP(form_clear) struct form f = { 0 };

	cr_assert_eq(form_parse(STR(""), NULL, &f), OK);
	cr_expect_eq(f.count, 0);
}

Test(form, refuses_what_readers_disagree_about)
{
	static const char *const bad[] = { "a=%zz",   "a=%4",     "a=%",    "a=%00",      "a=%c0%af", "a=%ff",
					   "a=1;b=2", "a[]=1",    "a%20=1", "=1",         "&",        "a=1&",
					   "&a=1",    "a=1&&b=2", "a+b=1",  "a=\xd0\x96", "a=b c",    "a=\n",
					   "a=%01",   "a=%1b%5b", "a=%7f",  "a=%ed%a0%80" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_expect_eq(parse(bad[i]), E_INVALID, "%s", bad[i]);
}

Test(form, names_the_parameter_that_comes_twice)
{
	CLEANUP(form_clear) struct form f = { 0 };

	cr_assert_eq(form_parse(STR("scope=a&state=b&scope=a"), repeatable, &f), E_INVALID);
	cr_expect_str_eq(f.error, "parameter scope: given more than once");
	cr_expect_eq(f.count, 0);
}

Test(form, lets_what_may_repeat_repeat)
{
	CLEANUP(form_clear) struct form f = { 0 };

	cr_assert_eq(form_parse(STR("category=a&x=1&category=b"), repeatable, &f), OK);
	cr_expect(str_is(form_get_nth(&f, "category", 0), "a"));
	cr_expect(str_is(form_get_nth(&f, "category", 1), "b"));
	cr_expect_null(form_get_nth(&f, "category", 2).p);
}

Test(form, takes_200_pairs_and_not_one_more)
{
	CLEANUP(buf_clear) struct buf b = BUF(10000);

	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%sp%d=", i > 0 ? "&" : "", i);
	buf_put_char(&b, '\0');
	cr_expect_eq(parse(b.p), OK);
	b.n--;
	buf_put(&b, STR("&q=1"));
	buf_put_char(&b, '\0');
	cr_expect_eq(parse(b.p), E_INVALID);
}

Test(form, does_not_show_a_strange_name)
{
	CLEANUP(form_clear) struct form f = { 0 };

	cr_assert_eq(form_parse(STR("<script>=1"), NULL, &f), E_INVALID);
	cr_expect_null(strchr(f.error, '<'));
}

Test(form, says_what_is_missing_or_too_long)
{
	CLEANUP(form_clear) struct form f = { 0 };
	struct str s;

	cr_assert_eq(form_parse(STR("a=&b=12345"), NULL, &f), OK);
	cr_expect_eq(form_need(&f, "a", 10, &s), E_INVALID);
	cr_expect_str_eq(f.error, "parameter a: is required");
	cr_expect_eq(form_need(&f, "b", 4, &s), E_INVALID);
	cr_expect_str_eq(f.error, "parameter b: too long");
	cr_expect_eq(form_need(&f, "b", 5, &s), OK);
	cr_expect(str_is(s, "12345"));
	cr_expect_eq(form_opt(&f, "c", 5, &s), OK);
	cr_expect_eq(s.n, 0);
}

static struct http_request
request_of_type(const char *type)
{
	struct http_request req = { 0 };

	if (type != NULL) {
		req.header_count = 1;
		req.headers[0] = (struct http_header){ STR("content-type"), str_of(type) };
	}
	req.body = STR("a=1");
	return req;
}

Test(form, wants_its_media_type)
{
	static const char *const good[] = { "application/x-www-form-urlencoded",
					    "Application/X-WWW-Form-Urlencoded; charset=UTF-8" };
	static const char *const bad[] = { "text/plain",
					   "multipart/form-data; boundary=x",
					   "application/json",
					   "",
					   "application/x-www-form-urlencoded; charset=koi8-r",
					   "application/x-www-form-urlencoded, text/plain",
					   "application/x-www-form-urlencodedx" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(form_clear) struct form f = { 0 };
		struct http_request req = request_of_type(good[i]);

		cr_expect_eq(form_from_body(&req, NULL, &f), OK, "%s", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(form_clear) struct form f = { 0 };
		struct http_request req = request_of_type(bad[i]);

		cr_expect_eq(form_from_body(&req, NULL, &f), E_UNSUPPORTED, "%s", bad[i]);
	}
}

Test(form, a_body_without_a_type_or_with_two_is_unsupported)
{
	struct http_request none = request_of_type(NULL), two = request_of_type("application/json");

	two.headers[two.header_count++] = two.headers[0];
	cr_expect_eq(form_media_type(&none, "application/json"), E_UNSUPPORTED);
	cr_expect_eq(form_media_type(&two, "application/json"), E_UNSUPPORTED);
}

Test(form, escapes_so_that_it_reads_back)
{
	CLEANUP(buf_clear) struct buf url = BUF(1000);
	CLEANUP(form_clear) struct form f = { 0 };
	struct str evil = STR("a&b=c\r\nX: y#\"<\xd0\x96+ ;%");
	struct str query;

	buf_put(&url, STR("https://a/cb"));
	form_put_param(&url, "state", evil);
	form_put_param(&url, "iss", STR("https://i"));
	query = str_slice(buf_str(&url), 13, url.n);
	cr_assert_eq(form_parse(query, NULL, &f), OK);
	cr_expect(str_eq(form_get(&f, "state"), evil));
	cr_expect(str_is(form_get(&f, "iss"), "https://i"));
	cr_expect_eq(str_find_char(buf_str(&url), '\n'), url.n);
}
