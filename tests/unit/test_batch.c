#include "auditlog/daemon/batch.h"

#include <pthread.h>

#include "auditlog/base/clock.h"
#include "auditlog/daemon/ids.h"
#include "tests/unit/daemon_maker.h"

static struct batch_job *
job_of(size_t bytes, size_t count)
{
	struct batch_job *job = NULL;
	char *payload = NULL;

	EXPECT_OK(batch_job_new(count, 0, &job, &payload));
	job->bytes = bytes;
	return job;
}

static void
free_jobs(struct batch_job *jobs)
{
	while (jobs != NULL) {
		struct batch_job *next = jobs->next;

		free(jobs);
		jobs = next;
	}
}

static size_t
count_jobs(const struct batch_job *jobs)
{
	size_t n = 0;

	for (; jobs != NULL; jobs = jobs->next)
		n++;
	return n;
}

Test(batch, what_waits_is_taken_whole_and_in_order)
{
	struct batch_queue *q = NULL;
	struct batch_job *first = job_of(10, 1), *second = job_of(20, 2), *jobs = NULL;

	EXPECT_OK(batch_queue_new(1000, &q));
	EXPECT_STATUS(E_TIMEOUT, batch_take(q, 1000, 0, &jobs));
	EXPECT_OK(batch_put(q, first));
	EXPECT_OK(batch_put(q, second));
	EXPECT_OK(batch_take(q, 1000, 0, &jobs));
	cr_assert_eq(jobs, first);
	cr_assert_eq(jobs->next, second);
	cr_assert_eq(batch_bytes(jobs), 30u);
	EXPECT_STATUS(E_TIMEOUT, batch_take(q, 1000, 0, &jobs));
	free_jobs(jobs);
	batch_queue_free(q);
}

Test(batch, a_batch_has_a_size_but_always_at_least_one_job)
{
	struct batch_queue *q = NULL;
	struct batch_job *jobs = NULL;

	EXPECT_OK(batch_queue_new(1000, &q));
	EXPECT_OK(batch_put(q, job_of(300, 1)));
	EXPECT_OK(batch_put(q, job_of(100, 1)));
	EXPECT_OK(batch_put(q, job_of(100, 1)));
	EXPECT_OK(batch_take(q, 200, 0, &jobs));
	cr_assert_eq(count_jobs(jobs), 1u);
	free_jobs(jobs);
	EXPECT_OK(batch_take(q, 200, 0, &jobs));
	cr_assert_eq(count_jobs(jobs), 2u);
	free_jobs(jobs);
	EXPECT_OK(batch_put(q, job_of(1, BATCH_ENTRIES_MAX)));
	EXPECT_OK(batch_put(q, job_of(1, 1)));
	EXPECT_OK(batch_take(q, 200, 0, &jobs));
	cr_assert_eq(count_jobs(jobs), 1u);
	free_jobs(jobs);
	EXPECT_OK(batch_take(q, 200, 0, &jobs));
	free_jobs(jobs);
	batch_queue_free(q);
}

Test(batch, a_full_queue_is_busy_and_room_comes_back)
{
	struct batch_queue *q = NULL;
	struct batch_job *too_much = job_of(60, 1), *jobs = NULL;

	EXPECT_OK(batch_queue_new(100, &q));
	EXPECT_OK(batch_put(q, job_of(60, 1)));
	EXPECT_STATUS(E_BUSY, batch_put(q, too_much));
	EXPECT_OK(batch_take(q, 1000, 0, &jobs));
	free_jobs(jobs);
	EXPECT_OK(batch_put(q, too_much));
	EXPECT_OK(batch_take(q, 1000, 0, &jobs));
	free_jobs(jobs);
	batch_queue_free(q);
}

Test(batch, a_refusing_queue_keeps_what_waits_and_a_closed_one_ends)
{
	struct batch_queue *q = NULL;
	struct batch_job *late = job_of(1, 1), *jobs = NULL;

	EXPECT_OK(batch_queue_new(100, &q));
	EXPECT_OK(batch_put(q, job_of(1, 1)));
	batch_refuse(q, true);
	EXPECT_STATUS(E_UNAVAILABLE, batch_put(q, late));
	EXPECT_OK(batch_take(q, 100, 0, &jobs));
	free_jobs(jobs);
	batch_refuse(q, false);
	EXPECT_OK(batch_put(q, late));
	batch_close(q);
	cr_assert(batch_closed(q));
	EXPECT_OK(batch_take(q, 100, 0, &jobs));
	free_jobs(jobs);
	EXPECT_STATUS(E_END, batch_take(q, 100, INT64_MAX / 2, &jobs));
	late = job_of(1, 1);
	EXPECT_STATUS(E_UNAVAILABLE, batch_put(q, late));
	free(late);
	batch_queue_free(q);
}

