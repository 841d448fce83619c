#include "auditlog/daemon/index.h"

#include "auditlog/base/encode.h"

#include "tests/unit/daemon_maker.h"

#define SMALL WAL_SEGMENT_LEAST
#define TAG_A "AAAAAAAAAAAAAAAAAAAAAA"
#define TAG_B "k3mZAAAAAAAAAAAAAAAAAA"

struct fixture {
	struct daemon_maker *place;
	struct progress *progress;
	struct ids *ids;
	struct index *index;
	struct uuid id[400]; /* of the entries, by index */
};

static void
open_index(struct fixture *f)
{
	struct index_options opt = { .dirfd = f->place->dirfd,
				     .wal = f->place->wal,
				     .progress = f->progress,
				     .origin = daemon_maker_origin(),
				     .ids = f->ids };

	EXPECT_OK(index_open(&opt, &f->index));
}

static struct fixture *
fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->place = daemon_maker_new(SMALL);
	EXPECT_OK(progress_new(&f->progress));
	EXPECT_OK(ids_new(&f->ids));
	open_index(f);
	return f;
}

static void
fixture_free(struct fixture *f)
{
	index_free(f->index);
	ids_free(f->ids);
	progress_free(f->progress);
	daemon_maker_free(f->place);
	free(f);
}

static void
fill_item(struct buf *fragment, struct batch_item *item, struct uuid *id, const char *tag)
{
	*id = uuid_new();
	daemon_maker_fragment_of(fragment, id, tag);
	*item = (struct batch_item){ 0 };
	EXPECT_OK(batch_item_fill(item, buf_str(fragment), ENTRY_FROM_EMITTER));
}

/* One entry into the write-ahead log, and (unless it is to be missed) told to the index. */
static void
append(struct fixture *f, const char *tag, bool feed)
{
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct tip *tip = &f->place->tip;
	struct batch_item item, *items = &item;
	uint64_t index = tip->tree.size;

	fill_item(&fragment, &item, &f->id[index], tag);
	EXPECT_OK(wal_prepare(f->place->wal, 2048, false));
	segment_open_record(wal_record(f->place->wal));
	EXPECT_OK(entry_compose(&tip->leaf, index, ++tip->time_us, buf_str(&fragment), &line));
	EXPECT_OK(tile_put_entry(wal_record(f->place->wal), buf_str(&line)));
	tip->leaf = hash_leaf(buf_str(&line));
	EXPECT_OK(merkle_add(&tip->tree, &tip->leaf, NULL, NULL));
	EXPECT_OK(wal_commit(f->place->wal, 1, &tip->leaf));
	if (feed)
		index_feed(f->index, index, &items, 1);
}

/* Every even entry has TAG_A, every odd one TAG_B. */
static void
append_many(struct fixture *f, size_t count, bool feed)
{
	for (size_t i = 0; i < count; i++)
		append(f, f->place->tip.tree.size % 2 == 0 ? TAG_A : TAG_B, feed);
}

static void
expect_even(struct fixture *f, uint64_t before, size_t limit)
{
	uint64_t found[APPEND_LIMIT_MAX], want = f->place->tip.tree.size;
	size_t count = 0, n = 0;

	EXPECT_OK(index_by_tag(f->index, STR(TAG_A), before, limit, found, &count));
	for (uint64_t i = want; i > 0 && n < limit; i--) {
		if ((i - 1) % 2 != 0 || i - 1 >= before)
			continue;
		cr_assert_lt(n, count);
		cr_assert_eq(found[n], i - 1);
		n++;
	}
	cr_assert_eq(n, count);
}

static void
expect_all_questions(struct fixture *f)
{
	expect_even(f, APPEND_NEWEST, APPEND_LIMIT_MAX);
	expect_even(f, APPEND_NEWEST, 3);
	expect_even(f, 50, 7);
	expect_even(f, 0, 7);
}

/* Until what waits is in the database. */
static void
await_stored(struct fixture *f)
{
	uint64_t found = 0;
	enum status st = E_NOT_FOUND;

	for (int i = 0; i < 500 && st != OK; i++) {
		usleep(20000);
		st = index_by_id(f->index, &f->id[f->place->tip.tree.size - 1], &found);
	}
	EXPECT_OK(st);
	cr_assert_eq(found, f->place->tip.tree.size - 1);
}

Test(index, every_entry_is_found_at_once_and_when_it_is_stored)
{
	struct fixture *f = fixture_new();
	uint64_t found[4];
	size_t count = 9;

	EXPECT_OK(index_start(f->index, 0));
	append_many(f, 100, true);
	expect_all_questions(f);
	await_stored(f);
	expect_all_questions(f);
	append_many(f, 21, true);
	expect_all_questions(f);
	EXPECT_OK(index_by_tag(f->index, STR("zzzzzzzzzzzzzzzzzzzzzQ"), APPEND_NEWEST, 4, found, &count));
	cr_assert_eq(count, 0u);
	EXPECT_STATUS(E_INVALID,
		      index_by_tag(f->index, STR("!!!!!!!!!!!!!!!!!!!!!!"), APPEND_NEWEST, 4, found, &count));
	fixture_free(f);
}

