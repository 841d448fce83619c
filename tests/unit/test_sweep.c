/* test_sweep.c: a sweep sees every single flipped bit of a small log, and every cut, and says where. */
#include "auditlog/tool/sweep.h"

#include "tests/unit/log_maker.h"

struct fixture {
	struct log_maker *log;
	struct target_options options;
	char *key;
};

static struct fixture
fixture_with(uint64_t size)
{
	struct fixture f = { .log = log_maker_new(size) };

	EXPECT_OK(buf_to_cstr(&f.log->vkey, &f.key));
	f.options.keys.item[f.options.keys.n++] = f.key;
	return f;
}

static void
fixture_end(struct fixture *f)
{
	log_maker_free(f->log);
	free(f->key);
}

/* Everything that verify does with a directory but for stray files. found is filled; the exit status. */
static enum cli_exit
sweep_log(const struct fixture *f, unsigned jobs, bool whole, struct findings *found)
{
	struct target *t = calloc(1, sizeof(*t));
	struct sweep s = { .target = t, .jobs = jobs, .look = { .whole = whole } };
	struct sweep_result r;

	memset(found, 0, sizeof(*found));
	cr_assert_eq(target_open(t, "test", f->log->dir, &f->options, found), -1);
	if (findings_none(found))
		EXPECT_OK(sweep_run(&s, &r, found));
	target_clear(t);
	free(t);
	return findings_exit(found);
}

static void
expect_place(const struct findings *found, const char *place)
{
	cr_assert(found->kept > 0);
	cr_assert_str_eq(found->item[0].place, place);
}

/* Without the syncs of file_replace_at(), of which thousands would be felt. */
static void
overwrite(struct fixture *f, const char *file, struct str bytes)
{
	int fd = openat(f->log->dirfd, file, O_WRONLY | O_TRUNC | O_CLOEXEC);

	cr_assert(fd >= 0);
	EXPECT_OK(file_write_all(fd, bytes.p, bytes.n));
	close(fd);
}

/* Sweeps the log with other bytes in one file. */
static void
with_bytes(struct fixture *f, const char *file, struct str bytes, enum cli_exit want, const char *what, size_t at)
{
	struct findings found;
	enum cli_exit got;

	overwrite(f, file, bytes);
	got = sweep_log(f, 1, false, &found);
	cr_assert_eq(got, want, "%s %s at %zu: exit %d", file, what, at, (int)got);
}

static void
every_bit_of(struct fixture *f, const char *file)
{
	CLEANUP(buf_clear) struct buf bytes = { 0 };

	EXPECT_OK(file_read_at(f->log->dirfd, file, &bytes));
	for (size_t bit = 0; bit < bytes.n * 8; bit++) {
		bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ (1 << bit % 8));
		with_bytes(f, file, buf_str(&bytes), CLI_DOES_NOT, "bit flipped", bit);
		bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ (1 << bit % 8));
	}
	with_bytes(f, file, buf_str(&bytes), CLI_HOLDS, "put back", 0);
}

static void
every_cut_of(struct fixture *f, const char *file)
{
	CLEANUP(buf_clear) struct buf bytes = { 0 };

	EXPECT_OK(file_read_at(f->log->dirfd, file, &bytes));
	for (size_t n = 0; n < bytes.n; n++)
		with_bytes(f, file, str_slice(buf_str(&bytes), 0, n), CLI_DOES_NOT, "cut", n);
	with_bytes(f, file, buf_str(&bytes), CLI_HOLDS, "put back", 0);
}

static const char *const files[] = { "checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2" };

Test(sweep, every_flipped_bit_is_found)
{
	struct fixture f = fixture_with(2);

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		every_bit_of(&f, files[i]);
	fixture_end(&f);
}

Test(sweep, every_cut_is_found)
{
	struct fixture f = fixture_with(2);

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		every_cut_of(&f, files[i]);
	fixture_end(&f);
}

