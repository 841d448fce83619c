#include "auditlog/daemon/prune.h"

#include "auditlog/client/logread.h"
#include "auditlog/daemon/prune_files.h"
#include "auditlog/daemon/publish.h"
#include "auditlog/daemon/scrub.h"
#include "tests/unit/signer_maker.h"
#include "tests/unit/writer_maker.h"

#define RETENTION_US (100 * DAY_US)
#define WINDOW       64

struct fixture {
	struct writer_maker *w;
	struct signer_maker *signer;
	struct msg_client *client;
	struct heads *heads;
	struct publish *publish;
	struct prune *prune;
	struct prune_parts parts;
};

/* As after a start. */
static void
open_prune(struct fixture *f)
{
	prune_free(f->prune);
	f->prune = NULL;
	EXPECT_OK(prune_new(&f->parts, &f->prune));
}

static struct fixture
fixture_new(void)
{
	struct fixture f = { .w = writer_maker_new(WAL_SEGMENT_LEAST), .signer = signer_maker_new() };
	struct publish_parts parts = { .dirfd = f.w->place->dirfd,
				       .wal = f.w->place->wal,
				       .progress = f.w->progress,
				       .signer_wait_us = 10 * SECOND_US };

	signer_maker_start(f.signer);
	EXPECT_OK(msg_client_new(f.signer->socket, &f.client));
	EXPECT_OK(heads_new(f.w->place->dirfd, &f.heads));
	parts.signer = f.client;
	parts.heads = f.heads;
	parts.key = f.signer->key;
	EXPECT_OK(publish_new(&parts, &f.publish));
	f.parts = (struct prune_parts){ .dirfd = f.w->place->dirfd,
					.wal = f.w->place->wal,
					.queue = f.w->queue,
					.ids = f.w->ids,
					.retention_us = RETENTION_US,
					.window = WINDOW };
	return f;
}

static void
fixture_free(struct fixture *f)
{
	prune_free(f->prune);
	publish_free(f->publish);
	heads_free(f->heads);
	msg_client_free(f->client);
	signer_maker_free(f->signer);
	writer_maker_free(f->w);
}

static uint64_t
size_of(const struct fixture *f)
{
	return progress_size(f->w->progress);
}

static void
publish(struct fixture *f)
{
	EXPECT_OK(publish_once(f->publish));
}

/* Entries that were written so many days ago, one a microsecond. */
static void
append_aged(struct fixture *f, int days, size_t count)
{
	struct daemon_maker *place = f->w->place;
	int64_t at = clock_now_us() - days * DAY_US;

	sequence_tip(f->w->sequence, &place->tip);
	if (at > place->tip.time_us)
		place->tip.time_us = at;
	for (size_t n = 0; count > 0; count -= n) {
		n = count < 50 ? count : 50;
		daemon_maker_append(place, n);
	}
	sequence_restart(f->w->sequence, &place->tip);
	publish(f);
}

/* What the other threads do between two steps. */
static void
step(struct fixture *f)
{
	prune_step(f->prune, heads_size(f->heads), clock_now_us());
	(void)!writer_maker_batch(f->w);
}

/* A year and more of entries; the newest are of now. */
static void
fill(struct fixture *f)
{
	append_aged(f, 400, 1000);
	append_aged(f, 300, 600);
	append_aged(f, 130, 600);
	append_aged(f, 40, 600);
	append_aged(f, 0, 1200);
}

/* Steps until nothing more happens: an entry is waited for a second at most. */
static void
run(struct fixture *f)
{
	for (int i = 0; i < 14; i++) {
		step(f);
		publish(f);
		(void)usleep(100 * 1000);
	}
}

