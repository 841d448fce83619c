#include "auditlog/tool/findings.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/expect.h"

static struct str
last_line(const struct buf *text)
{
	struct str s = buf_str(text), line = { 0 }, last = { 0 };

	while (str_next(&s, '\n', &line))
		if (line.n)
			last = line;
	return last;
}

Test(findings, nothing_found_says_nothing_and_exits_with_zero)
{
	struct findings f = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };

	findings_put_text(&text, &f);
	EXPECT_BUF("", &text);
	cr_assert_eq(findings_exit(&f), CLI_HOLDS);
}

Test(findings, bad_outweighs_unread)
{
	struct findings f = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };

	findings_unread(&f, "tile/0/000", "no answer");
	cr_assert_eq(findings_exit(&f), CLI_CANNOT);
	findings_bad(&f, "entry 7", "it is %s", "wrong");
	cr_assert_eq(findings_exit(&f), CLI_DOES_NOT);
	findings_put_text(&text, &f);
	EXPECT_STR(STR("DOES NOT HOLD: entry 7: it is wrong"), last_line(&text));
}

Test(findings, the_first_of_many_is_named_and_the_rest_counted)
{
	struct findings f = { 0 }, more = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };
	char place[32];

	for (int i = 0; i < 50; i++) {
		snprintf(place, sizeof(place), "entry %d", i);
		findings_bad(i < 25 ? &f : &more, place, "bad");
	}
	findings_append(&f, &more);
	cr_assert_eq(f.bad, 50);
	findings_put_text(&text, &f);
	cr_assert(str_find(buf_str(&text), STR("and 30 more\n")) < text.n);
	EXPECT_STR(STR("DOES NOT HOLD: entry 0: bad"), last_line(&text));
}

Test(findings, a_mismatch_is_the_tiles_fault_when_the_entries_are_proven)
{
	struct findings proven = { 0 }, not_proven = { 0 };

	findings_mismatch(&proven, 300);
	findings_mismatch(&not_proven, 300);
	findings_settle(&proven, 301, true);
	findings_settle(&not_proven, 600, false);
	cr_assert_str_eq(proven.item[0].place, "tile/0/001.p/45");
	cr_assert_str_eq(not_proven.item[0].place, "entry 300");
	cr_assert(strstr(not_proven.item[0].what, "hash 44 of tile/0/001"));
}

Test(findings, missing_and_malformed_files_are_bad_and_others_unread)
{
	static const struct {
		enum status st;
		enum cli_exit want;
	} rows[] = {
		{ E_NOT_FOUND, CLI_DOES_NOT }, { E_CORRUPT, CLI_DOES_NOT }, { E_TOO_LARGE, CLI_DOES_NOT },
		{ E_INVALID, CLI_DOES_NOT },   { E_IO, CLI_CANNOT },        { E_UNAVAILABLE, CLI_CANNOT },
		{ E_NOMEM, CLI_CANNOT },       { E_DENIED, CLI_CANNOT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct findings f = { 0 };

		findings_resource(&f, "tile/0/000", rows[i].st, NULL);
		cr_assert_eq(findings_exit(&f), rows[i].want, "%s", status_name(rows[i].st));
	}
}

Test(findings, long_texts_are_cut_not_spilt)
{
	struct findings f = { 0 };
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	findings_bad(&f, big, "%s", big);
	cr_assert_eq(strlen(f.item[0].place), sizeof(f.item[0].place) - 1);
	cr_assert_eq(strlen(f.item[0].what), sizeof(f.item[0].what) - 1);
}
