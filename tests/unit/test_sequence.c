#include "auditlog/daemon/sequence.h"

#include <pthread.h>

#include "tests/unit/writer_maker.h"

#define SMALL WAL_SEGMENT_LEAST

/* Fragments for one test. */
struct texts {
	struct buf b[8];
	struct str s[8];
};

static struct texts
texts_new(void)
{
	struct texts t = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(t.b); i++) {
		t.b[i] = BUF(ENTRY_FRAGMENT_MAX);
		daemon_maker_fragment(&t.b[i]);
		t.s[i] = buf_str(&t.b[i]);
	}
	return t;
}

static void
texts_clear(struct texts *t)
{
	for (size_t i = 0; i < ARRAY_LEN(t->b); i++)
		buf_clear(&t->b[i]);
}

/* Another fragment of the same id. */
static void
same_id(struct str fragment, struct buf *out)
{
	struct entry e = { 0 };

	EXPECT_OK(entry_check_fragment(fragment, &e));
	daemon_maker_fragment_of(out, &e.id, NULL);
}

/* The log as a start would read it. */
static struct recover_result
read_log(struct writer_maker *m)
{
	struct recover_job job = { .wal = m->place->wal, .dirfd = m->place->dirfd };
	struct recover_result result = { 0 };

	EXPECT_OK(recover_run(&job, &result));
	return result;
}

Test(sequence, an_entry_gets_index_leaf_and_a_mac_and_stands_in_the_log)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();

	for (size_t i = 0; i < 4; i++) {
		struct writer_maker_answer a = writer_maker_append(m, t.s[i]);

		EXPECT_OK(a.status);
		cr_assert_eq(a.receipts[0].index, i);
		writer_maker_expect_stored(m, &a.receipts[0], t.s[i]);
	}
	cr_assert_eq(progress_size(m->progress), 4u);
	/* A start checks chain, indices and rising time of all of them. */
	cr_assert_eq(read_log(m).tip.tree.size, 4u);
	writer_maker_free(m);
}

Test(sequence, everything_that_waits_is_one_batch_in_order)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	struct writer_maker_answer a[3];

	EXPECT_OK(writer_maker_put(m, &t.s[0], 1, &a[0]));
	EXPECT_OK(writer_maker_put(m, &t.s[1], 3, &a[1]));
	EXPECT_OK(writer_maker_put(m, &t.s[4], 1, &a[2]));
	EXPECT_OK(writer_maker_batch(m));
	cr_assert_eq(a[0].receipts[0].index, 0u);
	cr_assert_eq(a[1].receipts[0].index, 1u);
	cr_assert_eq(a[1].receipts[2].index, 3u);
	cr_assert_eq(a[2].receipts[0].index, 4u);
	EXPECT_STATUS(E_TIMEOUT, writer_maker_batch(m));
	writer_maker_free(m);
}

Test(sequence, the_same_id_and_content_gets_the_first_receipt_again)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	struct writer_maker_answer first = writer_maker_append(m, t.s[0]), other, again;

	other = writer_maker_append(m, t.s[1]);
	again = writer_maker_append(m, t.s[0]);
	EXPECT_OK(again.status);
	cr_assert_eq(memcmp(&again.receipts[0], &first.receipts[0], sizeof(struct receipt)), 0);
	cr_assert_eq(other.receipts[0].index, 1u);
	cr_assert_eq(progress_size(m->progress), 2u);
	writer_maker_free(m);
}

Test(sequence, repetitions_within_a_batch_and_within_a_request_are_one_entry)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	struct str twice[3];
	struct writer_maker_answer a[2];

	twice[0] = t.s[0];
	twice[1] = t.s[1];
	twice[2] = t.s[0];
	EXPECT_OK(writer_maker_put(m, twice, 3, &a[0]));
	EXPECT_OK(writer_maker_put(m, &t.s[1], 1, &a[1]));
	EXPECT_OK(writer_maker_batch(m));
	cr_assert_eq(progress_size(m->progress), 2u);
	cr_assert_eq(memcmp(&a[0].receipts[0], &a[0].receipts[2], sizeof(struct receipt)), 0);
	cr_assert_eq(memcmp(&a[0].receipts[1], &a[1].receipts[0], sizeof(struct receipt)), 0);
	writer_maker_expect_stored(m, &a[1].receipts[0], t.s[1]);
	writer_maker_free(m);
}