static bool
there(const struct fixture *f, const char *path)
{
	return faccessat(f->w->place->dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
bundle_there(const struct fixture *f, uint64_t n, enum tile_kind kind)
{
	const struct tile t = { .kind = kind, .index = n, .width = TILE_WIDTH };
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);

	tile_put_path(&path, &t);
	buf_put_char(&path, '\0');
	return there(f, path.p);
}

static void
read_entry(struct logread *r, uint64_t index, uint64_t size, struct entry_view *view)
{
	static char kept[2][ENTRY_MAX];
	static int turn;
	struct str line = { 0 };

	EXPECT_OK(logread_entry(r, index, size, &line));
	turn = !turn;
	memcpy(kept[turn], line.p, line.n);
	EXPECT_OK(entry_parse(str_from(kept[turn], line.n), view));
}

/* Everything that a pruned log promises; the minimum. */
static uint64_t
expect_pruned(struct fixture *f)
{
	CLEANUP(logread_freep) struct logread *r = NULL;
	struct pruned p = { 0 };
	struct pruned_facts facts = { 0 };
	struct entry_view said = { 0 }, first = { 0 };
	struct hash root = { 0 };
	uint64_t size = size_of(f);
	struct tip tip;

	sequence_tip(f->w->sequence, &tip);
	root = merkle_root(&tip.tree);
	EXPECT_OK(logread_open_at(f->w->place->dirfd, &r));
	EXPECT_OK(logread_pruned(r, &p));
	cr_assert_gt(p.minimum, 0u);
	read_entry(r, p.entry, size, &said);
	read_entry(r, p.minimum, size, &first);
	EXPECT_OK(pruned_get_facts(&said, &facts));
	cr_assert_geq(facts.minimum, p.minimum);
	cr_assert(pruned_was_due(&facts, &said, &first));
	for (uint64_t n = 0; n < size / TILE_WIDTH; n++) {
		cr_assert_eq(bundle_there(f, n, TILE_ENTRIES), n * TILE_WIDTH >= p.minimum, "bundle %lu", n);
		cr_assert(bundle_there(f, n, TILE_HASHES), "hash tile %lu", n);
	}
	for (uint64_t i = 0; i < size; i += 97) {
		struct proof path = { 0 };
		struct hash leaf = { 0 };

		EXPECT_OK(logread_leaf(r, i, size, &leaf));
		EXPECT_OK(logread_inclusion(r, i, size, &path));
		EXPECT_OK(proof_check_inclusion(&path, i, size, &leaf, &root));
	}
	return p.minimum;
}

Test(prune, what_is_older_than_the_retention_goes_by_whole_bundles_and_every_proof_stays)
{
	struct fixture f = fixture_new();
	uint64_t minimum;

	fill(&f);
	open_prune(&f);
	run(&f);
	minimum = expect_pruned(&f);
	/* 2,200 entries are older than 100 days; the first that is kept is old enough as well. */
	cr_assert_eq(minimum, 2200 / TILE_WIDTH * TILE_WIDTH);
	cr_assert_eq(prune_minimum(f.prune), minimum);
	fixture_free(&f);
}

Test(prune, it_is_off_unless_a_retention_is_set)
{
	struct fixture f = fixture_new();

	fill(&f);
	f.parts.retention_us = 0;
	open_prune(&f);
	run(&f);
	cr_assert_not(there(&f, PRUNED_FILE));
	cr_assert(bundle_there(&f, 0, TILE_ENTRIES));
	cr_assert_eq(size_of(&f), 4000u);
	fixture_free(&f);
}

Test(prune, nothing_goes_before_a_checkpoint_covers_the_entry_that_says_so)
{
	struct fixture f = fixture_new();

	fill(&f);
	open_prune(&f);
	for (int i = 0; i < 3; i++) {
		step(&f);
		(void)usleep(600 * 1000);
	}
	cr_assert_eq(size_of(&f), 4001u, "the entry is durable");
	cr_assert_not(there(&f, PRUNED_FILE));
	cr_assert(bundle_there(&f, 0, TILE_ENTRIES));
	run(&f);
	(void)expect_pruned(&f);
	cr_assert_eq(size_of(&f), 4001u, "said once");
	fixture_free(&f);
}

Test(prune, where_witnesses_are_asked_nothing_goes_before_their_quorum)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf head = BUF(LOGREAD_CHECKPOINT_MAX);

	fill(&f);
	f.parts.witnessed = true;
	open_prune(&f);
	EXPECT_OK(beneath_read(f.parts.dirfd, HEADS_CHECKPOINT, &head));
	run(&f);
	cr_assert_not(there(&f, PRUNED_FILE), "no witness yet");
	EXPECT_OK(file_replace_at(f.parts.dirfd, HEADS_WITNESSED, buf_str(&head), 0644));
	run(&f);
	cr_assert_not(there(&f, PRUNED_FILE), "they saw the log as it was before the entry");
	buf_reset(&head);
	EXPECT_OK(beneath_read(f.parts.dirfd, HEADS_CHECKPOINT, &head));
	EXPECT_OK(file_replace_at(f.parts.dirfd, HEADS_WITNESSED, buf_str(&head), 0644));
	run(&f);
	(void)expect_pruned(&f);
	fixture_free(&f);
}

