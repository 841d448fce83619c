#include "auditlog/daemon/index.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "auditlog/base/log.h"
#include "auditlog/client/runs.h"
#include "auditlog/daemon/index_db.h"
#include "auditlog/daemon/index_list.h"
#include "auditlog/daemon/index_ring.h"

/* Between two commits: they cost the same whether they hold one entry or a thousand. */
#define COMMIT_US (SECOND_US / 5)
#define RETRY_US  (2 * SECOND_US)
/* Entries in one commit of catching up. */
#define CATCH_UP 4096

/* Entries [from, next) in a row. */
struct waiting {
	struct buf list;
	uint64_t from, next;
	size_t count;
};

struct index {
	struct index_options opt;
	struct index_db *db;
	struct index_ring *ring;
	struct entries entries; /* the thread's */

	pthread_mutex_t lock;
	pthread_cond_t change;
	struct waiting fed;   /* what the writer gave and nobody took yet */
	struct waiting taken; /* what is being written to index/ */
	uint64_t stored;      /* entries below are in index/ */
	bool stopping, running;
	pthread_t thread;
};

/* ---- life ---- */

/* Anything wrong with it is a reason to make it anew: all that it knows stands in the log. */
static enum status
open_db(struct index *ix)
{
	enum status st = index_db_open(ix->opt.dirfd, &ix->opt.origin, &ix->db);

	if (st == E_CORRUPT) {
		log_warn(st, "index.anew", "what=\"index/ is damaged or of another log\"");
		TRY(index_db_remove(ix->opt.dirfd));
		st = index_db_open(ix->opt.dirfd, &ix->opt.origin, &ix->db);
	}
	TRY(st);
	ix->stored = index_db_size(ix->db);
	return OK;
}

enum status
index_open(const struct index_options *opt, struct index **out)
{
	struct index *ix = calloc(1, sizeof(*ix));
	pthread_condattr_t attr;
	enum status st;

	if (ix == NULL)
		return E_NOMEM;
	ix->opt = *opt;
	(void)pthread_mutex_init(&ix->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&ix->change, &attr);
	(void)pthread_condattr_destroy(&attr);
	ix->fed.list = ix->taken.list = BUF((size_t)256 << 20);
	st = entries_open(&ix->entries, opt->wal, opt->dirfd);
	if (st == OK)
		st = open_db(ix);
	if (st == OK)
		st = index_ring_open(opt->dirfd, &ix->ring);
	if (st != OK) {
		index_free(ix);
		return st;
	}
	*out = ix;
	return OK;
}

void
index_free(struct index *ix)
{
	if (ix == NULL)
		return;
	(void)pthread_mutex_lock(&ix->lock);
	ix->stopping = true;
	(void)pthread_cond_signal(&ix->change);
	(void)pthread_mutex_unlock(&ix->lock);
	if (ix->running)
		(void)pthread_join(ix->thread, NULL);
	index_db_close(ix->db);
	index_ring_close(ix->ring);
	entries_close(&ix->entries);
	buf_clear(&ix->fed.list);
	buf_clear(&ix->taken.list);
	(void)pthread_cond_destroy(&ix->change);
	(void)pthread_mutex_destroy(&ix->lock);
	free(ix);
}

/* ---- the list of what waits ---- */

void
index_feed(struct index *ix, uint64_t first, struct batch_item *const *items, size_t count)
{
	struct waiting *w = &ix->fed;

	(void)pthread_mutex_lock(&ix->lock);
	/* A gap (a fault lay between), or too much: the thread will read the log itself. */
	if (w->next != first || w->count + count > INDEX_WAITING_MAX) {
		buf_reset(&w->list);
		w->from = first;
		w->count = 0;
	}
	for (size_t i = 0; i < count; i++)
		index_list_put(&w->list, first + i, items[i]);
	w->next = first + count;
	w->count += count;
	if (buf_status(&w->list) != OK) {
		buf_reset(&w->list);
		w->from = w->next;
		w->count = 0;
	}
	(void)pthread_mutex_unlock(&ix->lock);
}

/* ---- the thread: from memory into the database ---- */

/* The bytes of its tags are made here and not by the writer, for whom everybody waits. */
static enum status
store_known(struct index *ix, const struct index_known *k)
{
	uint8_t tags[ENTRY_ABOUT_MAX + 1][RUNS_KEY_LEN];
	const size_t count = k->tag_count < ENTRY_ABOUT_MAX ? k->tag_count : ENTRY_ABOUT_MAX;

	for (size_t i = 0; i < count; i++)
		if (decode_base64url_into(index_list_tag(k, i), tags[i], RUNS_KEY_LEN) != OK)
			memset(tags[i], 0, RUNS_KEY_LEN); /* spelt in a way that nobody can ask for */
	memcpy(tags[count], k->service_key, RUNS_KEY_LEN);
	TRY(index_ring_put(ix->ring, k->index, &k->id));
	return index_db_put(ix->db, k->index, &k->id, str_from(tags, sizeof(tags)), count + 1);
}