/* Entries of these tests are all made by one service. */
static void
expect_of_service(struct fixture *f, const char *name, size_t want)
{
	CLEANUP(buf_clear) struct buf tag = BUF(64);
	uint64_t found[APPEND_LIMIT_MAX];
	uint8_t key[APPEND_KEY_LEN];
	size_t count = 0;

	append_service_key(str_of(name), key);
	encode_base64url(&tag, str_from(key, sizeof(key)));
	EXPECT_OK(index_by_tag(f->index, buf_str(&tag), APPEND_NEWEST, APPEND_LIMIT_MAX, found, &count));
	cr_assert_eq(count, want, "%zu of %s", count, name);
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(found[i], want - 1 - i);
}

Test(index, what_a_service_made_is_found_by_its_name_at_once_when_stored_and_when_read_from_the_log)
{
	struct fixture *f = fixture_new();

	append_many(f, 40, false); /* the thread reads these from the log */
	EXPECT_OK(index_start(f->index, 40));
	append_many(f, 30, true);
	await_stored(f);
	append_many(f, 30, true);
	expect_of_service(f, "svc_portal", 100);
	await_stored(f);
	expect_of_service(f, "svc_portal", 100);
	expect_of_service(f, "svc_porta", 0);
	expect_of_service(f, "", 0);
	fixture_free(f);
}

Test(index, it_is_there_after_a_restart_and_catches_up_with_what_it_missed)
{
	struct fixture *f = fixture_new();

	EXPECT_OK(index_start(f->index, 0));
	append_many(f, 60, true);
	index_free(f->index);
	/* Entries while nobody told it. */
	append_many(f, 40, false);
	open_index(f);
	EXPECT_OK(index_start(f->index, f->place->tip.tree.size));
	await_stored(f);
	expect_all_questions(f);
	append_many(f, 10, true);
	expect_all_questions(f);
	fixture_free(f);
}

Test(index, while_it_is_behind_it_says_so_instead_of_leaving_entries_out)
{
	struct fixture *f = fixture_new();
	uint64_t found[4];
	size_t count = 0;
	enum status st;

	EXPECT_OK(index_start(f->index, 0));
	append_many(f, 10, false);
	append(f, TAG_A, true);
	st = index_by_tag(f->index, STR(TAG_A), APPEND_NEWEST, 4, found, &count);
	cr_assert(st == E_UNAVAILABLE || (st == OK && count == 4 && found[3] == 4), "%s", status_name(st));
	await_stored(f);
	expect_all_questions(f);
	fixture_free(f);
}

Test(index, a_missing_damaged_or_foreign_one_is_made_anew)
{
	static const char *const damage[] = {
		"rm -rf %s/index",   "echo rubbish > %s/index/runs", "truncate -s 100 %s/index/runs",
		"rm %s/index/tag-*", "truncate -s 24 %s/index/id-*", "printf x >> %s/index/tag-*"
	};

	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		struct fixture *f = fixture_new();
		char command[256];

		EXPECT_OK(index_start(f->index, 0));
		append_many(f, 30, true);
		index_free(f->index);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(command, sizeof(command), damage[i], f->place->dir);
#pragma GCC diagnostic pop
		cr_assert_eq(system(command), 0);
		open_index(f);
		EXPECT_OK(index_start(f->index, f->place->tip.tree.size));
		await_stored(f);
		expect_all_questions(f);
		fixture_free(f);
	}
}

Test(index, one_that_knows_more_than_the_log_is_emptied)
{
	struct fixture *f = fixture_new();
	uint64_t found = 0;

	EXPECT_OK(index_start(f->index, 0));
	append_many(f, 30, true);
	index_free(f->index);
	open_index(f);
	EXPECT_OK(index_start(f->index, 10));
	for (int i = 0; i < 200; i++) {
		usleep(10000);
		if (index_by_id(f->index, &f->id[9], &found) == OK)
			break;
	}
	EXPECT_OK(index_by_id(f->index, &f->id[9], &found));
	EXPECT_STATUS(E_NOT_FOUND, index_by_id(f->index, &f->id[20], &found));
	fixture_free(f);
}

static enum status
is_it(void *ctx, uint64_t index)
{
	const uint64_t *want = ctx;

	return index == *want ? OK : E_NOT_FOUND;
}

Test(index, the_window_of_idempotency_is_filled_from_the_ring_or_from_the_entries)
{
	for (int lost = 0; lost < 2; lost++) {
		struct fixture *f = fixture_new();
		uint64_t index = 0;

		EXPECT_OK(index_start(f->index, 0));
		append_many(f, 80, true);
		index_free(f->index);
		if (lost == 1)
			cr_assert_eq(unlinkat(f->place->dirfd, "index/runs", 0), 0);
		open_index(f);
		EXPECT_OK(index_load_ids(f->index, 80));
		for (uint64_t i = 0; i < 80; i++) {
			uint64_t want = i;

			EXPECT_OK(ids_find(f->ids, &f->id[i], is_it, &want, &index));
		}
		fixture_free(f);
	}
}