static void *
put_many(void *arg)
{
	struct batch_queue *q = arg;

	for (size_t i = 0; i < 2000; i++) {
		struct batch_job *job = job_of(1, 1);

		while (batch_put(q, job) != OK)
			usleep(10);
	}
	return NULL;
}

Test(batch, nothing_is_lost_between_threads)
{
	struct batch_queue *q = NULL;
	pthread_t writers[4];
	size_t got = 0;

	EXPECT_OK(batch_queue_new(50, &q));
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		cr_assert_eq(pthread_create(&writers[i], NULL, put_many, q), 0);
	while (got < 2000 * ARRAY_LEN(writers)) {
		struct batch_job *jobs = NULL;

		EXPECT_OK(batch_take(q, 1000, clock_mono_us() + 20 * SECOND_US, &jobs));
		got += count_jobs(jobs);
		free_jobs(jobs);
	}
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		cr_assert_eq(pthread_join(writers[i], NULL), 0);
	batch_queue_free(q);
}

Test(batch, only_fragments_of_the_format_and_of_the_right_source_become_items)
{
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(buf_clear) struct buf own = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(buf_clear) struct buf large = BUF(ENTRY_FRAGMENT_MAX + 8);
	struct entry e = { .id = uuid_new(), .event = ENTRY_LOG_FAULT, .by = { .service = STR("auditlogd") } };
	struct batch_item item = { 0 };
	struct hash want;

	daemon_maker_fragment(&fragment);
	EXPECT_OK(batch_item_fill(&item, buf_str(&fragment), ENTRY_FROM_EMITTER));
	want = hash_sha256(buf_str(&fragment));
	cr_assert(hash_eq(&want, &item.fragment_hash));
	cr_assert_eq(item.tag_count, 1);
	EXPECT_STR(STR(DAEMON_MAKER_TAG), batch_item_tag(&item, 0));
	EXPECT_OK(entry_encode_fragment(&e, &own));
	EXPECT_STATUS(E_DENIED, batch_item_fill(&item, buf_str(&own), ENTRY_FROM_EMITTER));
	EXPECT_OK(batch_item_fill(&item, buf_str(&own), ENTRY_FROM_LOG));
	EXPECT_STATUS(E_DENIED, batch_item_fill(&item, buf_str(&fragment), ENTRY_FROM_LOG));
	EXPECT_STATUS(E_INVALID, batch_item_fill(&item, STR("{}"), ENTRY_FROM_EMITTER));
	EXPECT_STATUS(E_INVALID, batch_item_fill(&item, STR(""), ENTRY_FROM_EMITTER));
	while (large.n <= ENTRY_FRAGMENT_MAX)
		buf_put_char(&large, 'x');
	EXPECT_STATUS(E_TOO_LARGE, batch_item_fill(&item, buf_str(&large), ENTRY_FROM_EMITTER));
}

/* ---- the window of idempotency ---- */

static enum status
is_it(void *ctx, uint64_t index)
{
	const uint64_t *want = ctx;

	return index == *want ? OK : E_NOT_FOUND;
}

static struct uuid
numbered(uint64_t n)
{
	struct uuid id = { 0 };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

Test(ids, the_newest_million_are_known_and_memory_is_bounded, .timeout = 60)
{
	struct ids *ids = NULL;
	uint64_t last = 2 * IDS_WINDOW + 1000, index = 0, want;
	struct uuid id;

	EXPECT_OK(ids_new(&ids));
	for (uint64_t i = 0; i < last; i++) {
		id = numbered(i);
		EXPECT_OK(ids_put(ids, &id, i));
	}
	for (uint64_t i = last - IDS_WINDOW; i < last; i += 997) {
		id = numbered(i);
		want = i;
		EXPECT_OK(ids_find(ids, &id, is_it, &want, &index));
		cr_assert_eq(index, i);
	}
	id = numbered(0);
	want = 0;
	EXPECT_STATUS(E_NOT_FOUND, ids_find(ids, &id, is_it, &want, &index));
	ids_clear(ids);
	id = numbered(last - 1);
	want = last - 1;
	EXPECT_STATUS(E_NOT_FOUND, ids_find(ids, &id, is_it, &want, &index));
	ids_free(ids);
}

static enum status
broken(void *ctx, uint64_t index)
{
	(void)ctx;
	(void)index;
	return E_IO;
}

Test(ids, an_entry_that_cannot_be_compared_is_an_error_and_not_a_new_one)
{
	struct ids *ids = NULL;
	struct uuid id = numbered(5);
	uint64_t index = 0;

	EXPECT_OK(ids_new(&ids));
	EXPECT_OK(ids_put(ids, &id, 5));
	EXPECT_STATUS(E_IO, ids_find(ids, &id, broken, NULL, &index));
	ids_free(ids);
}
