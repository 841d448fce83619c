/* test_json.c: JSON from outside is bounded and unambiguous, and errors say where without repeating what was sent. */
#include <criterion/criterion.h>
#include <string.h>

#include "authd/http/json.h"
#include "authd/http/json_write.h"

static struct json_why why;

static enum status
read(const char *text)
{
	CLEANUP(json_decrefp) json_t *root = NULL;

	return json_read(str_of(text), 10000, &root, &why);
}

static json_t *
doc(const char *text)
{
	json_t *root = NULL;

	cr_assert_eq(json_read(str_of(text), 10000, &root, &why), OK, "%s", why.text);
	return root;
}

Test(json, refuses_what_is_no_plain_json_text)
{
	static const char *const bad[] = { "",
					   "{",
					   "{}x",
					   "{}{}",
					   "1",
					   "\"a\"",
					   "{\"a\":1,}",
					   "{'a':1}",
					   "{\"a\":01}",
					   "{\"a\":NaN}",
					   "{\"a\":1e999}",
					   "{\"a\":99999999999999999999}",
					   "{\"a\":\"\xff\"}",
					   "{\"a\":\"\xed\xa0\x80\"}",
					   "{\"a\":\"\\u0000\"}",
					   "{\"a\":\"\\ud800\"}",
					   "{\"a\":\"\n\"}",
					   "\xef\xbb\xbf{}",
					   "/**/{}" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		why.text[0] = '\0';
		cr_expect_eq(read(bad[i]), E_INVALID, "%s", bad[i]);
		cr_expect_neq(why.text[0], '\0');
	}
}

Test(json, refuses_members_that_come_twice)
{
	cr_expect_eq(read("{\"a\":1,\n \"a\":2}"), E_INVALID);
	cr_expect_not_null(strstr(why.text, "line 2"));
	cr_expect_not_null(strstr(why.text, "duplicate member"));
	cr_expect_eq(read("{\"a\":1,\"\\u0061\":2}"), E_INVALID);
}

Test(json, does_not_repeat_what_was_sent)
{
	cr_expect_eq(read("{\"a\": hunter2}"), E_INVALID);
	cr_expect_null(strstr(why.text, "hunter"));
}

Test(json, is_read_32_deep_and_no_deeper)
{
	char text[20002];

	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	text[64] = '\0';
	cr_expect_eq(read(text), OK);
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	text[66] = '\0';
	cr_expect_eq(read(text), E_INVALID);
	memset(text, '[', 10000);
	text[10000] = '\0';
	cr_expect_eq(read(text), E_INVALID);
	cr_expect_eq(read("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[\"]"), OK,
		     "brackets in a string are text");
}

Test(json, is_bounded_in_size)
{
	json_t *root = NULL;

	cr_expect_eq(json_read(STR("[1,2,3]"), 6, &root, &why), E_TOO_LARGE);
	cr_expect_null(root);
}

Test(json, getters_find_values_by_path)
{
	CLEANUP(json_decrefp) json_t *root = doc("{\"subject\":{\"id\":\"x\",\"n\":5,\"t\":true,\"z\":null}}");
	struct json_in in = json_at(root, &why);
	struct str s;
	int64_t n;
	bool b;

	cr_expect_eq(json_need_str(&in, "subject.id", 8, &s), OK);
	cr_expect(str_is(s, "x"));
	cr_expect_eq(json_need_int(&in, "subject.n", 0, 5, &n), OK);
	cr_expect_eq(n, 5);
	cr_expect_eq(json_opt_bool(&in, "subject.t", false, &b), OK);
	cr_expect(b);
	cr_expect_eq(json_opt_str(&in, "subject.z", 8, &s), OK);
	cr_expect_null(s.p);
	cr_expect_eq(json_opt_int(&in, "subject.none", 0, 9, 7, &n), OK);
	cr_expect_eq(n, 7);
	cr_expect_eq(json_opt_str(&in, "no.such.path", 8, &s), OK);
}

Test(json, getters_name_the_member_that_is_wrong)
{
	CLEANUP(json_decrefp)
	json_t *root = doc("{\"subject\":{\"id\":5,\"e\":\"\",\"l\":\"abcdef\",\"n\":9,\"f\":1.5},\"a\":[1]}");
	struct json_in in = json_at(root, &why);
	struct json_in sub;
	struct str s;
	int64_t n;
	bool b;

	cr_expect_eq(json_need_str(&in, "subject.id", 8, &s), E_INVALID);
	cr_expect_str_eq(why.text, "subject.id must be a string");
	cr_expect_eq(json_need_str(&in, "subject.none", 8, &s), E_INVALID);
	cr_expect_str_eq(why.text, "subject.none is required");
	cr_expect_eq(json_need_str(&in, "subject.e", 8, &s), E_INVALID);
	cr_expect_eq(json_need_str(&in, "subject.l", 5, &s), E_INVALID);
	cr_expect_eq(json_need_int(&in, "subject.n", 0, 8, &n), E_INVALID);
	cr_expect_eq(json_need_int(&in, "subject.f", 0, 8, &n), E_INVALID);
	cr_expect_eq(json_opt_bool(&in, "subject.n", false, &b), E_INVALID);
	cr_expect_eq(json_need_str(&in, "a.b", 8, &s), E_INVALID);
	cr_assert_eq(json_need_object(&in, "subject", &sub), OK);
	cr_expect_eq(json_need_str(&sub, "id", 8, &s), E_INVALID);
	cr_expect_str_eq(why.text, "subject.id must be a string");
}

