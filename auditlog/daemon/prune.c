#include "auditlog/daemon/prune.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"
#include "auditlog/base/log.h"
#include "auditlog/client/logread.h"
#include "auditlog/core/tagmap.h"
#include "auditlog/daemon/own.h"
#include "auditlog/daemon/prune_files.h"

/* How often it is looked whether something is old enough, and how long to wait for an entry or after a failure. */
#define LOOK_US  DAY_US
#define WAIT_US  SECOND_US
#define RETRY_US (60 * SECOND_US)
/* Bundles that one step removes: checkpoints go on in between. */
#define STEP_MOST 512

enum stage {
	RESTING,
	ANNOUNCED, /* a log.pruned entry was handed to the writer; not yet known to be under a checkpoint */
	REMOVING,
};

struct prune {
	struct prune_parts parts;
	struct logread *log;
	struct pruned done; /* as the file says */
	enum stage stage;
	struct pruned_facts facts; /* of what is announced */
	int64_t next_us;           /* clock_mono_us */
};

enum status
prune_new(const struct prune_parts *parts, struct prune **out)
{
	struct prune *p = calloc(1, sizeof(*p));
	enum status st;

	if (p == NULL)
		return E_NOMEM;
	p->parts = *parts;
	st = logread_open_at(parts->dirfd, &p->log);
	if (st == OK)
		st = logread_pruned(p->log, &p->done);
	if (st != OK) {
		prune_free(p);
		return st;
	}
	/* Perhaps it was begun and not finished. */
	p->stage = p->done.minimum > 0 ? REMOVING : RESTING;
	*out = p;
	return OK;
}

void
prune_free(struct prune *p)
{
	if (p == NULL)
		return;
	logread_free(p->log);
	free(p);
}

uint64_t
prune_minimum(const struct prune *p)
{
	return p->done.minimum;
}

/* ---- how much may go ---- */

/* What the entries at hand are: kept, and under the checkpoint. */
struct kept {
	struct prune *p;
	uint64_t first, end;
};

static enum status
time_of(const struct kept *k, uint64_t index, int64_t *us)
{
	struct entry_view view = { 0 };
	struct str line;

	TRY(logread_entry(k->p->log, index, k->end, &line));
	TRY(entry_parse(line, &view) == OK ? OK : E_CORRUPT);
	*us = view.time_us;
	return OK;
}

/* The first entry of the month of entry `index`, or the first that is kept. */
static enum status
month_start(const struct kept *k, uint64_t index, uint64_t *out)
{
	int64_t us = 0, from = 0, until = 0, at = 0;
	uint64_t low = k->first, high = index;

	TRY(time_of(k, index, &us));
	tagmap_month_bounds(tagmap_month_of(us), &from, &until);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		TRY(time_of(k, middle, &at));
		if (at < from)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Nothing at or above *limit may go, whatever its age. */
static enum status
find_limit(const struct kept *k, uint64_t *limit)
{
	const struct prune_parts *parts = &k->p->parts;
	uint64_t wal_first = 0, wal_next = 0, month = 0;

	*limit = 0;
	if (!wal_range(parts->wal, &wal_first, &wal_next))
		return E_BUSY;
	if (wal_first <= parts->window || k->end == k->first)
		return OK;
	TRY(month_start(k, k->end - 1, &month));
	if (month == k->first)
		return OK;
	TRY(month_start(k, month - 1, &month));
	*limit = lesser(month, wal_first - parts->window);
	if (parts->index != NULL)
		*limit = lesser(*limit, index_stored(parts->index));
	return OK;
}

/* The greatest minimum whose first kept entry is old enough: everything below it is older still. */
static enum status
find_minimum(struct prune *p, uint64_t published, int64_t now_us, uint64_t *out)
{
	const struct kept k = { p, p->done.minimum, published };
	uint64_t low = p->done.minimum / TILE_WIDTH, high = 0;
	int64_t us = 0;

	TRY(find_limit(&k, &high));
	high /= TILE_WIDTH;
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;

		TRY(time_of(&k, middle * TILE_WIDTH, &us));
		if (us <= now_us - p->parts.retention_us)
			low = middle;
		else
			high = middle - 1;
	}
	*out = low * TILE_WIDTH;
	return OK;
}

/* ---- 1 and 2: the entry, under a checkpoint ---- */

