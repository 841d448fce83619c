#include "auditlog/daemon/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "auditlog/client/logread.h"
#include "auditlog/daemon/mend.h"
#include "auditlog/daemon/own.h"
#include "auditlog/daemon/publish_tiles.h"
#include "auditlog/daemon/rival.h"
#include "auditlog/daemon/scrub.h"
#include "auditlog/daemon/setup.h"
#include "auditlog/daemon/succession.h"

/* After something went wrong. */
#define RETRY_US (SECOND_US / 2)
/* Damaged tiles that were told; a disk with more of them needs no further entries. */
#define TOLD_MOST 64
/* How long the thread sleeps at most when nothing comes. */
#define IDLE_US (SECOND_US / 4)

struct publish {
	struct publish_parts parts;
	struct logread *log;
	struct publish_tiles *tiles;
	struct scrub *scrub;
	struct trust keys; /* the log's: more than one while and after it changes its key */
	struct succession *succession;
	uint64_t remembered;      /* by the signer, as far as we know */
	bool distrust;            /* a round has failed: what it wrote may not be durable */
	uint64_t told[TOLD_MOST]; /* entries that scrubbing found damaged and nobody could mend */
	size_t told_count;
};

/* ---- life ---- */

static enum status
open_succession(struct publish *p)
{
	const struct succession_parts parts = { .dirfd = p->parts.dirfd,
						.signer = p->parts.signer,
						.queue = p->parts.queue,
						.ids = p->parts.ids,
						.keys = &p->keys };

	return succession_new(&parts, &p->succession);
}

enum status
publish_new(const struct publish_parts *parts, struct publish **out)
{
	struct publish *p = calloc(1, sizeof(*p));
	enum status st;

	if (p == NULL)
		return E_NOMEM;
	p->parts = *parts;
	p->remembered = parts->published;
	if (p->parts.signer_wait_us == 0)
		p->parts.signer_wait_us = SECOND_US;
	st = logread_open_at(parts->dirfd, &p->log);
	if (st == OK)
		st = scrub_new(parts->dirfd, &p->scrub);
	if (st == OK)
		st = setup_load_keys(parts->dirfd, &parts->key, &p->keys);
	if (st == OK && parts->ids != NULL)
		st = open_succession(p);
	if (st != OK) {
		publish_free(p);
		return st;
	}
	progress_set_published(parts->progress, parts->published);
	*out = p;
	return OK;
}

void
publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	publish_tiles_free(p->tiles);
	succession_free(p->succession);
	scrub_free(p->scrub);
	logread_free(p->log);
	free(p);
}

/* ---- tiles ---- */

/*
 * The first entry that tiles have to be made from again: the write-ahead log holds it and everything after it. Entries
 * before it are in full tiles under a signed checkpoint, or their segment would still be there.
 */
static enum status
start_tiles(struct publish *p)
{
	struct hash_reader base = logread_hashes(p->log, p->parts.published);
	uint64_t first = 0, next = 0;

	if (p->tiles != NULL)
		return OK;
	if (!wal_range(p->parts.wal, &first, &next))
		return E_BUSY;
	first = (first + TILE_WIDTH - 1) / TILE_WIDTH * TILE_WIDTH;
	if (first > p->parts.published)
		return E_CORRUPT;
	TRY(publish_tiles_new(p->parts.dirfd, &base, first, &p->tiles));
	publish_tiles_distrust(p->tiles, p->distrust);
	return OK;
}

static enum status
add_entry(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	(void)index;
	(void)leaf;
	return publish_tiles_add(ctx, line);
}

/*
 * Everything is computed from what stands in the file, not handed over from memory: when both come to the same root,
 * what will be signed is what can be read.
 */
static enum status
derive(struct publish *p, const struct tip *tip)
{
	struct hash want = merkle_root(&tip->tree), got;

	TRY(start_tiles(p));
	TRY(wal_visit_range(p->parts.wal, publish_tiles_tree(p->tiles)->size, tip->tree.size, add_entry, p->tiles));
	got = merkle_root(publish_tiles_tree(p->tiles));
	return hash_eq(&want, &got) ? OK : E_CORRUPT;
}

/* ---- signature ---- */

/*
 * One question to the signer. *code as signing.h; for SIGNING_OTHER_SIZE *lines is the size. A signer that remembers
 * more than there is would refuse.
 */