static enum status
store_list(struct index *ix, struct str list, uint64_t next)
{
	struct index_known k = { 0 };
	enum status st;

	index_db_begin(ix->db);
	while ((st = index_list_get(&list, &k)) == OK)
		TRY(store_known(ix, &k));
	TRY(st == E_END ? OK : st);
	/* The ring first: the index's size says how far the ring can be believed. */
	TRY(index_ring_sync(ix->ring));
	return index_db_commit(ix->db, next);
}

static void
set_stored(struct index *ix, uint64_t next)
{
	(void)pthread_mutex_lock(&ix->lock);
	ix->stored = next;
	buf_reset(&ix->taken.list);
	ix->taken.count = 0;
	(void)pthread_mutex_unlock(&ix->lock);
}

static enum status
store_taken(struct index *ix)
{
	enum status st = store_list(ix, buf_str(&ix->taken.list), ix->taken.next);

	if (st == OK)
		set_stored(ix, ix->taken.next);
	return st;
}

/* ---- the thread: from the log into the database ---- */

static enum status
read_known(struct index *ix, uint64_t index, struct buf *line, struct buf *list)
{
	struct entry_view view = { 0 };
	struct batch_item item = { 0 };

	buf_reset(line);
	TRY(entries_get(&ix->entries, index, line));
	TRY(entry_parse(buf_str(line), &view) == OK ? OK : E_CORRUPT);
	item.fragment = buf_str(line);
	item.id = view.entry.id;
	append_service_key(view.entry.by.service, item.service_key);
	item.tag_count = (uint16_t)view.entry.about_count;
	for (size_t i = 0; i < view.entry.about_count; i++)
		item.tag_at[i] = (uint16_t)(view.entry.about[i].tag.p - line->p);
	index_list_put(list, index, &item);
	return buf_status(list);
}

static enum status
catch_up(struct index *ix, uint64_t from, uint64_t to)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	CLEANUP(buf_clear) struct buf list = BUF((size_t)16 << 20);

	for (uint64_t i = from; i < to; i++)
		TRY(read_known(ix, i, &line, &list));
	TRY(store_list(ix, buf_str(&list), to));
	(void)pthread_mutex_lock(&ix->lock);
	ix->stored = to;
	(void)pthread_mutex_unlock(&ix->lock);
	return OK;
}

/* ---- the thread ---- */

/* What to do next: catch up over [from, to), or write what was taken (from == to), or nothing (E_END). */
static enum status
next_step(struct index *ix, uint64_t *from, uint64_t *to)
{
	enum status st = OK;

	(void)pthread_mutex_lock(&ix->lock);
	*from = *to = ix->stored;
	if (ix->taken.count > 0) {
		/* The last commit failed: once more. */
	} else if (ix->stored < ix->fed.from) {
		*to = ix->fed.from - ix->stored > CATCH_UP ? ix->stored + CATCH_UP : ix->fed.from;
	} else if (ix->fed.count > 0) {
		struct waiting empty = ix->taken;

		ix->taken = ix->fed;
		empty.from = empty.next = ix->taken.next;
		ix->fed = empty;
	} else {
		st = E_END;
	}
	(void)pthread_mutex_unlock(&ix->lock);
	return st;
}

static bool
pause_for(struct index *ix, int64_t us)
{
	int64_t at_us = clock_mono_us() + us;
	struct timespec at = { .tv_sec = at_us / SECOND_US, .tv_nsec = (at_us % SECOND_US) * 1000 };
	bool stopping;

	(void)pthread_mutex_lock(&ix->lock);
	while (!ix->stopping)
		if (pthread_cond_timedwait(&ix->change, &ix->lock, &at) != 0)
			break;
	stopping = ix->stopping;
	(void)pthread_mutex_unlock(&ix->lock);
	return stopping;
}

static void
report(struct index *ix, enum status st)
{
	bool good = st == OK || st == E_END;

	if (progress_trouble(ix->opt.progress, PROGRESS_INDEX, good ? NULL : "index/ cannot be written") && !good)
		log_error(st, "index.behind", "stored=%" PRIu64, ix->stored);
}

static void *
run(void *arg)
{
	struct index *ix = arg;
	bool stopping = false;

	for (;;) {
		uint64_t from = 0, to = 0;
		enum status st = next_step(ix, &from, &to);

		if (st == OK)
			st = from < to ? catch_up(ix, from, to) : store_taken(ix);
		if (st == OK)
			st = index_db_merge(ix->db);
		report(ix, st);
		if (stopping && (st != OK || from < to))
			return NULL;
		if (st == OK && from < to)
			continue;
		stopping = pause_for(ix, st == OK || st == E_END ? COMMIT_US : RETRY_US);
	}
}

