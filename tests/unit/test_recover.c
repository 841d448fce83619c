#include "auditlog/daemon/recover.h"

#include "auditlog/base/lock.h"
#include "auditlog/daemon/publish_tiles.h"
#include "auditlog/daemon/setup.h"
#include "tests/unit/daemon_maker.h"

#define SMALL         WAL_SEGMENT_LEAST
#define FIRST_SEGMENT "wal/0000000000"

static enum status
add_line(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	(void)index;
	(void)leaf;
	return publish_tiles_add(ctx, line);
}

/* Tiles for everything so far, and what a signed checkpoint of it would hold us to. */
static struct recover_job
publish(struct daemon_maker *m)
{
	struct recover_job job = { .wal = m->wal, .dirfd = m->dirfd, .published = m->tip.tree.size, .floor_count = 1 };
	struct publish_tiles *t = NULL;

	EXPECT_OK(publish_tiles_new(m->dirfd, NULL, 0, &t));
	EXPECT_OK(wal_visit_range(m->wal, 0, m->tip.tree.size, add_line, t));
	EXPECT_OK(publish_tiles_flush(t));
	publish_tiles_free(t);
	job.floors[0] = (struct recover_floor){ m->tip.tree.size, merkle_root(&m->tip.tree), "the signed checkpoint" };
	return job;
}

static enum status
recover(struct daemon_maker *m, struct recover_job *job, struct recover_result *result)
{
	daemon_maker_open_wal(m);
	job->wal = m->wal;
	return recover_run(job, result);
}

Test(recover, an_empty_directory_is_an_empty_log)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job = { 0 };
	struct recover_result result = { 0 };

	job.dirfd = m->dirfd;
	EXPECT_OK(recover(m, &job, &result));
	cr_assert_eq(result.tip.tree.size, 0u);
	daemon_maker_free(m);
}

Test(recover, the_tip_is_what_it_was_with_and_without_the_first_segments)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job;
	struct recover_result result = { 0 };
	uint64_t first = 0, next = 0;

	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 40);
	job = publish(m);
	daemon_maker_append(m, 3);
	for (int pruned = 0; pruned < 2; pruned++) {
		EXPECT_OK(recover(m, &job, &result));
		cr_assert_eq(result.tip.tree.size, m->tip.tree.size);
		cr_assert(hash_eq(&result.tip.leaf, &m->tip.leaf));
		cr_assert_eq(result.tip.time_us, m->tip.time_us);
		struct hash got = merkle_root(&result.tip.tree), want = merkle_root(&m->tip.tree);
		cr_assert(hash_eq(&got, &want));
		EXPECT_OK(wal_prune(m->wal, job.published / 256 * 256));
	}
	cr_assert(wal_range(m->wal, &first, &next));
	cr_assert_gt(first, 0u);
	/* Writing goes on from there. */
	daemon_maker_append(m, 1);
	EXPECT_OK(recover(m, &job, &result));
	cr_assert_eq(result.tip.tree.size, m->tip.tree.size);
	daemon_maker_free(m);
}

Test(recover, a_log_that_ends_before_what_was_signed_is_an_old_copy)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job = { 0 };
	struct recover_result result = { 0 };

	daemon_maker_append(m, 5);
	job.dirfd = m->dirfd;
	job.floor_count = 1;
	job.floors[0] = (struct recover_floor){ 6, hash_empty(), "the signer's memory" };
	EXPECT_STATUS(E_CONFLICT, recover(m, &job, &result));
	cr_assert_eq(result.bad_index, 5u);
	cr_assert_not_null(strstr(result.what, "old copy"));
	daemon_maker_free(m);
}

