/* log_maker.h: for tests, a published log of a few entries in a directory of its own, signed with a key made for it. */
#ifndef TESTS_UNIT_LOG_MAKER_H
#define TESTS_UNIT_LOG_MAKER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/core/checkpoint.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/merkle.h"
#include "auditlog/core/tile.h"
#include "tests/unit/expect.h"

#define LOG_MAKER_ORIGIN      "log.example.org/ombud"
#define LOG_MAKER_ENTRIES_MAX 520
#define LOG_MAKER_FIRST_US    INT64_C(1795300000000000)
/* Between entries. */
#ifndef LOG_MAKER_STEP_US
#define LOG_MAKER_STEP_US 1
#endif

struct log_maker {
	char dir[64];
	int dirfd;
	struct note_signer *signer;
	struct buf vkey;
	uint64_t size;
	struct buf line[LOG_MAKER_ENTRIES_MAX];
	struct hash leaf[LOG_MAKER_ENTRIES_MAX];
	struct merkle tree;
	struct buf tile[2]; /* hashes of the unfinished tiles of levels 0 and 1, all of them in a row */
};

static UNUSED void
log_maker_write(struct log_maker *m, const struct tile *t, struct str bytes)
{
	CLEANUP(buf_clear) struct buf path = { 0 };
	char *slash;

	tile_put_path(&path, t);
	buf_put_char(&path, '\0');
	EXPECT_OK(buf_status(&path));
	slash = strrchr(path.p, '/');
	*slash = '\0';
	EXPECT_OK(file_make_dirs_at(m->dirfd, path.p, 0755));
	*slash = '/';
	EXPECT_OK(file_replace_at(m->dirfd, path.p, bytes, 0644));
}

static UNUSED enum status
log_maker_sink(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct log_maker *m = ctx;

	(void)index;
	buf_put(&m->tile[level], hash_str(h));
	return OK;
}

/* auth.login of one service and nobody. */
static UNUSED void
log_maker_add(struct log_maker *m)
{
	CLEANUP(buf_clear) struct buf fragment = { 0 };
	struct hash none = { 0 };
	const struct hash *prev = m->size ? &m->leaf[m->size - 1] : &none;
	struct entry e = { .id = uuid_new(), .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("svc_portal") } };
	struct buf *line = &m->line[m->size];

	EXPECT_OK(entry_encode_fragment(&e, &fragment));
	EXPECT_OK(entry_compose(prev, m->size, LOG_MAKER_FIRST_US + (int64_t)m->size * LOG_MAKER_STEP_US,
				buf_str(&fragment), line));
	m->leaf[m->size] = hash_leaf(buf_str(line));
	EXPECT_OK(merkle_add(&m->tree, &m->leaf[m->size], log_maker_sink, m));
	m->size++;
}

static UNUSED void
log_maker_write_bundles(struct log_maker *m)
{
	for (uint64_t n = 0; n * TILE_WIDTH < m->size; n++) {
		CLEANUP(buf_clear) struct buf bundle = BUF(TILE_BUNDLE_MAX);
		struct tile t = { .kind = TILE_ENTRIES, .index = n };

		for (uint64_t i = n * TILE_WIDTH; i < m->size && t.width < TILE_WIDTH; i++, t.width++)
			EXPECT_OK(tile_put_entry(&bundle, buf_str(&m->line[i])));
		log_maker_write(m, &t, buf_str(&bundle));
	}
}

static UNUSED void
log_maker_write_tiles(struct log_maker *m)
{
	for (unsigned level = 0; level < 2; level++) {
		struct str rest = buf_str(&m->tile[level]);

		for (uint64_t n = 0; rest.n; n++) {
			size_t bytes = rest.n < TILE_BYTES ? rest.n : TILE_BYTES;
			struct tile t = { TILE_HASHES, level, n, (unsigned)(bytes / HASH_LEN) };

			log_maker_write(m, &t, str_slice(rest, 0, bytes));
			rest = str_slice(rest, bytes, rest.n);
		}
	}
}

/* The checkpoint of what has been added, signed now. */
static UNUSED void
log_maker_checkpoint(struct log_maker *m, struct buf *out)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	CLEANUP(buf_clear) struct buf line = { 0 };
	struct checkpoint c = { .origin = STR(LOG_MAKER_ORIGIN), .size = m->size, .root = merkle_root(&m->tree) };

	checkpoint_put(&text, &c);
	EXPECT_OK(note_sign(m->signer, buf_str(&text), 0, &line));
	EXPECT_OK(note_join(out, buf_str(&text), buf_str(&line)));
}

/* A log of `size` entries. Free with log_maker_free(). */
static UNUSED struct log_maker *
log_maker_new(uint64_t size)
{
	struct log_maker *m = calloc(1, sizeof(*m));
	CLEANUP(secret_clear) struct secret key = { 0 };
	CLEANUP(buf_clear) struct buf note = { 0 };

	snprintf(m->dir, sizeof(m->dir), "/tmp/log_maker.XXXXXX");
	cr_assert_not_null(mkdtemp(m->dir));
	m->dirfd = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_OK(note_signer_generate(STR(LOG_MAKER_ORIGIN), NOTE_ED25519, &key));
	EXPECT_OK(note_signer_new(secret_str(&key), &m->signer));
	note_put_vkey(&m->vkey, note_signer_key(m->signer));
	while (m->size < size)
		log_maker_add(m);
	log_maker_write_bundles(m);
	log_maker_write_tiles(m);
	log_maker_checkpoint(m, &note);
	EXPECT_OK(file_replace_at(m->dirfd, "checkpoint", buf_str(&note), 0644));
	return m;
}

static UNUSED void
log_maker_free(struct log_maker *m)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", m->dir);
	cr_assert_eq(system(command), 0);
	for (uint64_t i = 0; i < m->size; i++)
		buf_clear(&m->line[i]);
	buf_clear(&m->tile[0]);
	buf_clear(&m->tile[1]);
	buf_clear(&m->vkey);
	note_signer_free(m->signer);
	close(m->dirfd);
	free(m);
}

#endif
