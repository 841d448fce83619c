#include "auditlog/daemon/fence.h"

#include "tests/unit/writer_maker.h"

#define SMALL  WAL_SEGMENT_LEAST
#define GRANT  7
#define TAG_A  "AAAAAAAAAAAAAAAAAAAAAA"
#define TAG_B  "BBBBBBBBBBBBBBBBBBBBBA"
#define NO_END INT64_MAX

/* ---- the floors by themselves ---- */

static struct entry
entry_of(enum entry_event event, const char *tag, uint64_t cited)
{
	struct entry e = { .event = event, .basis = { .has_index = true, .index = cited } };

	if (tag != NULL) {
		e.about[0].tag = str_of(tag);
		e.about_count = 1;
	}
	return e;
}

static struct fence_keys
keys_of(struct entry e)
{
	struct fence_keys k;

	fence_keys_of(&e, &k);
	return k;
}

Test(fence, a_decision_that_saw_less_than_the_end_of_its_ground_is_stale_and_no_other)
{
	struct fence *f = calloc(1, sizeof(*f));
	struct fence_keys end = keys_of(entry_of(ENTRY_CONSENT_WITHDRAWN, TAG_A, GRANT));
	struct fence_keys same = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_A, GRANT));
	struct fence_keys other = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_B, GRANT + 1));

	cr_assert_not(fence_is_stale(f, &same, 0), "nothing has ended");
	fence_pass(f, &same, 40);
	cr_assert_not(fence_is_stale(f, &same, 0), "a decision ends nothing");
	fence_pass(f, &end, 41);
	cr_assert(fence_is_stale(f, &same, 0));
	cr_assert(fence_is_stale(f, &same, 41), "41 entries are those before the end");
	cr_assert_not(fence_is_stale(f, &same, 42), "whoever knew of the end had read the facts after it");
	cr_assert_not(fence_is_stale(f, &other, 0), "another person, another grant");
	free(f);
}

/* The month's tag of the end may be another one than that of a decision that began a moment before midnight. */
Test(fence, the_grant_alone_and_the_person_alone_are_enough)
{
	struct fence *f = calloc(1, sizeof(*f));
	struct fence_keys end = keys_of(entry_of(ENTRY_CONSENT_REVOKED, TAG_A, GRANT));
	struct fence_keys by_grant = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_B, GRANT));
	struct fence_keys by_person = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_A, GRANT + 1));

	fence_pass(f, &end, 3);
	cr_assert(fence_is_stale(f, &by_grant, 3));
	cr_assert(fence_is_stale(f, &by_person, 3));
	free(f);
}

/* Such a decision carries a tag of its own, so an objection does not name it. */
Test(fence, what_somebody_forbids_makes_every_decision_that_is_seen_later_begin_again)
{
	struct fence *f = calloc(1, sizeof(*f));
	struct entry objection = entry_of(ENTRY_OBJECTION_SET, TAG_A, 0),
		     later = entry_of(ENTRY_ACCESS_DECIDED, TAG_B, 0);
	struct fence_keys other = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_B, GRANT)), keys, end;

	objection.basis.has_index = false;
	later.basis.has_index = false;
	later.facts[0] = (struct entry_fact){ .name = STR("shown"), .text = STR("withheld") };
	later.fact_count = 1;
	keys = keys_of(later);
	end = keys_of(objection);
	fence_pass(f, &end, 3);
	cr_assert(fence_is_stale(f, &keys, 3));
	cr_assert_not(fence_is_stale(f, &keys, 4));
	cr_assert_not(fence_is_stale(f, &other, 3), "what is seen at once is named by its tag");
	free(f);
}

Test(fence, the_end_of_a_mandate_stops_who_acts_under_it)
{
	struct fence *f = calloc(1, sizeof(*f));
	struct fence_keys end = keys_of(entry_of(ENTRY_MANDATE_REVOKED, TAG_B, 5));
	struct entry act = entry_of(ENTRY_ACCESS_DECIDED, TAG_A, GRANT);
	struct fence_keys keys;

	act.facts[0] = (struct entry_fact){ .name = STR("mandate"), .number = 5 };
	act.fact_count = 1;
	keys = keys_of(act);
	fence_pass(f, &end, 9);
	cr_assert(fence_is_stale(f, &keys, 9));
	cr_assert_not(fence_is_stale(f, &keys, 10));
	free(f);
}

Test(fence, an_erasure_and_a_role_taken_away_stop_everybody_once)
{
	static const enum entry_event events[] = { ENTRY_SUBJECT_ERASED, ENTRY_ROLE_REVOKED };

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		struct fence *f = calloc(1, sizeof(*f));
		struct fence_keys end = keys_of(entry_of(events[i], NULL, 1));
		struct fence_keys any = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_B, GRANT));

		fence_pass(f, &end, 20);
		cr_assert(fence_is_stale(f, &any, 20));
		cr_assert_not(fence_is_stale(f, &any, 21));
		free(f);
	}
}

/* Whoever closes an emergency, or loses the right to them, leaves no look behind the entry that says so. */
Test(fence, the_end_of_an_emergency_and_of_the_right_to_one_stop_decisions)
{
	static const enum entry_event ends[] = { ENTRY_BREAKGLASS_CLOSED, ENTRY_BREAKGLASS_SUSPENDED,
						 ENTRY_BREAKGLASS_REVIEWED };
	struct fence_keys look = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_A, GRANT));

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct fence *f = calloc(1, sizeof(*f));
		struct fence_keys end = keys_of(entry_of(ends[i], TAG_A, GRANT));

		fence_pass(f, &end, 100);
		cr_expect(fence_is_stale(f, &look, 100), "%s", entry_event_name(ends[i]));
		cr_expect_not(fence_is_stale(f, &look, 101), "%s", entry_event_name(ends[i]));
		free(f);
	}
}

