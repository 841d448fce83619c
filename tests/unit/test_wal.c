#include "auditlog/daemon/wal.h"

#include <dirent.h>

#include "auditlog/daemon/crc32c.h"
#include "tests/unit/daemon_maker.h"

#define SMALL         WAL_SEGMENT_LEAST
#define FIRST_SEGMENT "wal/0000000000"

/* Counts what a replay visits. */
struct seen {
	uint64_t count;
	struct hash last;
};

static enum status
see(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	struct seen *s = ctx;
	struct entry_view view = { 0 };

	EXPECT_OK(entry_parse(line, &view));
	cr_assert_eq(view.index, index);
	cr_assert_eq(index, s->count);
	s->count++;
	if (leaf != NULL)
		s->last = *leaf;
	return OK;
}

/* Reads the directory as a start does. */
static enum status
read_again(struct daemon_maker *m, struct seen *seen, struct wal_report *report)
{
	*seen = (struct seen){ 0 };
	daemon_maker_open_wal(m);
	TRY(wal_scan(m->wal, false, report));
	seen->count = report->first;
	TRY(wal_replay(m->wal, see, seen, report));
	return wal_start(m->wal, false);
}

static off_t
end_of_log(struct daemon_maker *m, const char *path)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(WAL_SEGMENT_MOST);
	size_t at = SEGMENT_START;
	struct segment_record rec = { 0 };

	EXPECT_OK(beneath_read(m->dirfd, path, &bytes));
	while (segment_get_record(str_slice(buf_str(&bytes), at, bytes.n), &rec) == OK)
		at += rec.total;
	return (off_t)at;
}

static size_t
count_segments(const struct daemon_maker *m)
{
	CLEANUP(beneath_closep) int fd = -1;
	size_t n = 0;
	struct dirent *d;
	DIR *dir;

	EXPECT_OK(beneath_open(m->dirfd, "wal", O_RDONLY | O_DIRECTORY, 0, &fd));
	dir = fdopendir(dup(fd));
	while ((d = readdir(dir)) != NULL)
		n += strlen(d->d_name) == 10;
	closedir(dir);
	return n;
}

Test(wal, the_checksum_is_castagnoli_s)
{
	char long_text[1000];

	cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283u);
	cr_assert_eq(crc32c(0, "", 0), 0u);
	memset(long_text, 0, sizeof(long_text));
	cr_assert_eq(crc32c(0, long_text, 32), 0x8a9136aau);
	cr_assert_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283u);
}

Test(wal, what_was_committed_is_read_again_after_a_start)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;

	daemon_maker_append(m, 1);
	daemon_maker_append(m, 7);
	daemon_maker_append(m, 300);
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(seen.count, 308u);
	cr_assert_eq(report.next, 308u);
	cr_assert_eq(report.torn, 0u);
	cr_assert(hash_eq(&seen.last, &m->tip.leaf));
	daemon_maker_append(m, 2);
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(seen.count, 310u);
	daemon_maker_free(m);
}

Test(wal, any_entry_is_read_by_its_index_across_segments)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct seen seen = { 0 };

	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 1 + i % 50);
	cr_assert_gt(count_segments(m), 1u);
	for (uint64_t i = 0; i < m->tip.tree.size; i += 7) {
		struct entry_view view = { 0 };

		buf_reset(&line);
		EXPECT_OK(wal_read(m->wal, i, &line));
		EXPECT_OK(entry_parse(buf_str(&line), &view));
		cr_assert_eq(view.index, i);
	}
	EXPECT_STATUS(E_NOT_FOUND, wal_read(m->wal, m->tip.tree.size, &line));
	EXPECT_OK(wal_visit_range(m->wal, 0, m->tip.tree.size, see, &seen));
	cr_assert_eq(seen.count, m->tip.tree.size);
	daemon_maker_free(m);
}

Test(wal, a_record_torn_at_any_byte_is_cut_off_and_nothing_else)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf whole = BUF(WAL_SEGMENT_MOST);
	struct wal_report report;
	struct seen seen;
	struct tip kept;
	off_t from, to;

	daemon_maker_append(m, 3);
	kept = m->tip;
	from = end_of_log(m, FIRST_SEGMENT);
	daemon_maker_append(m, 2);
	to = end_of_log(m, FIRST_SEGMENT);
	EXPECT_OK(beneath_read(m->dirfd, FIRST_SEGMENT, &whole));
	for (off_t at = from; at < to; at++) {
		EXPECT_OK(file_replace_at(m->dirfd, FIRST_SEGMENT, buf_str(&whole), 0600));
		daemon_maker_tear(m, FIRST_SEGMENT, at);
		EXPECT_OK(read_again(m, &seen, &report));
		cr_assert_eq(report.next, 3u, "torn at %ld of %ld", (long)at, (long)to);
		cr_assert_eq(report.torn > 0, at > from, "torn at %ld", (long)at);
	}
	/* And the log goes on where it was cut, leaving nothing of the torn record behind. */
	m->tip = kept;
	daemon_maker_append(m, 1);
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(seen.count, 4u);
	cr_assert_eq(report.torn, 0u);
	daemon_maker_free(m);
}