Test(recover, a_torn_tail_is_cut_unless_somebody_has_seen_it_whole)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf bytes = BUF(WAL_SEGMENT_MOST);
	struct recover_job job;
	struct recover_result result = { 0 };
	size_t at;

	daemon_maker_append(m, 5);
	job = publish(m);
	daemon_maker_append(m, 1);
	EXPECT_OK(beneath_read(m->dirfd, FIRST_SEGMENT, &bytes));
	at = str_find(buf_str(&bytes), STR("\"index\":5,"));
	cr_assert_lt(at, bytes.n);
	daemon_maker_flip(m, FIRST_SEGMENT, (off_t)at + 70);
	job.floors[1] = (struct recover_floor){ 6, merkle_root(&m->tip.tree), "the signer's memory" };
	job.floor_count = 2;
	EXPECT_STATUS(E_CORRUPT, recover(m, &job, &result));
	cr_assert_eq(result.bad_index, 5u);
	job.floor_count = 1;
	EXPECT_OK(recover(m, &job, &result));
	cr_assert_eq(result.tip.tree.size, 5u);
	cr_assert_gt(result.torn, 0u);
	daemon_maker_free(m);
}

Test(recover, another_history_of_the_same_length_is_refused)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job = { 0 };
	struct recover_result result = { 0 };

	daemon_maker_append(m, 5);
	job.dirfd = m->dirfd;
	job.floor_count = 1;
	job.floors[0] = (struct recover_floor){ 4, hash_empty(), "the signer's memory" };
	EXPECT_STATUS(E_CORRUPT, recover(m, &job, &result));
	daemon_maker_free(m);
}

Test(recover, every_leaf_of_a_tile_is_compared_and_the_entry_named)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job;
	struct recover_result result = { 0 };

	daemon_maker_append(m, 30);
	job = publish(m);
	for (uint64_t i = 0; i < 30; i++) {
		daemon_maker_flip(m, "tile/0/000.p/30", (off_t)(i * HASH_LEN + i));
		EXPECT_STATUS(E_CORRUPT, recover(m, &job, &result));
		cr_assert_eq(result.bad_index, i);
		daemon_maker_flip(m, "tile/0/000.p/30", (off_t)(i * HASH_LEN + i));
	}
	EXPECT_OK(recover(m, &job, &result));
	daemon_maker_free(m);
}

Test(recover, the_right_edge_is_checked_for_entries_that_only_tiles_hold)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job;
	struct recover_result result = { 0 };

	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 40);
	job = publish(m);
	EXPECT_OK(recover(m, &job, &result));
	EXPECT_OK(wal_prune(m->wal, job.published / 256 * 256));
	for (uint64_t i = 0; i < 9; i++) {
		daemon_maker_flip(m, "tile/1/000.p/9", (off_t)(i * HASH_LEN + 1));
		enum status st = recover(m, &job, &result);

		cr_assert(st == E_CORRUPT, "hash %lu: %s", (unsigned long)i, status_name(st));
		cr_assert_eq(result.bad_index, i * 256, "hash %lu: entry %lu", (unsigned long)i,
			     (unsigned long)result.bad_index);
		daemon_maker_flip(m, "tile/1/000.p/9", (off_t)(i * HASH_LEN + 1));
	}
	EXPECT_OK(recover(m, &job, &result));
	daemon_maker_free(m);
}

Test(recover, a_tile_that_is_missing_is_no_damage_while_its_entries_are_there)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job;
	struct recover_result result = { 0 };

	daemon_maker_append(m, 30);
	job = publish(m);
	cr_assert_eq(unlinkat(m->dirfd, "tile/0/000.p/30", 0), 0);
	EXPECT_OK(recover(m, &job, &result));
	daemon_maker_free(m);
}

Test(recover, segments_that_no_tile_covers_may_not_be_missing)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct recover_job job;
	struct recover_result result = { 0 };

	daemon_maker_append(m, 30);
	job = publish(m);
	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 40);
	cr_assert_eq(unlinkat(m->dirfd, FIRST_SEGMENT, 0), 0);
	EXPECT_STATUS(E_CORRUPT, recover(m, &job, &result));
	cr_assert_eq(result.bad_index, 30u);
	daemon_maker_free(m);
}