static enum status
ask(struct publish *p, const struct merkle *tree, struct str text, unsigned *code, struct buf *lines)
{
	CLEANUP(buf_clear) struct buf request = BUF(SIGNING_REQUEST_MAX);
	struct proof proof = { 0 };

	if (p->remembered > tree->size) {
		*code = SIGNING_INCONSISTENT;
		return OK;
	}
	TRY(logread_consistency(p->log, p->remembered, tree->size, &proof));
	signing_put_request(&request, p->remembered, &proof, text);
	TRY(buf_status(&request));
	buf_reset(lines);
	return signing_ask_signature(p->parts.signer, buf_str(&request), p->parts.signer_wait_us, code, lines);
}

static bool
is_rival(const struct publish *p, const struct merkle *tree)
{
	const struct rival_question q = { .signer = p->parts.signer,
					  .wait_us = p->parts.signer_wait_us,
					  .origin = str_of(p->parts.key.name),
					  .log = p->log,
					  .tree = tree };

	return rival_signed(&q);
}

/* The signer may remember a tree that we never heard the signature of: it says which, and is asked again from there. */
static enum status
get_signature(struct publish *p, const struct merkle *tree, struct str text, struct buf *lines)
{
	unsigned code = 0;

	TRY(ask(p, tree, text, &code, lines));
	if (code == SIGNING_OTHER_SIZE) {
		TRY(str_to_u64(str_trim(buf_str(lines)), MERKLE_SIZE_MAX, &p->remembered) == OK ? OK : E_CORRUPT);
		TRY(ask(p, tree, text, &code, lines));
	}
	if (code == SIGNING_OK)
		return OK;
	log_error(E_DENIED, "publish.refused", "code=%u size=%" PRIu64, code, tree->size);
	return code == SIGNING_INCONSISTENT && is_rival(p, tree) ? E_CONFLICT : E_DENIED;
}

/* What goes out is checked as a reader would. */
static enum status
put_checkpoint(struct publish *p, struct str text, struct str lines)
{
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	struct checkpoint c = { 0 };

	TRY(note_join(&note, text, lines));
	TRY(checkpoint_open_any(buf_str(&note), &p->keys, &c, NULL) == OK ? OK : E_DENIED);
	return heads_put(p->parts.heads, c.size, buf_str(&note));
}

/* ---- one round ---- */

static enum status
sign_and_publish(struct publish *p, const struct merkle *tree)
{
	struct checkpoint c = { .origin = str_of(p->parts.key.name), .size = tree->size, .root = merkle_root(tree) };
	CLEANUP(buf_clear) struct buf text = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(buf_clear) struct buf lines = BUF(LOGREAD_CHECKPOINT_MAX);

	checkpoint_put(&text, &c);
	TRY(buf_status(&text));
	TRY(get_signature(p, tree, buf_str(&text), &lines));
	TRY(put_checkpoint(p, buf_str(&text), buf_str(&lines)));
	p->parts.published = p->remembered = tree->size;
	progress_set_published(p->parts.progress, tree->size);
	return OK;
}

/*
 * 1. full tiles and bundles  2. the partial ones of this size; all of them synced and read back  3. the signer compares
 * with what it signed last, remembers, signs  4. the checkpoint takes its place by rename  5. segments and partial
 * forms that nobody needs any more go. A crash between any two leaves the checkpoint of before, and every file that it
 * speaks of.
 */
enum status
publish_once(struct publish *p)
{
	struct tip tip;

	progress_get_tip(p->parts.progress, &tip);
	TRY(derive(p, &tip));
	if (tip.tree.size == p->parts.published)
		return OK;
	TRY(publish_tiles_flush(p->tiles));
	TRY(sign_and_publish(p, &tip.tree));
	TRY(wal_prune(p->parts.wal, tip.tree.size / TILE_WIDTH * TILE_WIDTH));
	return publish_tiles_tidy(p->tiles);
}

/* ---- the thread ---- */

static void
describe(const struct publish *p, enum status st, char *text, size_t n)
{
	if (st == E_UNAVAILABLE || st == E_TIMEOUT)
		(void)snprintf(text, n, "the signer does not answer: checkpoints are stale");
	else if (st == E_DENIED)
		(void)snprintf(text, n, "the signer refuses: checkpoints are stale");
	else if (st == E_CONFLICT)
		(void)snprintf(text, n, "the signer has signed another log under this key");
	else if (st == E_CORRUPT && p->tiles != NULL)
		(void)snprintf(text, n, "entry %" PRIu64 " is damaged in the published files",
			       publish_tiles_bad(p->tiles));
	else
		(void)snprintf(text, n, "nothing can be published: %s", status_name(st));
}