uint64_t
index_stored(struct index *ix)
{
	uint64_t stored;

	(void)pthread_mutex_lock(&ix->lock);
	stored = ix->stored;
	(void)pthread_mutex_unlock(&ix->lock);
	return stored;
}

/* What is pruned is found no more: catching up begins with what is kept. */
static enum status
skip_pruned(struct index *ix)
{
	uint64_t minimum = 0;

	TRY(entries_minimum(&ix->entries, &minimum));
	if (ix->stored < minimum)
		ix->stored = minimum;
	return OK;
}

enum status
index_start(struct index *ix, uint64_t size)
{
	if (ix->stored > size) {
		log_warn(E_CORRUPT, "index.anew", "what=\"index/ knows more than the log has\"");
		TRY(index_db_empty(ix->db));
		ix->stored = 0;
	}
	TRY(skip_pruned(ix));
	ix->fed.from = ix->fed.next = size;
	if (pthread_create(&ix->thread, NULL, run, ix) != 0)
		return E_SYSTEM;
	ix->running = true;
	return OK;
}

/* ---- the window of idempotency ---- */

static enum status
load_from_entry(struct index *ix, uint64_t index, struct buf *line)
{
	struct entry_view view = { 0 };

	buf_reset(line);
	TRY(entries_get(&ix->entries, index, line));
	TRY(entry_parse(buf_str(line), &view) == OK ? OK : E_CORRUPT);
	return ids_put(ix->opt.ids, &view.entry.id, index);
}

enum status
index_load_ids(struct index *ix, uint64_t upto)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	uint64_t from = upto > IDS_WINDOW ? upto - IDS_WINDOW : 0;
	uint64_t ring_from = ix->stored > IDS_WINDOW ? ix->stored - IDS_WINDOW : 0;
	uint64_t minimum = 0;
	uint64_t ring_to = ix->stored < upto ? ix->stored : upto;

	/* Pruning leaves the window of a long log alone; a short one has no more than what is kept. */
	if (entries_minimum(&ix->entries, &minimum) == OK && minimum > from)
		from = minimum;
	ring_from = ring_from > from ? ring_from : from;
	if (ring_from < ring_to)
		TRY(index_ring_load(ix->ring, ring_from, ring_to, ix->opt.ids));
	for (uint64_t i = from > ring_to ? from : ring_to; i < upto; i++)
		TRY(load_from_entry(ix, i, &line));
	return OK;
}

/* ---- questions ---- */

/* A gap between what is stored or taken and what waits; with the lock. */
static bool
is_behind(const struct index *ix)
{
	return (ix->taken.count > 0 ? ix->taken.next : ix->stored) < ix->fed.from;
}

/* What memory has, oldest first. E_UNAVAILABLE when there is a gap between the database and memory. */
static enum status
gather_waiting(struct index *ix, struct str tag, const uint8_t key[RUNS_KEY_LEN], uint64_t before, uint64_t *last,
	       size_t limit, size_t *count, uint64_t *stored)
{
	enum status st = OK;

	(void)pthread_mutex_lock(&ix->lock);
	*stored = ix->stored;
	if (is_behind(ix))
		st = E_UNAVAILABLE;
	if (st == OK && ix->taken.count > 0)
		index_list_gather(buf_str(&ix->taken.list), tag, key, before, last, limit, count);
	if (st == OK)
		index_list_gather(buf_str(&ix->fed.list), tag, key, before, last, limit, count);
	(void)pthread_mutex_unlock(&ix->lock);
	return st;
}

enum status
index_by_tag(struct index *ix, struct str tag, uint64_t before, size_t limit, uint64_t *out, size_t *count)
{
	CLEANUP(freep) uint64_t *last = NULL;
	uint8_t bytes[16];
	uint64_t stored = 0;
	size_t n = 0, older = 0;

	TRY(decode_base64url_into(tag, bytes, sizeof(bytes)));
	last = calloc(limit, sizeof(*last));
	if (last == NULL)
		return E_NOMEM;
	TRY(gather_waiting(ix, tag, bytes, before, last, limit, &n, &stored));
	for (size_t i = 0; i < n; i++)
		out[i] = last[n - 1 - i];
	/* Entries between `stored` and now may be in the database by the time we ask: they were counted already. */
	if (n < limit)
		TRY(index_db_by_tag(ix->db, bytes, before < stored ? before : stored, limit - n, out + n, &older));
	*count = n + older;
	return OK;
}

enum status
index_by_id(struct index *ix, const struct uuid *id, uint64_t *out)
{
	bool behind;
	enum status st;

	(void)pthread_mutex_lock(&ix->lock);
	behind = is_behind(ix);
	(void)pthread_mutex_unlock(&ix->lock);
	st = index_db_by_id(ix->db, id, out);
	return st == E_NOT_FOUND && behind ? E_UNAVAILABLE : st;
}
