#include "auditlog/daemon/publish.h"

#include <dirent.h>

#include "auditlog/client/logread.h"
#include "auditlog/daemon/publish_file.h"
#include "auditlog/daemon/publish_tiles.h"
#include "tests/unit/daemon_maker.h"
#include "tests/unit/signer_maker.h"

#define SMALL WAL_SEGMENT_LEAST

struct fixture {
	struct daemon_maker *place;
	struct signer_maker *signer;
	struct msg_client *client;
	struct progress *progress;
	struct heads *heads;
	struct publish *publish;
};

/* A publisher as after a start, with what the checkpoint says. */
static void
open_publisher(struct fixture *f)
{
	struct publish_parts parts = { .dirfd = f->place->dirfd,
				       .wal = f->place->wal,
				       .progress = f->progress,
				       .heads = f->heads,
				       .signer = f->client,
				       .key = f->signer->key,
				       .signer_wait_us = 10 * SECOND_US };
	enum status st = recover_checkpoint(f->place->dirfd, &parts.key, &parts.published, &parts.root);

	cr_assert(st == OK || st == E_NOT_FOUND);
	publish_free(f->publish);
	f->publish = NULL;
	EXPECT_OK(publish_new(&parts, &f->publish));
}

static struct fixture
fixture_new(void)
{
	struct fixture f = { .place = daemon_maker_new(SMALL), .signer = signer_maker_new() };

	signer_maker_start(f.signer);
	EXPECT_OK(msg_client_new(f.signer->socket, &f.client));
	EXPECT_OK(progress_new(&f.progress));
	EXPECT_OK(heads_new(f.place->dirfd, &f.heads));
	open_publisher(&f);
	return f;
}

static void
fixture_free(struct fixture *f)
{
	publish_free(f->publish);
	heads_free(f->heads);
	progress_free(f->progress);
	msg_client_free(f->client);
	signer_maker_free(f->signer);
	daemon_maker_free(f->place);
}

/* Appends in records of up to 50 and tells the publisher. */
static void
append(struct fixture *f, size_t count)
{
	for (; count > 0; count -= count < 50 ? count : 50)
		daemon_maker_append(f->place, count < 50 ? count : 50);
	progress_set_tip(f->progress, &f->place->tip);
}

/* What everybody can check with the published files and the key. */
static void
expect_published(struct fixture *f)
{
	CLEANUP(logread_freep) struct logread *r = NULL;
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	struct checkpoint c = { 0 };
	struct hash root = merkle_root(&f->place->tip.tree);

	EXPECT_OK(logread_open_at(f->place->dirfd, &r));
	EXPECT_OK(logread_checkpoint(r, &note));
	EXPECT_OK(checkpoint_open(buf_str(&note), &f->signer->key, &c, NULL));
	cr_assert_eq(c.size, f->place->tip.tree.size);
	cr_assert(hash_eq(&c.root, &root));
	for (uint64_t i = 0; i < c.size; i++) {
		struct str line = { 0 };
		struct proof p = { 0 };
		struct hash leaf;

		EXPECT_OK(logread_entry(r, i, c.size, &line));
		leaf = hash_leaf(line);
		if (i % 31 != 0)
			continue;
		EXPECT_OK(logread_inclusion(r, i, c.size, &p));
		EXPECT_OK(proof_check_inclusion(&p, i, c.size, &leaf, &c.root));
	}
}