static void
report(struct publish *p, enum status st)
{
	char text[160];

	if (st == OK) {
		(void)progress_trouble(p->parts.progress, PROGRESS_PUBLISHER, NULL);
		return;
	}
	describe(p, st, text, sizeof(text));
	if (progress_trouble(p->parts.progress, PROGRESS_PUBLISHER, text))
		log_error(st, "publish.stale", "size=%" PRIu64 " what=\"%s\"", p->parts.published, text);
}

/* A builder that failed has half a tile in it: the next round begins again from the write-ahead log. */
static enum status
round_of(struct publish *p)
{
	enum status st = publish_once(p);

	report(p, st);
	if (st == OK && p->distrust) {
		p->distrust = false;
		publish_tiles_distrust(p->tiles, false);
	}
	if (st != OK && st != E_UNAVAILABLE && st != E_TIMEOUT && st != E_DENIED) {
		publish_tiles_free(p->tiles);
		p->tiles = NULL;
		/* R4 for directories: what failed to be synced is not synced again and believed, but written again. */
		p->distrust = true;
	}
	return st;
}

/* An entry of its own, if it can be had: the operator's log has it in any case. */
static void
put_on_record(const struct publish *p, uint64_t bad, bool mended)
{
	const struct entry_fact facts[] = {
		{ .name = STR("kind"), .text = STR("published_damage") },
		{ .name = STR("entry"), .number = bad },
		{ .name = STR("mended"), .text = mended ? STR("yes") : STR("no") },
	};
	struct batch_job *job = NULL;

	if (p->parts.queue == NULL || own_job(ENTRY_LOG_FAULT, facts, ARRAY_LEN(facts), &job) != OK)
		return;
	if (batch_put(p->parts.queue, job) != OK)
		free(job);
}

/* Each damaged place is told once and not each time round, or a few of them would fill the log. */
static bool
is_told(struct publish *p, uint64_t bad)
{
	for (size_t i = 0; i < p->told_count; i++)
		if (p->told[i] == bad)
			return true;
	if (p->told_count == TOLD_MOST)
		return true;
	p->told[p->told_count++] = bad;
	return false;
}

/* One tile per round. What rotted is made again while the write-ahead log has its entries; both is told once. */
static void
look_after_old_tiles(struct publish *p)
{
	uint64_t bad = 0;
	struct hash want = { 0 };
	bool mended;
	char text[160];

	if (scrub_step(p->scrub, p->parts.published, &bad) != E_CORRUPT)
		return;
	mended = scrub_want(p->scrub, bad / TILE_WIDTH, p->parts.published, &want) == OK &&
		 mend_tile(p->parts.dirfd, p->parts.wal, bad / TILE_WIDTH, &want) == OK;
	(void)snprintf(text, sizeof(text), "entry %" PRIu64 " is damaged in the published files", bad);
	if (!mended)
		(void)progress_trouble(p->parts.progress, PROGRESS_SCRUB, text);
	if (!mended && is_told(p, bad))
		return;
	log_error(E_CORRUPT, "scrub.damage", "entry=%" PRIu64 " mended=%s", bad, mended ? "yes" : "no");
	put_on_record(p, bad, mended);
}

void
publish_run(struct publish *p)
{
	while (!progress_stopping(p->parts.progress)) {
		int64_t start_us = clock_mono_us();
		enum status st = round_of(p);

		if (st == E_CONFLICT && p->parts.on_rival != NULL)
			p->parts.on_rival();
		look_after_old_tiles(p);
		if (p->succession != NULL)
			succession_step(p->succession, p->parts.published);
		if (st == OK && p->parts.prune != NULL)
			prune_step(p->parts.prune, p->parts.published, clock_now_us());
		progress_pause(p->parts.progress, start_us + (st == OK ? PUBLISH_INTERVAL_US : RETRY_US));
		progress_wait(p->parts.progress, p->parts.published, clock_mono_us() + IDLE_US);
	}
	(void)round_of(p);
}
