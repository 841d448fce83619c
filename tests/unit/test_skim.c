#include "auditlog/tool/skim.h"

#include "auditlog/core/entry.h"
#include "tests/unit/expect.h"

#define TIME_US INT64_C(1795300000123456)

struct fixture {
	struct hash prev;
	struct buf line;
};

static struct fixture
fixture_at(uint64_t index)
{
	struct fixture f = { .prev = hash_leaf(STR("before")), .line = BUF(ENTRY_MAX) };
	struct entry e = { .id = uuid_new(), .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("svc_portal") } };
	CLEANUP(buf_clear) struct buf fragment = { 0 };

	EXPECT_OK(entry_encode_fragment(&e, &fragment));
	EXPECT_OK(entry_compose(&f.prev, index, TIME_US, buf_str(&fragment), &f.line));
	return f;
}

Test(skim, takes_what_auditlogd_composes_at_any_index)
{
	static const uint64_t indices[] = { 0, 1, 9, 10, 99, 4711, 65536, UINT64_C(1) << 40, INT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(indices); i++) {
		struct fixture f = fixture_at(indices[i]);
		int64_t us = 0;

		cr_assert(skim_entry(buf_str(&f.line), indices[i], &f.prev, &us));
		cr_assert_eq(us, TIME_US);
		buf_clear(&f.line);
	}
}

/* Whatever the head's bytes are changed to: either it is refused, or it is another time in the same form. */
Test(skim, refuses_a_head_with_any_other_byte)
{
	struct fixture f = fixture_at(4711);
	size_t head = str_find(buf_str(&f.line), STR("\"id\":\"")) + 6;
	size_t time = str_find(buf_str(&f.line), STR("\"time\":\"")) + 8;

	for (size_t at = 0; at < head; at++) {
		for (int c = 0; c < 256; c++) {
			char was = f.line.p[at];
			int64_t us = 0;

			if ((char)c == was)
				continue;
			f.line.p[at] = (char)c;
			if (skim_entry(buf_str(&f.line), 4711, &f.prev, &us))
				cr_assert(at >= time && at < time + 27 && us != TIME_US, "byte %zu as %d", at, c);
			f.line.p[at] = was;
		}
	}
	buf_clear(&f.line);
}

Test(skim, refuses_what_is_cut_or_out_of_place)
{
	struct fixture f = fixture_at(7);
	struct hash other = hash_leaf(STR("other"));
	struct str line = buf_str(&f.line);
	int64_t us = 0;

	for (size_t n = 0; n < line.n; n++)
		cr_assert(!skim_entry(str_slice(line, 0, n), 7, &f.prev, &us) || line.p[n - 1] == '}');
	cr_assert(!skim_entry(line, 8, &f.prev, &us));
	cr_assert(!skim_entry(line, 7, &other, &us));
	cr_assert(!skim_entry((struct str){ 0 }, 7, &f.prev, &us));
	buf_clear(&f.line);
}
