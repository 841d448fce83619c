/* Which months are counted, and from where: report_log, over a log of 260 days with an entry every twelve hours. */
#define LOG_MAKER_STEP_US (INT64_C(12) * 3600 * 1000000)
#include "authd/access/report_log.h"

#include "tests/unit/log_maker.h"

#define ENTRIES 520

/* The log begins in November 2026 and ends in August 2027; entries of each month. */
static const struct {
	const char *name;
	uint64_t entries;
} months[] = { { "2026-11", 0 },  { "2026-12", 62 }, { "2027-01", 62 }, { "2027-02", 56 }, { "2027-03", 62 },
	       { "2027-04", 60 }, { "2027-05", 62 }, { "2027-06", 60 }, { "2027-07", 62 } };

struct scene {
	struct log_maker *m;
	struct report_log log;
	struct policy *rules;
};

static void
begin(struct scene *s, const char *minimum)
{
	struct conf_error err;

	*s = (struct scene){ .m = log_maker_new(ENTRIES) };
	if (minimum != NULL)
		EXPECT_OK(file_replace_at(s->m->dirfd, PRUNED_FILE, str_of(minimum), 0644));
	EXPECT_OK(report_log_open(s->m->dir, &s->log));
	cr_assert_eq(policy_load("policies", &s->rules, &err), OK);
}

static void
scene_clear(struct scene *s)
{
	report_log_clear(&s->log);
	policy_unref(s->rules);
	log_maker_free(s->m);
}

static void
expect_next(struct scene *s, const struct store_report_list *made, const char *month)
{
	struct report_month m;

	EXPECT_OK(report_log_missing(&s->log, made, &m));
	cr_assert_str_eq(m.text, month);
}

Test(report_log, each_month_that_is_over_is_next_once_and_then_the_running_one)
{
	CLEANUP(scene_clear) struct scene s;
	struct store_report made[ARRAY_LEN(months)] = { 0 };
	struct store_report_list list = { .items = made };

	begin(&s, NULL);
	for (size_t i = 0; i < ARRAY_LEN(months); i++) {
		expect_next(&s, &list, months[i].name);
		made[list.count++] = (struct store_report){ .month = str_of(months[i].name), .complete = false };
		expect_next(&s, &list, months[i].name);
		made[i].complete = true;
	}
	expect_next(&s, &list, "2027-08");
	made[3].month = STR("2020-01");
	expect_next(&s, &list, "2027-02");
}

Test(report_log, a_month_is_counted_from_its_first_entry_to_its_last_in_batches)
{
	CLEANUP(scene_clear) struct scene s;
	const uint8_t key[REPORT_KEY_LEN] = { 1 };
	uint64_t from, next, end = 0;

	begin(&s, NULL);
	for (size_t i = 0; i < ARRAY_LEN(months); i++) {
		CLEANUP(report_freep) struct report *r = NULL;
		struct report_month m;
		bool over = false;
		unsigned batches = 0;

		snprintf(m.text, sizeof(m.text), "%s", months[i].name);
		EXPECT_OK(report_log_first(&s.log, m, &from));
		cr_assert_eq(from, end, "%s begins where the one before ends", m.text);
		EXPECT_OK(report_new(s.rules, str_of(m.text), key, &r));
		for (next = from; !over && batches < 10; batches++)
			EXPECT_OK(report_log_count(&s.log, r, &next, 20, &over));
		cr_assert(over);
		cr_assert(i == 0 || (next - from == months[i].entries && batches == months[i].entries / 20 + 1),
			  "%s has %llu in %u batches", m.text, (unsigned long long)(next - from), batches);
		end = next;
	}
}

Test(report_log, the_running_month_is_not_over)
{
	CLEANUP(scene_clear) struct scene s;
	CLEANUP(report_freep) struct report *r = NULL;
	const uint8_t key[REPORT_KEY_LEN] = { 1 };
	struct report_month m;
	uint64_t next;
	bool over = true;

	begin(&s, NULL);
	EXPECT_OK(report_log_newest(&s.log, &m));
	cr_assert_str_eq(m.text, "2027-08");
	EXPECT_OK(report_log_first(&s.log, m, &next));
	EXPECT_OK(report_new(s.rules, str_of(m.text), key, &r));
	EXPECT_OK(report_log_count(&s.log, r, &next, 1000, &over));
	cr_assert_not(over);
	cr_assert_eq(next, ENTRIES);
}

Test(report_log, half_a_month_that_was_pruned_is_not_counted)
{
	CLEANUP(scene_clear) struct scene s;
	const struct store_report_list none = { 0 };

	begin(&s, "256\n519\n");
	cr_assert_eq(s.log.kept, 256);
	expect_next(&s, &none, "2027-04");
}

Test(report_log, what_was_never_published_is_not_found)
{
	CLEANUP(report_log_clear) struct report_log log = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, report_log_open("/tmp", &log));
}