Test(wal, a_changed_byte_before_the_end_is_refused_and_the_entry_named)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf whole = BUF(WAL_SEGMENT_MOST);
	struct wal_report report;
	struct seen seen;
	off_t middle, end;

	daemon_maker_append(m, 4);
	middle = end_of_log(m, FIRST_SEGMENT);
	daemon_maker_append(m, 5);
	end = end_of_log(m, FIRST_SEGMENT);
	daemon_maker_append(m, 1);
	EXPECT_OK(beneath_read(m->dirfd, FIRST_SEGMENT, &whole));
	for (off_t at = (off_t)SEGMENT_START; at < end; at += 11) {
		EXPECT_OK(file_replace_at(m->dirfd, FIRST_SEGMENT, buf_str(&whole), 0600));
		daemon_maker_flip(m, FIRST_SEGMENT, at);
		cr_assert_eq(read_again(m, &seen, &report), E_CORRUPT, "byte %ld", (long)at);
		cr_assert(at < middle ? report.bad_index < 4 : report.bad_index >= 4 && report.bad_index < 9,
			  "byte %ld: entry %lu", (long)at, (unsigned long)report.bad_index);
		cr_assert_neq(report.what[0], '\0');
	}
	daemon_maker_free(m);
}

Test(wal, the_very_entry_is_named_when_its_text_was_changed)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf whole = BUF(WAL_SEGMENT_MOST);
	struct wal_report report;
	struct seen seen;

	daemon_maker_append(m, 6);
	daemon_maker_append(m, 1);
	EXPECT_OK(beneath_read(m->dirfd, FIRST_SEGMENT, &whole));
	for (unsigned i = 0; i < 6; i++) {
		CLEANUP(buf_clear) struct buf want = BUF(64);
		size_t at;

		buf_printf(&want, "\"index\":%u,", i);
		at = str_find(buf_str(&whole), buf_str(&want));
		cr_assert_lt(at, whole.n);
		/* Once in the entry's own part, once in what it says of the entry before. */
		EXPECT_OK(file_replace_at(m->dirfd, FIRST_SEGMENT, buf_str(&whole), 0600));
		daemon_maker_flip(m, FIRST_SEGMENT, (off_t)at + 80);
		EXPECT_STATUS(E_CORRUPT, read_again(m, &seen, &report));
		cr_assert_eq(report.bad_index, i, "entry %u, named %lu", i, (unsigned long)report.bad_index);
		EXPECT_OK(file_replace_at(m->dirfd, FIRST_SEGMENT, buf_str(&whole), 0600));
		daemon_maker_flip(m, FIRST_SEGMENT, (off_t)at - 20);
		EXPECT_STATUS(E_CORRUPT, read_again(m, &seen, &report));
		cr_assert_eq(report.bad_index, i, "prev of %u, named %lu", i, (unsigned long)report.bad_index);
	}
	daemon_maker_free(m);
}

Test(wal, a_missing_or_foreign_segment_is_refused)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;

	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 40);
	cr_assert_geq(count_segments(m), 3u);
	daemon_maker_flip(m, "wal/0000000001", 40);
	EXPECT_STATUS(E_CORRUPT, read_again(m, &seen, &report));
	daemon_maker_flip(m, "wal/0000000001", 40);
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(unlinkat(m->dirfd, "wal/0000000001", 0), 0);
	EXPECT_STATUS(E_CORRUPT, read_again(m, &seen, &report));
	daemon_maker_free(m);
}

Test(wal, records_at_the_end_of_an_earlier_segment_may_not_be_missing)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;

	for (size_t i = 0; i < 40; i++)
		daemon_maker_append(m, 40);
	cr_assert_geq(count_segments(m), 2u);
	daemon_maker_tear(m, FIRST_SEGMENT, end_of_log(m, FIRST_SEGMENT) - 1000);
	EXPECT_STATUS(E_CORRUPT, read_again(m, &seen, &report));
	cr_assert_gt(report.bad_index, 0u);
	daemon_maker_free(m);
}

Test(wal, a_symlink_in_the_place_of_the_directory_or_a_segment_is_not_followed)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;

	daemon_maker_append(m, 1);
	cr_assert_eq(renameat(m->dirfd, FIRST_SEGMENT, m->dirfd, "elsewhere"), 0);
	cr_assert_eq(symlinkat("../elsewhere", m->dirfd, FIRST_SEGMENT), 0);
	cr_assert_neq(read_again(m, &seen, &report), OK);
	daemon_maker_free(m);
}

Test(wal, segments_below_what_is_covered_go_and_readers_keep_what_they_hold)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct wal_report report;
	struct seen seen;
	uint64_t first = 0, next = 0;
	size_t before;

	for (size_t i = 0; i < 60; i++)
		daemon_maker_append(m, 40);
	before = count_segments(m);
	EXPECT_OK(wal_prune(m->wal, 256));
	cr_assert_eq(count_segments(m), before, "the first segment has entries past 256");
	EXPECT_OK(wal_prune(m->wal, m->tip.tree.size));
	cr_assert_eq(count_segments(m), 1u);
	cr_assert(wal_range(m->wal, &first, &next));
	cr_assert_gt(first, 0u);
	cr_assert_eq(next, m->tip.tree.size);
	EXPECT_STATUS(E_NOT_FOUND, wal_read(m->wal, first - 1, &line));
	EXPECT_OK(wal_read(m->wal, first, &line));
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(report.first, first);
	cr_assert_eq(seen.count, next);
	daemon_maker_free(m);
}