Test(sweep, whole_logs_hold_with_any_number_of_threads)
{
	static const uint64_t sizes[] = { 0, 1, 2, 255, 256, 257, 511, 512, 520 };
	struct findings found;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct fixture f = fixture_with(sizes[i]);

		for (unsigned jobs = 1; jobs <= 3; jobs++)
			cr_assert_eq(sweep_log(&f, jobs, jobs == 2, &found), CLI_HOLDS, "size %u, %u threads: %s",
				     (unsigned)sizes[i], jobs, found.item[0].what);
		fixture_end(&f);
	}
}

Test(sweep, a_bad_entry_is_named_whether_skimmed_or_read)
{
	struct fixture f = fixture_with(520);
	CLEANUP(buf_clear) struct buf bundle = { 0 };
	struct findings found;
	char *at;

	EXPECT_OK(file_read_at(f.log->dirfd, "tile/entries/001", &bundle));
	at = memmem(bundle.p, bundle.n, "\"index\":300,", 12);
	cr_assert_not_null(at);
	at[-30] = at[-30] == 'A' ? 'B' : 'A'; /* within its prev */
	EXPECT_OK(file_replace_at(f.log->dirfd, "tile/entries/001", buf_str(&bundle), 0644));
	for (unsigned jobs = 1; jobs <= 2; jobs++) {
		cr_assert_eq(sweep_log(&f, jobs, jobs == 2, &found), CLI_DOES_NOT);
		expect_place(&found, "entry 300");
	}
	fixture_end(&f);
}

Test(sweep, a_wrong_tile_is_told_from_a_wrong_entry)
{
	struct fixture f = fixture_with(520);
	CLEANUP(buf_clear) struct buf tile = { 0 };
	struct findings found;

	EXPECT_OK(file_read_at(f.log->dirfd, "tile/0/001", &tile));
	tile.p[7 * HASH_LEN] ^= 1;
	EXPECT_OK(file_replace_at(f.log->dirfd, "tile/0/001", buf_str(&tile), 0644));
	cr_assert_eq(sweep_log(&f, 1, false, &found), CLI_DOES_NOT);
	expect_place(&found, "tile/0/001");
	cr_assert_eq(found.bad, 1);
	fixture_end(&f);
}

Test(sweep, a_missing_bundle_hides_nothing_behind_it)
{
	struct fixture f = fixture_with(520);
	CLEANUP(buf_clear) struct buf tile = { 0 };
	struct findings found;

	cr_assert_eq(unlinkat(f.log->dirfd, "tile/entries/000", 0), 0);
	EXPECT_OK(file_read_at(f.log->dirfd, "tile/1/000.p/2", &tile));
	tile.p[HASH_LEN] ^= 1;
	EXPECT_OK(file_replace_at(f.log->dirfd, "tile/1/000.p/2", buf_str(&tile), 0644));
	cr_assert_eq(sweep_log(&f, 1, false, &found), CLI_DOES_NOT);
	cr_assert_eq(found.bad, 2);
	expect_place(&found, "tile/entries/000");
	cr_assert_str_eq(found.item[1].place, "tile/1/000.p/2");
	fixture_end(&f);
}

Test(sweep, roots_of_earlier_sizes_are_those_of_the_tree_then)
{
	static const uint64_t sizes[] = { 0, 1, 3, 255, 256, 257, 511, 512, 519, 520 };
	struct fixture f = fixture_with(520);
	struct target *t = calloc(1, sizeof(*t));
	struct sweep_mark mark[ARRAY_LEN(sizes)] = { 0 };
	struct sweep s = { .target = t, .jobs = 1, .marks = mark, .mark_count = ARRAY_LEN(sizes) };
	struct findings found = { 0 };
	struct sweep_result r;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		mark[i].size = sizes[i];
	cr_assert_eq(target_open(t, "test", f.log->dir, &f.options, &found), -1);
	EXPECT_OK(sweep_run(&s, &r, &found));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct merkle tree = { 0 };
		struct hash root;

		for (uint64_t n = 0; n < sizes[i]; n++)
			EXPECT_OK(merkle_add(&tree, &f.log->leaf[n], NULL, NULL));
		root = merkle_root(&tree);
		cr_assert(mark[i].reached && hash_eq(&mark[i].root, &root), "size %u", (unsigned)sizes[i]);
	}
	target_clear(t);
	free(t);
	fixture_end(&f);
}