Test(recover, only_a_checkpoint_signed_by_the_log_counts)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(secret_clear) struct secret text = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *signer = NULL;
	CLEANUP(buf_clear) struct buf body = BUF(4096);
	CLEANUP(buf_clear) struct buf line = BUF(4096);
	CLEANUP(buf_clear) struct buf note = BUF(4096);
	struct checkpoint c = { .origin = STR(DAEMON_MAKER_ORIGIN), .size = 0, .root = hash_empty() };
	struct hash root;
	uint64_t size = 0;

	EXPECT_OK(note_signer_generate(STR(DAEMON_MAKER_ORIGIN), NOTE_ED25519, &text));
	EXPECT_OK(note_signer_new(secret_str(&text), &signer));
	EXPECT_STATUS(E_NOT_FOUND, recover_checkpoint(m->dirfd, note_signer_key(signer), &size, &root));
	checkpoint_put(&body, &c);
	EXPECT_OK(note_sign(signer, buf_str(&body), 0, &line));
	EXPECT_OK(note_join(&note, buf_str(&body), buf_str(&line)));
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", buf_str(&note), 0644));
	EXPECT_OK(recover_checkpoint(m->dirfd, note_signer_key(signer), &size, &root));
	note.p[note.n - 20] = note.p[note.n - 20] == 'A' ? 'B' : 'A';
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", buf_str(&note), 0644));
	EXPECT_STATUS(E_CORRUPT, recover_checkpoint(m->dirfd, note_signer_key(signer), &size, &root));
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", STR("rubbish"), 0644));
	EXPECT_STATUS(E_CORRUPT, recover_checkpoint(m->dirfd, note_signer_key(signer), &size, &root));
	daemon_maker_free(m);
}

Test(recover, what_a_crash_left_of_a_replaced_file_is_removed_and_nothing_else)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf kept = BUF(64);

	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", STR("kept"), 0644));
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint.tmp-0123456789abcdef", STR("left"), 0600));
	beneath_remove_temporaries(m->dirfd);
	EXPECT_OK(beneath_read(m->dirfd, "checkpoint", &kept));
	EXPECT_STATUS(E_NOT_FOUND, beneath_read(m->dirfd, "checkpoint.tmp-0123456789abcdef", &kept));
	daemon_maker_free(m);
}

Test(recover, a_directory_has_one_writer_and_one_origin)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(beneath_closep) int first = -1;
	CLEANUP(beneath_closep) int second = -1;
	CLEANUP(beneath_closep) int again = -1;
	CLEANUP(buf_clear) struct buf path = BUF(256);
	CLEANUP(beneath_closep) int made = -1;
	struct note_key key = { .name = DAEMON_MAKER_ORIGIN, .type = NOTE_ED25519 };

	EXPECT_OK(lock_take(m->dirfd, &first));
	EXPECT_STATUS(E_CONFLICT, lock_take(m->dirfd, &second));
	/* The file can be made anew, the directory is still the same. */
	cr_assert_eq(unlinkat(m->dirfd, "lock", 0), 0);
	again = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_STATUS(E_CONFLICT, lock_take(again, &second));
	beneath_closep(&first);
	EXPECT_OK(lock_take(m->dirfd, &second));

	buf_printf(&path, "%s/log%c", m->dir, '\0');
	EXPECT_STATUS(E_INVALID, setup_init(path.p, STR("two words")));
	EXPECT_OK(setup_init(path.p, STR(DAEMON_MAKER_ORIGIN)));
	EXPECT_OK(setup_init(path.p, STR(DAEMON_MAKER_ORIGIN)));
	EXPECT_STATUS(E_CONFLICT, setup_init(path.p, STR("other.example.org/log")));
	made = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_OK(setup_check(made, &key));
	key.public[3] = 1;
	EXPECT_STATUS(E_CONFLICT, setup_check(made, &key));
	strcpy(key.name, "other.example.org/log");
	EXPECT_STATUS(E_CONFLICT, setup_check(made, &key));
	EXPECT_STATUS(E_NOT_FOUND, setup_check(m->dirfd, &key));
	EXPECT_OK(file_replace_at(made, "wal/0000000000", STR("x"), 0600));
	EXPECT_STATUS(E_CONFLICT, setup_init(path.p, STR(DAEMON_MAKER_ORIGIN)));
	daemon_maker_free(m);
}