static bool
there(const struct fixture *f, const char *path)
{
	return faccessat(f->place->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Test(publish, every_step_of_a_growing_log_can_be_read_and_proved)
{
	struct fixture f = fixture_new();
	static const size_t steps[] = { 1, 1, 5, 248, 1, 1, 255, 300, 256 };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		append(&f, steps[i]);
		EXPECT_OK(publish_once(f.publish));
		expect_published(&f);
	}
	fixture_free(&f);
}

Test(publish, partial_tiles_stay_until_the_full_one_is_under_a_checkpoint_and_then_go)
{
	struct fixture f = fixture_new();

	append(&f, 3);
	EXPECT_OK(publish_once(f.publish));
	append(&f, 2);
	EXPECT_OK(publish_once(f.publish));
	cr_assert(there(&f, "tile/0/000.p/3"));
	cr_assert(there(&f, "tile/entries/000.p/5"));
	append(&f, 251);
	EXPECT_OK(publish_once(f.publish));
	cr_assert(there(&f, "tile/0/000"));
	cr_assert(there(&f, "tile/entries/000"));
	cr_assert(there(&f, "tile/1/000.p/1"));
	cr_assert_not(there(&f, "tile/0/000.p"));
	cr_assert_not(there(&f, "tile/entries/000.p"));
	expect_published(&f);
	fixture_free(&f);
}

Test(publish, what_is_published_may_be_read_by_everybody_whatever_the_umask)
{
	struct fixture f = fixture_new();
	struct stat st;

	(void)umask(077);
	append(&f, 1);
	EXPECT_OK(publish_once(f.publish));
	cr_assert_eq(fstatat(f.place->dirfd, "tile/0/000.p/1", &st, 0), 0);
	cr_assert_eq(st.st_mode & 0777, 0644u);
	cr_assert_eq(fstatat(f.place->dirfd, "tile/0/000.p", &st, 0), 0);
	cr_assert_eq(st.st_mode & 0777, 0755u);
	cr_assert_eq(fstatat(f.place->dirfd, "checkpoint", &st, 0), 0);
	cr_assert_eq(st.st_mode & 0777, 0644u);
	fixture_free(&f);
}

Test(publish, a_start_goes_on_where_tiles_and_segments_are)
{
	struct fixture f = fixture_new();

	append(&f, 1500);
	EXPECT_OK(publish_once(f.publish));
	for (int round = 0; round < 4; round++) {
		struct wal_report report;

		/* As after a start: nothing in memory. */
		daemon_maker_open_wal(f.place);
		EXPECT_OK(wal_scan(f.place->wal, false, &report));
		if (round > 0)
			cr_assert_gt(report.first, 0u, "segments that full tiles cover have gone");
		struct recover_job job = { .wal = f.place->wal, .dirfd = f.place->dirfd };
		struct recover_result result = { 0 };

		EXPECT_OK(recover_checkpoint(f.place->dirfd, &f.signer->key, &job.published, &job.floors[0].root));
		EXPECT_OK(recover_run(&job, &result));
		cr_assert_eq(result.tip.tree.size, f.place->tip.tree.size);
		open_publisher(&f);
		append(&f, 700);
		EXPECT_OK(publish_once(f.publish));
		expect_published(&f);
	}
	fixture_free(&f);
}

Test(publish, a_published_file_with_other_content_is_never_overwritten)
{
	struct fixture f = fixture_new();

	append(&f, 300);
	EXPECT_OK(publish_once(f.publish));
	daemon_maker_flip(f.place, "tile/0/000", 32 * 20 + 3);
	open_publisher(&f);
	append(&f, 1);
	EXPECT_STATUS(E_CORRUPT, publish_once(f.publish));
	daemon_maker_flip(f.place, "tile/0/000", 32 * 20 + 3);
	open_publisher(&f);
	EXPECT_OK(publish_once(f.publish));
	expect_published(&f);
	fixture_free(&f);
}

Test(publish, a_bad_tile_or_bundle_is_named_by_its_entry)
{
	struct fixture f = fixture_new();
	struct publish_tiles *t = NULL;
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	enum status st = OK;

	append(&f, 300);
	EXPECT_OK(publish_once(f.publish));
	daemon_maker_flip(f.place, "tile/0/000", 32 * 20 + 3);
	EXPECT_OK(publish_tiles_new(f.place->dirfd, NULL, 0, &t));
	for (uint64_t i = 0; i < 256 && st == OK; i++) {
		buf_reset(&line);
		EXPECT_OK(wal_read(f.place->wal, i, &line));
		st = publish_tiles_add(t, buf_str(&line));
	}
	EXPECT_STATUS(E_CORRUPT, st);
	cr_assert_eq(publish_tiles_bad(t), 20u);
	publish_tiles_free(t);
	fixture_free(&f);
}

Test(publish, a_silent_signer_leaves_the_old_checkpoint_and_comes_back)
{
	struct fixture f = fixture_new();
	struct publish_parts parts = { .dirfd = f.place->dirfd,
				       .wal = f.place->wal,
				       .progress = f.progress,
				       .heads = f.heads,
				       .signer = f.client,
				       .key = f.signer->key,
				       .signer_wait_us = SECOND_US / 5 };
	enum status st;

	append(&f, 10);
	EXPECT_OK(publish_once(f.publish));
	signer_maker_stop(f.signer);
	publish_free(f.publish);
	parts.published = 10;
	EXPECT_OK(publish_new(&parts, &f.publish));
	append(&f, 10);
	st = publish_once(f.publish);
	cr_assert(st == E_UNAVAILABLE || st == E_TIMEOUT, "%s", status_name(st));
	signer_maker_start(f.signer);
	for (int i = 0; i < 100 && st != OK; i++) {
		usleep(50000);
		st = publish_once(f.publish);
	}
	EXPECT_OK(st);
	expect_published(&f);
	fixture_free(&f);
}

Test(publish, a_signature_that_was_never_heard_of_is_asked_for_again)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf request = BUF(SIGNING_REQUEST_MAX);
	CLEANUP(buf_clear) struct buf text = BUF(4096);
	CLEANUP(buf_clear) struct buf lines = BUF(4096);
	struct proof none = { 0 };
	struct checkpoint c = { .origin = STR(SIGNER_MAKER_ORIGIN) };
	unsigned code = 0;

	append(&f, 10);
	/* It has signed size 10, and we have crashed before the answer came. */
	c.size = 10;
	c.root = merkle_root(&f.place->tip.tree);
	checkpoint_put(&text, &c);
	signing_put_request(&request, 0, &none, buf_str(&text));
	EXPECT_OK(signing_ask_signature(f.client, buf_str(&request), 10 * SECOND_US, &code, &lines));
	cr_assert_eq(code, (unsigned)SIGNING_OK);
	append(&f, 20);
	EXPECT_OK(publish_once(f.publish));
	expect_published(&f);
	fixture_free(&f);
}