Test(json, reads_lists_of_strings_without_repetitions)
{
	CLEANUP(json_decrefp)
	json_t *root = doc("{\"a\":[\"x\",\"y\"],\"b\":[\"x\",\"x\"],\"c\":[1],\"d\":[],\"e\":\"x\"}");
	struct json_in in = json_at(root, &why);
	struct str out[2];
	size_t count = 99;

	cr_expect_eq(json_need_strs(&in, "a", 4, out, 2, &count), OK);
	cr_expect_eq(count, 2);
	cr_expect(str_is(out[1], "y"));
	cr_expect_eq(json_need_strs(&in, "a", 4, out, 1, &count), E_INVALID);
	cr_expect_eq(json_need_strs(&in, "b", 4, out, 2, &count), E_INVALID);
	cr_expect_str_eq(why.text, "b[1] is a repetition");
	cr_expect_eq(json_need_strs(&in, "c", 4, out, 2, &count), E_INVALID);
	cr_expect_eq(json_need_strs(&in, "d", 4, out, 2, &count), E_INVALID);
	cr_expect_eq(json_need_strs(&in, "e", 4, out, 2, &count), E_INVALID);
	cr_expect_eq(json_opt_strs(&in, "d", 4, out, 2, &count), OK);
	cr_expect_eq(count, 0);
}

Test(json, walks_elements_and_says_which_is_wrong)
{
	CLEANUP(json_decrefp) json_t *root = doc("{\"evaluations\":[{\"id\":\"a\"},{\"id\":1},7]}");
	struct json_in in = json_at(root, &why), one;
	const json_t *list;
	struct str s;

	cr_assert_eq(json_need_array(&in, "evaluations", 3, &list), OK);
	cr_assert_eq(json_element(&in, "evaluations", 1, &one), OK);
	cr_expect_eq(json_need_str(&one, "id", 8, &s), E_INVALID);
	cr_expect_str_eq(why.text, "evaluations[1].id must be a string");
	cr_expect_eq(json_element(&in, "evaluations", 2, &one), E_INVALID);
	cr_expect_str_eq(why.text, "evaluations[2] must be an object");
	cr_expect_eq(json_need_array(&in, "evaluations", 2, &list), E_INVALID);
}

Test(json, refuses_members_that_nobody_asked_for)
{
	static const char *const names[] = { "a", "b", NULL };
	CLEANUP(json_decrefp) json_t *good = doc("{\"a\":1}");
	CLEANUP(json_decrefp) json_t *bad = doc("{\"a\":1,\"role\":\"admin\"}");
	CLEANUP(json_decrefp) json_t *strange = doc("{\"<b>\":1}");
	struct json_in in = json_at(good, &why);

	cr_expect_eq(json_only(&in, names), OK);
	in = json_at(bad, &why);
	cr_expect_eq(json_only(&in, names), E_INVALID);
	cr_expect_str_eq(why.text, "role is not a member here");
	in = json_at(strange, &why);
	cr_expect_eq(json_only(&in, names), E_INVALID);
	cr_expect_null(strchr(why.text, '<'));
}

Test(json, a_root_that_is_a_list_has_no_members)
{
	CLEANUP(json_decrefp) json_t *root = doc("[1]");
	struct json_in in = json_at(root, &why);
	struct str s;

	cr_expect_eq(json_need_str(&in, "a", 8, &s), E_INVALID);
	cr_expect_eq(json_opt_str(&in, "a", 8, &s), E_INVALID);
}

Test(json, canonical_bytes_do_not_depend_on_order)
{
	CLEANUP(json_decrefp) json_t *a = doc("{\"b\":[1,true],\"a\":{\"y\":\"\xd0\x96\",\"x\":null}}");
	CLEANUP(json_decrefp) json_t *b = doc("{ \"a\": {\"x\":null, \"y\":\"\\u0416\"}, \"b\":[1,true] }");
	CLEANUP(json_decrefp) json_t *real = doc("{\"a\":[{\"b\":1.5}]}");
	CLEANUP(buf_clear) struct buf one = BUF(1000), two = BUF(1000);

	cr_assert_eq(json_write_canonical(a, &one), OK);
	cr_assert_eq(json_write_canonical(b, &two), OK);
	cr_expect(str_eq(buf_str(&one), buf_str(&two)));
	cr_expect(str_is(buf_str(&one), "{\"a\":{\"x\":null,\"y\":\"\xd0\x96\"},\"b\":[1,true]}"));
	cr_expect_eq(json_write_canonical(real, &one), E_INVALID);
}

Test(json, writing_stops_at_the_buffers_maximum)
{
	CLEANUP(json_decrefp) json_t *a = doc("[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]");
	CLEANUP(buf_clear) struct buf out = BUF(10);

	cr_expect_eq(json_write(a, &out), E_TOO_LARGE);
}

Test(json, writes_strings_with_their_escapes)
{
	CLEANUP(buf_clear) struct buf out = BUF(100);

	json_put_string(&out, STR("a\"\\\n\x01\xd0\x96"));
	cr_expect(str_is(buf_str(&out), "\"a\\\"\\\\\\n\\u0001\xd0\x96\""));
	json_put_string(&out, STR("\xff"));
	cr_expect_neq(buf_status(&out), OK);
}

Test(json, a_moment_is_said_to_the_second_in_utc)
{
	CLEANUP(json_decrefp) json_t *at = json_of_time(INT64_C(1795348800999999));

	cr_assert_str_eq(json_string_value(at), "2026-11-22T12:00:00Z");
}