Test(prune, the_window_of_ids_before_the_write_ahead_log_stays_whatever_its_age)
{
	struct fixture f = fixture_new();
	uint64_t first = 0, next = 0;

	fill(&f);
	cr_assert(wal_range(f.parts.wal, &first, &next));
	f.parts.window = first - 600;
	open_prune(&f);
	run(&f);
	cr_assert_eq(expect_pruned(&f), 512u);
	f.parts.window = 4000;
	open_prune(&f);
	run(&f);
	cr_assert_eq(prune_minimum(f.prune), 512u);
	fixture_free(&f);
}

Test(prune, the_newest_month_and_the_one_before_it_stay_in_a_log_that_rests_for_years)
{
	struct fixture f = fixture_new();

	append_aged(&f, 900, 700);
	append_aged(&f, 800, 700);
	append_aged(&f, 700, 1300);
	open_prune(&f);
	run(&f);
	cr_assert_eq(expect_pruned(&f), 512u, "the month of the entries of 800 days ago begins with entry 700");
	fixture_free(&f);
}

Test(prune, a_start_finishes_what_was_begun_even_without_a_retention)
{
	struct fixture f = fixture_new();

	fill(&f);
	open_prune(&f);
	/* The file is there; before the first bundle went the power failed. */
	while (!there(&f, PRUNED_FILE)) {
		step(&f);
		publish(&f);
		(void)usleep(50 * 1000);
	}
	cr_assert(bundle_there(&f, 0, TILE_ENTRIES));
	/* And, as the disk may have had it, some of them are gone, not the first ones. */
	cr_assert_eq(unlinkat(f.parts.dirfd, "tile/entries/003", 0), 0);
	f.parts.retention_us = 0;
	open_prune(&f);
	step(&f);
	(void)expect_pruned(&f);
	fixture_free(&f);
}

Test(prune, before_the_file_a_crash_leaves_the_log_whole_and_the_entry_is_not_said_twice)
{
	struct fixture f = fixture_new();

	fill(&f);
	open_prune(&f);
	step(&f); /* decides */
	step(&f); /* says */
	cr_assert_eq(size_of(&f), 4001u);
	open_prune(&f);
	publish(&f);
	run(&f);
	(void)expect_pruned(&f);
	cr_assert_eq(size_of(&f), 4001u);
	fixture_free(&f);
}

Test(prune, a_log_is_pruned_again_when_more_is_old)
{
	struct fixture f = fixture_new();

	fill(&f);
	f.parts.retention_us = 350 * DAY_US;
	open_prune(&f);
	run(&f);
	cr_assert_eq(expect_pruned(&f), 768u);
	f.parts.retention_us = RETENTION_US;
	open_prune(&f);
	run(&f);
	cr_assert_eq(expect_pruned(&f), 2048u);
	fixture_free(&f);
}

Test(prune, a_damaged_minimum_index_is_refused)
{
	static const char *const wrong[] = { "",
					     "512",
					     "512\n",
					     "512\n9",
					     "512\n9\n",
					     "0\n900\n",
					     "500\n900\n",
					     "512\n0900\n",
					     "512\n900\n\n",
					     "-512\n900\n",
					     "99999999999999999999\n900\n" };
	struct fixture f = fixture_new();

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct prune *p = NULL;

		EXPECT_OK(file_replace_at(f.parts.dirfd, PRUNED_FILE, str_of(wrong[i]), 0644));
		EXPECT_STATUS(E_CORRUPT, prune_new(&f.parts, &p));
	}
	EXPECT_OK(file_replace_at(f.parts.dirfd, PRUNED_FILE, STR("512\n900\n"), 0644));
	open_prune(&f);
	cr_assert_eq(prune_minimum(f.prune), 512u);
	fixture_free(&f);
}