Test(sequence, another_content_under_a_taken_id_is_a_conflict_and_takes_its_request_with_it)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	CLEANUP(buf_clear) struct buf forged = BUF(ENTRY_FRAGMENT_MAX);
	struct str both[2];
	struct writer_maker_answer a[2];

	EXPECT_OK(writer_maker_append(m, t.s[0]).status);
	same_id(t.s[0], &forged);
	both[0] = t.s[1];
	both[1] = buf_str(&forged);
	EXPECT_OK(writer_maker_put(m, both, 2, &a[0]));
	EXPECT_OK(writer_maker_put(m, &t.s[2], 1, &a[1]));
	EXPECT_OK(writer_maker_batch(m));
	EXPECT_STATUS(E_CONFLICT, a[0].status);
	EXPECT_OK(a[1].status);
	cr_assert_eq(a[1].receipts[0].index, 1u, "nothing of the refused request is in the log");
	EXPECT_OK(writer_maker_append(m, t.s[1]).status);
	cr_assert_eq(progress_size(m->progress), 3u);
	writer_maker_free(m);
}

Test(sequence, a_failing_commit_gives_no_receipt_and_whatever_became_of_it_one_entry_in_the_end)
{
	struct daemon_maker_fault *const calls[] = { &daemon_maker_pwrite, &daemon_maker_fdatasync };

	for (size_t i = 0; i < 4; i++) {
		struct writer_maker *m = writer_maker_new(SMALL);
		CLEANUP(texts_clear) struct texts t = texts_new();
		struct writer_maker_answer a;
		struct tip known, found = { 0 };

		EXPECT_OK(writer_maker_append(m, t.s[0]).status);
		progress_get_tip(m->progress, &known);
		*calls[i / 2] = (struct daemon_maker_fault){ .countdown = 1, .error = EIO, .after = i % 2 == 1 };
		EXPECT_OK(writer_maker_put(m, &t.s[1], 1, &a));
		EXPECT_STATUS(E_IO, writer_maker_batch(m));
		EXPECT_STATUS(E_UNAVAILABLE, a.status);
		cr_assert_eq(progress_size(m->progress), 1u);
		EXPECT_OK(writer_maker_recover(m, &known, &found));
		cr_assert(found.tree.size == 1 || found.tree.size == 2);
		writer_maker_free(m);
	}
}

static void *
run_writer(void *arg)
{
	struct writer_maker *m = arg;
	enum status st = writer_run(&m->writer);

	return (void *)(uintptr_t)st;
}

/* Waits for the answer, as the loop would. */
static void
await(struct writer_maker *m, const struct writer_maker_answer *a)
{
	for (int i = 0; i < 5000 && !a->given; i++) {
		outbox_drain(m->outbox);
		usleep(1000);
	}
	cr_assert(a->given, "no answer");
}

/* Sends until it is taken, as an emitter does. */
static struct writer_maker_answer
insist(struct writer_maker *m, struct str fragment)
{
	struct writer_maker_answer a = { 0 };

	for (int i = 0; i < 100; i++) {
		if (writer_maker_put(m, &fragment, 1, &a) == OK) {
			await(m, &a);
			if (a.status == OK)
				return a;
		}
		usleep(20000);
	}
	cr_assert_fail("never taken");
	return a;
}

static size_t
count_events(struct writer_maker *m, const char *event)
{
	size_t n = 0;

	for (uint64_t i = 0; i < progress_size(m->progress); i++) {
		CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
		CLEANUP(buf_clear) struct buf want = BUF(64);

		buf_printf(&want, "\"event\":\"%s\"", event);
		EXPECT_OK(wal_read(m->place->wal, i, &line));
		n += str_find(buf_str(&line), buf_str(&want)) < line.n;
	}
	return n;
}

static void
finish(struct writer_maker *m, pthread_t writer, enum status want)
{
	void *st = NULL;

	batch_close(m->queue);
	cr_assert_eq(pthread_join(writer, &st), 0);
	EXPECT_STATUS(want, (enum status)(uintptr_t)st);
	outbox_drain(m->outbox);
}

