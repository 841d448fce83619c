#include "auditlog/client/logread.h"

#include "tests/unit/log_maker.h"

static void
expect_proofs_hold(struct logread *r, const struct log_maker *m)
{
	struct hash root = merkle_root(&m->tree);

	for (uint64_t i = 0; i < m->size; i += m->size < 40 ? 1 : 37) {
		struct proof p = { 0 };
		struct str line = { 0 };
		struct hash leaf = { 0 };

		EXPECT_OK(logread_inclusion(r, i, m->size, &p));
		EXPECT_OK(proof_check_inclusion(&p, i, m->size, &m->leaf[i], &root));
		EXPECT_OK(logread_entry(r, i, m->size, &line));
		EXPECT_STR(buf_str(&m->line[i]), line);
		EXPECT_OK(logread_leaf(r, i, m->size, &leaf));
		cr_assert(hash_eq(&leaf, &m->leaf[i]));
	}
}

Test(logread, entries_and_proofs_of_logs_of_any_size)
{
	static const uint64_t sizes[] = { 1, 2, 7, 255, 256, 257, 512, 519 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct log_maker *m = log_maker_new(sizes[i]);
		CLEANUP(logread_freep) struct logread *r = NULL;

		EXPECT_OK(logread_open(m->dir, &r));
		expect_proofs_hold(r, m);
		log_maker_free(m);
	}
}

Test(logread, consistency_between_any_two_sizes)
{
	struct log_maker *m = log_maker_new(519);
	CLEANUP(logread_freep) struct logread *r = NULL;
	struct hash root = merkle_root(&m->tree);
	struct merkle old = { 0 };

	EXPECT_OK(logread_open(m->dir, &r));
	for (uint64_t n = 0; n <= m->size; n++) {
		struct hash old_root = merkle_root(&old);
		struct proof p = { 0 };

		EXPECT_OK(logread_consistency(r, n, m->size, &p));
		EXPECT_OK(proof_check_consistency(&p, n, &old_root, m->size, &root));
		if (n < m->size)
			EXPECT_OK(merkle_add(&old, &m->leaf[n], NULL, NULL));
	}
	log_maker_free(m);
}

Test(logread, a_reader_of_an_older_size_falls_back_to_the_full_tile)
{
	struct log_maker *m = log_maker_new(300);
	CLEANUP(logread_freep) struct logread *r = NULL;
	struct tile t = { .kind = TILE_HASHES, .width = 17 };
	struct str bytes = { 0 }, line = { 0 };

	EXPECT_OK(logread_open(m->dir, &r));
	EXPECT_OK(logread_tile(r, &t, &bytes));
	cr_assert_eq(bytes.n, TILE_BYTES);
	EXPECT_OK(logread_entry(r, 16, 17, &line));
	EXPECT_STR(buf_str(&m->line[16]), line);
	t.index = 1;
	EXPECT_STATUS(E_NOT_FOUND, logread_tile(r, &t, &bytes));
	EXPECT_STATUS(E_INVALID, logread_entry(r, 300, 300, &line));
	log_maker_free(m);
}

Test(logread, a_proof_file_is_checked_by_who_has_the_key_and_the_entry)
{
	struct log_maker *m = log_maker_new(300);
	CLEANUP(logread_freep) struct logread *r = NULL;
	CLEANUP(buf_clear) struct buf checkpoint = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);
	struct proof_file file = { 0 };
	struct checkpoint c = { 0 };
	struct note_key key = { 0 };

	EXPECT_OK(note_parse_vkey(buf_str(&m->vkey), &key));
	EXPECT_OK(logread_open(m->dir, &r));
	EXPECT_OK(logread_checkpoint(r, &checkpoint));
	EXPECT_OK(logread_prove(r, 123, buf_str(&checkpoint), &text));
	EXPECT_OK(proof_parse_file(buf_str(&text), &file));
	EXPECT_OK(checkpoint_open(file.checkpoint, &key, &c, NULL));
	EXPECT_OK(proof_check_inclusion(&file.path, file.index, c.size, &m->leaf[123], &c.root));
	EXPECT_STATUS(E_INVALID, logread_prove(r, 300, buf_str(&checkpoint), &text));
	log_maker_free(m);
}

Test(logread, tiles_of_the_wrong_length_and_symlinks_are_refused)
{
	struct log_maker *m = log_maker_new(10);
	CLEANUP(logread_freep) struct logread *r = NULL;
	struct tile t = { .kind = TILE_HASHES, .width = 10 };
	struct str bytes = { 0 }, line = { 0 };

	EXPECT_OK(logread_open(m->dir, &r));
	EXPECT_OK(file_replace_at(m->dirfd, "tile/0/000.p/10", STR("short"), 0644));
	EXPECT_STATUS(E_CORRUPT, logread_tile(r, &t, &bytes));
	EXPECT_OK(file_replace_at(m->dirfd, "tile/entries/000.p/10",
				  STR("\x00\x05"
				      "abc"),
				  0644));
	EXPECT_STATUS(E_CORRUPT, logread_entry(r, 0, 10, &line));
	cr_assert_eq(renameat(m->dirfd, "tile", m->dirfd, "elsewhere"), 0);
	cr_assert_eq(symlinkat("elsewhere", m->dirfd, "tile"), 0);
	logread_forget(r);
	EXPECT_STATUS(E_DENIED, logread_tile(r, &t, &bytes));
	log_maker_free(m);
}

static enum status
endless(void *ctx, const char *path, struct buf *out)
{
	size_t *asked = ctx;

	(void)path;
	++*asked;
	for (size_t i = 0; i < LOGREAD_BUNDLE_MAX + 10; i++)
		buf_put_char(out, 'x');
	return buf_status(out);
}

Test(logread, a_source_that_never_stops_is_cut_off)
{
	size_t asked = 0;
	struct logread_source source = { endless, &asked };
	CLEANUP(logread_freep) struct logread *r = NULL;
	CLEANUP(buf_clear) struct buf checkpoint = BUF(LOGREAD_CHECKPOINT_MAX * 2);
	struct tile t = { .kind = TILE_HASHES, .width = 10 };
	struct str bytes = { 0 };

	EXPECT_OK(logread_open_source(source, &r));
	EXPECT_STATUS(E_CORRUPT, logread_tile(r, &t, &bytes));
	EXPECT_STATUS(E_TOO_LARGE, logread_checkpoint(r, &checkpoint));
	cr_assert_eq(asked, 2u);
}