Test(prune, readers_inside_know_that_an_entry_is_kept_no_longer)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entries entries;
	struct scrub *scrub = NULL;
	uint64_t minimum, bad = 0, tiles = 0;
	enum status st;

	fill(&f);
	open_prune(&f);
	run(&f);
	minimum = expect_pruned(&f);
	EXPECT_OK(entries_open(&entries, f.parts.wal, f.parts.dirfd));
	EXPECT_STATUS(E_EXPIRED, entries_get(&entries, 0, &line));
	EXPECT_STATUS(E_EXPIRED, entries_get(&entries, minimum - 1, &line));
	EXPECT_OK(entries_get(&entries, minimum, &line));
	cr_assert_eq(unlinkat(f.parts.dirfd, "tile/entries/009", 0), 0);
	EXPECT_STATUS(E_CORRUPT, entries_get(&entries, 9 * TILE_WIDTH, &line));
	entries_close(&entries);
	EXPECT_OK(scrub_new(f.parts.dirfd, &scrub));
	while ((st = scrub_step(scrub, size_of(&f), &bad)) == OK)
		tiles++;
	EXPECT_STATUS(E_CORRUPT, st);
	cr_assert_eq(tiles, 9u);
	cr_assert_eq(bad, 9u * TILE_WIDTH);
	daemon_maker_flip(f.w->place, "tile/0/002", 40);
	while (scrub_step(scrub, size_of(&f), &bad) != E_END)
		;
	EXPECT_OK(scrub_step(scrub, size_of(&f), &bad));
	EXPECT_OK(scrub_step(scrub, size_of(&f), &bad));
	EXPECT_STATUS(E_CORRUPT, scrub_step(scrub, size_of(&f), &bad));
	scrub_free(scrub);
	fixture_free(&f);
}

/* ---- folders ---- */

static void
put_file(int dirfd, const char *path)
{
	char dir[128];

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	EXPECT_OK(file_make_dirs_at(dirfd, dir, 0755));
	EXPECT_OK(file_replace_at(dirfd, path, STR("x"), 0644));
}

Test(prune, of_the_folders_only_bundles_below_the_minimum_go)
{
	static const struct {
		const char *path;
		bool stays;
	} files[] = {
		{ "tile/entries/000", false },
		{ "tile/entries/999", false },
		{ "tile/entries/998.p/17", false },
		{ "tile/entries/x001/000", false },
		{ "tile/entries/x001/233", false },
		{ "tile/entries/x001/234", true },
		{ "tile/entries/x001/240.p/3", true },
		{ "tile/entries/x002/000", true },
		{ "tile/entries/x001/x233/999", true },
		{ "tile/entries/x000/x000/001", false },
		{ "tile/entries/note", true },
		{ "tile/0/000", true },
		{ "tile/0/x001/000", true },
		{ "checkpoint", true },
	};
	struct daemon_maker *m = daemon_maker_new(WAL_SEGMENT_LEAST);
	size_t removed = 0, rounds = 0, all = 0;
	enum status st;

	for (size_t i = 0; i < ARRAY_LEN(files) - 1; i++)
		put_file(m->dirfd, files[i].path);
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", STR("x"), 0644));
	/* One at a time, as a busy log does it in slices. */
	do {
		st = prune_files_below(m->dirfd, UINT64_C(1234) * TILE_WIDTH, 1, &removed);
		all += removed;
		cr_assert_lt(++rounds, 20u);
	} while (st == E_BUSY);
	EXPECT_OK(st);
	cr_assert_eq(all, 6u);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert_eq(faccessat(m->dirfd, files[i].path, F_OK, 0) == 0, files[i].stays, "%s", files[i].path);
	cr_assert_neq(faccessat(m->dirfd, "tile/entries/x000", F_OK, 0), 0, "an empty folder goes");
	daemon_maker_free(m);
}

Test(prune, no_folder_and_no_link_leads_out)
{
	struct daemon_maker *m = daemon_maker_new(WAL_SEGMENT_LEAST);
	size_t removed = 0;

	put_file(m->dirfd, "outside/000");
	put_file(m->dirfd, "tile/entries/300");
	cr_assert_eq(symlinkat("../../outside", m->dirfd, "tile/entries/x000"), 0);
	EXPECT_STATUS(E_IO, prune_files_below(m->dirfd, 256 * TILE_WIDTH, 100, &removed));
	cr_assert_eq(faccessat(m->dirfd, "outside/000", F_OK, 0), 0);
	daemon_maker_free(m);
}

Test(prune, an_empty_log_has_nothing_to_remove)
{
	struct daemon_maker *m = daemon_maker_new(WAL_SEGMENT_LEAST);
	size_t removed = 0;

	EXPECT_OK(prune_files_below(m->dirfd, 1024, 100, &removed));
	cr_assert_eq(removed, 0u);
	daemon_maker_free(m);
}