/* Each minimum has one id: after a crash the entry is found, or said again and taken for the same one. */
static struct uuid
id_of(uint64_t minimum)
{
	CLEANUP(buf_clear) struct buf text = BUF(64);
	struct hash h;
	struct uuid id;

	buf_printf(&text, "log.pruned\n%" PRIu64, minimum);
	h = hash_sha256(buf_str(&text));
	memcpy(id.b, h.b, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x70);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

static enum status
write_entry(struct prune *p, const struct uuid *id)
{
	struct entry_fact facts[PRUNED_FACTS];
	struct batch_job *job = NULL;
	enum status st;

	pruned_put_facts(&p->facts, facts);
	TRY(own_job_id(ENTRY_LOG_PRUNED, id, facts, PRUNED_FACTS, &job));
	st = batch_put(p->parts.queue, job);
	if (st != OK)
		free(job);
	return st;
}

struct sought {
	struct prune *p;
	const struct uuid *id;
	uint64_t covered;
};

static enum status
confirm(void *ctx, uint64_t index)
{
	const struct sought *w = ctx;
	struct entry_view view = { 0 };
	struct str line;

	if (index >= w->covered)
		return E_BUSY; /* durable perhaps, but nobody can prove it yet */
	logread_forget(w->p->log);
	TRY(logread_entry(w->p->log, index, w->covered, &line));
	TRY(entry_parse(line, &view) == OK ? OK : E_CORRUPT);
	return memcmp(view.entry.id.b, w->id->b, sizeof(w->id->b)) == 0 ? OK : E_NOT_FOUND;
}

/* How many entries have the word of all that must have given it. */
static enum status
covered(struct prune *p, uint64_t published, uint64_t *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(LOGREAD_CHECKPOINT_MAX);
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct checkpoint c = { 0 };
	enum status st;

	*out = published;
	if (!p->parts.witnessed)
		return OK;
	if (note == NULL)
		return E_NOMEM;
	*out = 0;
	st = logread_witnessed(p->log, &text);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(note_parse(buf_str(&text), note));
	TRY(checkpoint_parse(note->text, &c));
	*out = lesser(c.size, published);
	return OK;
}

/* ---- 3: the file ---- */

static enum status
put_file(struct prune *p, uint64_t entry)
{
	const struct pruned said = { p->facts.minimum, entry };
	CLEANUP(buf_clear) struct buf text = BUF(PRUNED_FILE_MAX);

	pruned_put_file(&text, &said);
	TRY(buf_status(&text));
	TRY(file_replace_at(p->parts.dirfd, PRUNED_FILE, buf_str(&text), 0644));
	log_info("log.pruned", "minimum=%" PRIu64 " entry=%" PRIu64, said.minimum, said.entry);
	p->done = said;
	p->stage = REMOVING;
	return OK;
}

/* ---- the steps ---- */

static enum status
rest(struct prune *p, uint64_t published, int64_t now_us)
{
	uint64_t minimum = 0;

	p->next_us = clock_mono_us() + LOOK_US;
	if (p->parts.retention_us == 0)
		return OK;
	logread_forget(p->log);
	TRY(find_minimum(p, published, now_us, &minimum));
	if (minimum <= p->done.minimum)
		return OK;
	p->facts = (struct pruned_facts){ minimum, (uint64_t)(p->parts.retention_us / SECOND_US) };
	p->stage = ANNOUNCED;
	p->next_us = 0;
	return OK;
}

static enum status
announce(struct prune *p, uint64_t published)
{
	struct uuid id = id_of(p->facts.minimum);
	struct sought sought = { p, &id, 0 };
	uint64_t entry = 0;
	enum status st;

	p->next_us = clock_mono_us() + WAIT_US;
	TRY(covered(p, published, &sought.covered));
	st = ids_find(p->parts.ids, &id, confirm, &sought, &entry);
	if (st == E_NOT_FOUND)
		return write_entry(p, &id);
	if (st == E_BUSY)
		return OK;
	TRY(st);
	p->next_us = 0;
	return put_file(p, entry);
}

/* ---- 4: the bundles ---- */

static enum status
remove_some(struct prune *p)
{
	size_t removed = 0;
	enum status st = prune_files_below(p->parts.dirfd, p->done.minimum, STEP_MOST, &removed);

	if (st == E_BUSY)
		return OK;
	TRY(st);
	p->stage = RESTING;
	return OK;
}

void
prune_step(struct prune *p, uint64_t published, int64_t now_us)
{
	enum status st = OK;

	if (clock_mono_us() < p->next_us)
		return;
	switch (p->stage) {
	case RESTING:
		st = rest(p, published, now_us);
		break;
	case ANNOUNCED:
		st = announce(p, published);
		break;
	case REMOVING:
		st = remove_some(p);
		break;
	}
	if (st == OK)
		return;
	p->next_us = clock_mono_us() + RETRY_US;
	if (st != E_BUSY)
		log_warn(st, "log.prune", "minimum=%" PRIu64 " what=\"it is tried again later\"", p->done.minimum);
}
