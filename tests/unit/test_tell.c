/* test_tell.c: what authctl prints. */
#include <criterion/criterion.h>

#include "authd/ctl/tell.h"

static const struct tell_field fields[] = {
	{ "name", "name", TELL_TEXT },
	{ "left", "parts.left", TELL_NUMBER },
	{ "ready", "ready", TELL_YES_NO },
	{ "seen", "seen_us", TELL_TIME },
};

static void
expect(const struct buf *out, const char *wanted)
{
	cr_assert_eq(buf_status(out), OK);
	cr_assert(str_is(buf_str(out), wanted), "printed:\n%.*s", STR_ARG(buf_str(out)));
}

static json_t *
record(const char *name, int left)
{
	return json_pack("{s:s, s:{s:i}, s:b, s:I}", "name", name, "parts", "left", left, "ready", 1, "seen_us",
			 (json_int_t)1795317516123456);
}

Test(tell, columns_are_as_wide_as_their_longest_value_in_characters)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *rows = json_pack("[o, o]", record("Анна", 1), record("b", 22222));

	tell_put_table(&out, fields, ARRAY_LEN(fields), rows);
	expect(&out, "name  left   ready  seen\n"
		     "Анна  1      yes    2026-11-22T03:18:36Z\n"
		     "b     22222  yes    2026-11-22T03:18:36Z\n");
}

Test(tell, an_empty_list_is_a_row_of_titles)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *none = json_array();

	tell_put_table(&out, fields, ARRAY_LEN(fields), none);
	expect(&out, "name  left  ready  seen\n");
}

Test(tell, a_page_leaves_out_what_a_record_does_not_have)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *partial = json_pack("{s:s, s:n, s:b}", "name", "x", "parts", "ready", 0);

	tell_put_page(&out, fields, ARRAY_LEN(fields), partial);
	expect(&out, "name: x\nready: no\n");
}

Test(tell, a_name_cannot_move_the_cursor_of_a_terminal)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *evil = json_pack("{s:s}", "name", "a\033[2Jb\r\nc\177\302\23331m\302\251");

	tell_put_page(&out, fields, 1, evil);
	expect(&out, "name: a?[2Jb??c??31m\302\251\n");
}

Test(tell, a_name_does_not_read_as_another_by_turning_the_direction_of_the_text)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp)
	json_t *evil =
	    json_pack("{s:s}", "name", "a\342\200\256b\342\201\246c\330\234d\342\200\217e\342\200\250f\342\200\223");

	tell_put_page(&out, fields, 1, evil);
	expect(&out, "name: a?b?c?d?e?f\342\200\223\n");
}

Test(tell, json_holds_the_same_name_and_no_terminal_obeys_it)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *evil = json_pack("{s:s}", "name", "a\033[2J\177\302\23331m\342\200\256\302\251");
	CLEANUP(json_decrefp) json_t *back = NULL;

	tell_put_json(&out, evil);
	expect(&out, "{\n  \"name\": \"a\\u001B[2J\\u007F\\u009B31m\\u202E\302\251\"\n}\n");
	back = json_loadb(out.p, out.n, 0, NULL);
	cr_assert(json_equal(back, evil));
}

Test(tell, members_of_members_that_are_no_objects_are_not_there)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *odd = json_pack("{s:s, s:[i]}", "name", "x", "parts", 1);

	tell_put_page(&out, fields, ARRAY_LEN(fields), odd);
	expect(&out, "name: x\n");
}

Test(tell, json_is_printed_as_it_is)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	CLEANUP(json_decrefp) json_t *answer = json_pack("{s:s, s:[]}", "b", "ё", "a");

	tell_put_json(&out, answer);
	expect(&out, "{\n  \"b\": \"ё\",\n  \"a\": []\n}\n");
}

Test(tell, output_that_was_cut_short_is_not_written)
{
	CLEANUP(buf_clear) struct buf out = BUF(4);
	CLEANUP(json_decrefp) json_t *answer = json_pack("{s:s}", "name", "long enough");

	tell_put_json(&out, answer);
	cr_assert_neq(buf_status(&out), OK);
	cr_assert_eq(tell_out("test", &out), CLI_CANNOT);
}