Test(sequence, the_writer_survives_each_fault_by_itself_and_records_it)
{
	struct daemon_maker_fault *const calls[] = { &daemon_maker_pwrite, &daemon_maker_fdatasync };

	for (size_t i = 0; i < 6; i++) {
		struct writer_maker *m = writer_maker_new(SMALL);
		CLEANUP(texts_clear) struct texts t = texts_new();
		struct writer_maker_answer first, second;
		pthread_t writer;

		cr_assert_eq(pthread_create(&writer, NULL, run_writer, m), 0);
		first = insist(m, t.s[0]);
		/* i < 4: once, before or after its effect. i >= 4: some calls in a row, so that the way out fails as
		 * well. */
		*calls[i % 2] =
		    (struct daemon_maker_fault){ .countdown = 1, .error = EIO, .after = i / 2 == 1, .sticky = i >= 4 };
		if (i >= 4) {
			struct writer_maker_answer refused;

			EXPECT_OK(writer_maker_put(m, &t.s[1], 1, &refused));
			await(m, &refused);
			EXPECT_STATUS(E_UNAVAILABLE, refused.status);
			usleep(600000);
			calls[i % 2]->countdown = 0;
		}
		second = insist(m, t.s[1]);
		writer_maker_expect_stored(m, &first.receipts[0], t.s[0]);
		writer_maker_expect_stored(m, &second.receipts[0], t.s[1]);
		finish(m, writer, OK);
		cr_assert_geq(count_events(m, "log.fault"), 1u);
		cr_assert_geq(count_events(m, "log.recovered"), 1u);
		cr_assert_eq(count_events(m, "auth.login"), 2u, "each entry once, whatever its first attempt became");
		cr_assert_eq(count_events(m, "log.started"), 1u);
		cr_assert_eq(count_events(m, "log.stopped"), 1u);
		cr_assert_eq(read_log(m).tip.tree.size, progress_size(m->progress));
		writer_maker_free(m);
	}
}

Test(sequence, a_full_disk_is_refused_recorded_and_forgotten_when_there_is_space_again)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	struct writer_maker_answer a = { 0 };
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	struct append_state state;
	pthread_t writer;

	daemon_maker_fallocate = (struct daemon_maker_fault){ .countdown = 1, .error = ENOSPC, .sticky = true };
	cr_assert_eq(pthread_create(&writer, NULL, run_writer, m), 0);
	for (int i = 0; i < 5000; i++) {
		struct str s;

		daemon_maker_fragment(&fragment);
		s = buf_str(&fragment);
		if (writer_maker_put(m, &s, 1, &a) != OK)
			break;
		await(m, &a);
		if (a.status != OK)
			break;
	}
	progress_state(m->progress, &state);
	cr_assert_not(state.healthy);
	daemon_maker_fallocate.countdown = 0;
	a = insist(m, buf_str(&fragment));
	progress_state(m->progress, &state);
	cr_assert(state.healthy, "%s", state.text);
	finish(m, writer, OK);
	cr_assert_eq(count_events(m, "log.fault"), 1u);
	cr_assert_eq(count_events(m, "log.recovered"), 1u);
	cr_assert_eq(read_log(m).tip.tree.size, progress_size(m->progress));
	writer_maker_free(m);
}

Test(sequence, a_log_that_lost_what_was_promised_is_not_written_to_any_more)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	struct writer_maker_answer a;
	pthread_t writer;
	void *st = NULL;

	cr_assert_eq(pthread_create(&writer, NULL, run_writer, m), 0);
	(void)insist(m, t.s[0]);
	cr_assert_eq(unlinkat(m->place->dirfd, "wal/0000000000", 0), 0);
	EXPECT_OK(writer_maker_put(m, &t.s[1], 1, &a));
	await(m, &a);
	EXPECT_STATUS(E_UNAVAILABLE, a.status);
	cr_assert_eq(pthread_join(writer, &st), 0);
	EXPECT_STATUS(E_CORRUPT, (enum status)(uintptr_t)st);
	writer_maker_free(m);
}

Test(sequence, time_rises_even_when_the_clock_stands_or_goes_back)
{
	struct writer_maker *m = writer_maker_new(SMALL);
	CLEANUP(texts_clear) struct texts t = texts_new();
	struct writer_maker_answer a;
	struct tip tip;

	EXPECT_OK(writer_maker_put(m, t.s, 8, &a));
	EXPECT_OK(writer_maker_batch(m));
	progress_get_tip(m->progress, &tip);
	cr_assert_eq(tip.tree.size, 8u);
	/* Eight entries at one reading of the clock; recovery refuses times that do not rise. */
	cr_assert_eq(read_log(m).tip.time_us, tip.time_us);
	writer_maker_free(m);
}