/* A floor above what was written in the end would keep everybody out for ever. */
Test(fence, after_a_fault_floors_are_no_higher_than_the_log)
{
	struct fence *f = calloc(1, sizeof(*f));
	struct fence_keys end = keys_of(entry_of(ENTRY_CONSENT_EXPIRED, TAG_A, GRANT));
	struct fence_keys any = keys_of(entry_of(ENTRY_ACCESS_DECIDED, TAG_A, GRANT));

	fence_pass(f, &end, 100);
	fence_reset(f, 90);
	cr_assert(fence_is_stale(f, &any, 89));
	cr_assert_not(fence_is_stale(f, &any, 90));
	free(f);
}

/* ---- the writer ---- */

static void
fragment_of(struct buf *out, enum entry_event event, const char *tag, uint64_t cited)
{
	struct entry e = entry_of(event, tag, cited);

	e.id = uuid_new();
	e.by.service = STR("svc_a");
	e.basis.type = ENTRY_BASIS_ENTRY;
	e.basis.ctag = STR(TAG_A);
	if (event == ENTRY_ACCESS_DECIDED) {
		e.basis.type = ENTRY_BASIS_CONSENT;
		e.decision = ENTRY_PERMIT;
	}
	buf_reset(out);
	EXPECT_OK(entry_encode_fragment(&e, out));
}

static struct writer_case {
	struct writer_maker *m;
	struct buf end, permit, other;
	struct writer_maker_answer a[3];
} c;

static void
begin(void)
{
	c.m = writer_maker_new(SMALL);
	c.end = BUF(ENTRY_FRAGMENT_MAX);
	c.permit = BUF(ENTRY_FRAGMENT_MAX);
	c.other = BUF(ENTRY_FRAGMENT_MAX);
	fragment_of(&c.end, ENTRY_CONSENT_WITHDRAWN, TAG_A, GRANT);
	fragment_of(&c.permit, ENTRY_ACCESS_DECIDED, TAG_A, GRANT);
	fragment_of(&c.other, ENTRY_ACCESS_DECIDED, TAG_B, GRANT + 1);
}

static void
end(void)
{
	writer_maker_free(c.m);
	buf_clear(&c.end);
	buf_clear(&c.permit);
	buf_clear(&c.other);
}

Test(fence_writer, the_order_within_one_batch_decides, .init = begin, .fini = end)
{
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 0, NO_END, &c.a[0]));
	EXPECT_OK(writer_maker_put(c.m, &(struct str){ c.end.p, c.end.n }, 1, &c.a[1]));
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.other), 0, NO_END, &c.a[2]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert_not(c.a[0].stale, "before the end it is lawful");
	cr_assert_not(c.a[2].stale, "somebody else's goes on behind it");
	cr_assert_eq(progress_size(c.m->progress), 3u);
}

Test(fence_writer, what_is_stale_is_not_written_and_learns_how_long_the_log_is, .init = begin, .fini = end)
{
	EXPECT_OK(writer_maker_put(c.m, &(struct str){ c.end.p, c.end.n }, 1, &c.a[0]));
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 0, NO_END, &c.a[1]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert(c.a[1].stale);
	cr_assert_eq(c.a[1].size, 1u);
	cr_assert_eq(progress_size(c.m->progress), 1u);

	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), c.a[1].size, NO_END, &c.a[2]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert_not(c.a[2].stale, "decided anew, whatever came of it");
	cr_assert_eq(c.a[2].receipts[0].index, 1u);
}

/* Its receipt was lost on the way; between the two somebody withdrew. It stands before the end all the same. */
Test(fence_writer, what_is_in_the_log_already_gets_its_receipt_again, .init = begin, .fini = end)
{
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 0, NO_END, &c.a[0]));
	EXPECT_OK(writer_maker_put(c.m, &(struct str){ c.end.p, c.end.n }, 1, &c.a[1]));
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 0, 1, &c.a[2]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert_not(c.a[2].stale);
	cr_assert_eq(c.a[2].receipts[0].index, 0u);
	cr_assert_eq(progress_size(c.m->progress), 2u);
}

Test(fence_writer, an_entry_whose_time_would_be_past_its_ground_is_not_written, .init = begin, .fini = end)
{
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 0, clock_now_us() - SECOND_US, &c.a[0]));
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.other), 0, clock_now_us() + 3600 * SECOND_US, &c.a[1]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert(c.a[0].stale);
	cr_assert_not(c.a[1].stale);
	cr_assert_eq(progress_size(c.m->progress), 1u);
}

/* What was ended before the start nobody remembers; so who began before it begins again. */
Test(fence_writer, after_a_start_whoever_began_before_it_begins_again, .init = begin, .fini = end)
{
	struct tip tip;

	EXPECT_OK(writer_maker_append(c.m, buf_str(&c.end)).status);
	sequence_tip(c.m->sequence, &tip);
	sequence_restart(c.m->sequence, &tip);
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.other), 0, NO_END, &c.a[0]));
	EXPECT_OK(writer_maker_put_fenced(c.m, buf_str(&c.permit), 1, NO_END, &c.a[1]));
	EXPECT_OK(writer_maker_batch(c.m));
	cr_assert(c.a[0].stale);
	cr_assert_not(c.a[1].stale);
}