Test(publish, files_are_written_once_and_links_out_of_the_directory_are_refused)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct publish_dir dir = { .fd = -1 };
	size_t differs = 0;

	EXPECT_OK(publish_file_put(m->dirfd, "tile/0/000", STR("abcdef"), &dir, &differs));
	EXPECT_OK(publish_file_put(m->dirfd, "tile/0/000", STR("abcdef"), &dir, &differs));
	EXPECT_STATUS(E_CONFLICT, publish_file_put(m->dirfd, "tile/0/000", STR("abcxef"), &dir, &differs));
	cr_assert_eq(differs, 3u);
	EXPECT_STATUS(E_CONFLICT, publish_file_put(m->dirfd, "tile/0/000", STR("abc"), &dir, &differs));
	EXPECT_STATUS(E_CONFLICT, publish_file_put(m->dirfd, "tile/0/000", STR("abcdefg"), &dir, &differs));
	EXPECT_OK(publish_file_sync(&dir));
	cr_assert_eq(symlinkat("/tmp", m->dirfd, "tile/1"), 0);
	EXPECT_STATUS(E_DENIED, publish_file_put(m->dirfd, "tile/1/000", STR("abc"), &dir, &differs));
	/* Over what is there, in one step. */
	EXPECT_OK(publish_file_replace(m->dirfd, "tile/0/000", STR("abcdefg"), &dir));
	EXPECT_OK(publish_file_put(m->dirfd, "tile/0/000", STR("abcdefg"), &dir, &differs));
	EXPECT_STATUS(E_INVALID, publish_file_put(m->dirfd, "tile/../000", STR("abc"), &dir, &differs));
	EXPECT_OK(publish_file_sync(&dir));
	EXPECT_OK(publish_file_remove_dir(m->dirfd, "tile/0"));
	EXPECT_OK(publish_file_remove_dir(m->dirfd, "tile/0"));
	daemon_maker_free(m);
}