Test(wal, each_failing_call_of_a_commit_is_reported_and_the_log_reads_whole_afterwards)
{
	struct daemon_maker_fault *const calls[] = { &daemon_maker_pwrite, &daemon_maker_fdatasync };

	for (size_t i = 0; i < 4; i++) {
		struct daemon_maker *m = daemon_maker_new(SMALL);
		struct daemon_maker_fault *fault = calls[i / 2];
		struct wal_report report;
		struct seen seen;

		daemon_maker_append(m, 3);
		*fault = (struct daemon_maker_fault){ .countdown = 1, .error = EIO, .after = i % 2 == 1 };
		EXPECT_STATUS(E_IO, daemon_maker_try(m, 2));
		EXPECT_OK(wal_scan(m->wal, true, &report));
		seen = (struct seen){ 0 };
		EXPECT_OK(wal_replay(m->wal, see, &seen, &report));
		cr_assert(report.next == 3 || report.next == 5);
		EXPECT_OK(wal_start(m->wal, true));
		cr_assert_eq(count_segments(m), 2u, "after a fault nothing more goes into that file");
		daemon_maker_free(m);
	}
}

Test(wal, a_removed_or_shortened_file_is_a_fault)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);

	daemon_maker_append(m, 1);
	cr_assert_eq(unlinkat(m->dirfd, FIRST_SEGMENT, 0), 0);
	EXPECT_STATUS(E_IO, daemon_maker_try(m, 1));
	daemon_maker_free(m);
}

Test(wal, another_file_in_the_place_of_the_segment_is_a_fault)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);

	daemon_maker_append(m, 1);
	cr_assert_eq(renameat(m->dirfd, FIRST_SEGMENT, m->dirfd, "wal/away"), 0);
	EXPECT_STATUS(E_IO, daemon_maker_try(m, 1));
	cr_assert_eq(symlinkat("away", m->dirfd, FIRST_SEGMENT), 0);
	EXPECT_STATUS(E_IO, daemon_maker_try(m, 1));
	daemon_maker_free(m);
}

Test(wal, interrupted_and_short_writes_are_invisible)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);

	daemon_maker_pwrite = (struct daemon_maker_fault){ .countdown = 1, .error = EINTR };
	daemon_maker_append(m, 3);
	cr_assert_eq(m->tip.tree.size, 3u);
	daemon_maker_free(m);
}

Test(wal, a_full_disk_is_told_before_anything_is_written_and_ends_by_itself)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;
	enum status st = OK;

	daemon_maker_fallocate = (struct daemon_maker_fault){ .countdown = 1, .error = ENOSPC, .sticky = true };
	while (st == OK)
		st = daemon_maker_try(m, 40);
	EXPECT_STATUS(E_LIMITED, st);
	EXPECT_STATUS(E_LIMITED, wal_reserve(m->wal));
	/* What is kept for the log's own words still has room. */
	EXPECT_OK(wal_prepare(m->wal, 1024, true));
	daemon_maker_fallocate.countdown = 0;
	EXPECT_OK(wal_reserve(m->wal));
	daemon_maker_append(m, 40);
	EXPECT_OK(read_again(m, &seen, &report));
	cr_assert_eq(seen.count, m->tip.tree.size);
	daemon_maker_free(m);
}

Test(wal, a_start_on_a_full_disk_keeps_the_room_that_it_has)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_report report;
	struct seen seen;

	daemon_maker_append(m, 3);
	daemon_maker_disk_full = true;
	EXPECT_OK(read_again(m, &seen, &report));
	daemon_maker_append(m, 3);
	cr_assert_eq(count_segments(m), 1u);
	daemon_maker_free(m);
}

Test(wal, space_is_left_free_for_others)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);
	struct wal_options opt = {
		.dirfd = m->dirfd, .origin = daemon_maker_origin(), .segment_bytes = SMALL, .keep_free = UINT64_MAX
	};
	struct wal_report report;

	wal_free(m->wal);
	m->wal = NULL;
	EXPECT_OK(wal_new(&opt, &m->wal));
	EXPECT_OK(wal_scan(m->wal, false, &report));
	EXPECT_STATUS(E_LIMITED, wal_reserve(m->wal));
	daemon_maker_free(m);
}

Test(wal, records_larger_than_a_segment_takes_are_refused)
{
	struct daemon_maker *m = daemon_maker_new(SMALL);

	EXPECT_STATUS(E_INVALID, wal_prepare(m->wal, wal_record_most(m->wal) + 1, false));
	EXPECT_OK(wal_prepare(m->wal, wal_record_most(m->wal), false));
	daemon_maker_free(m);
}
