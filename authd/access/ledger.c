#include "authd/access/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/client/append.h"
#include "auditlog/client/logread.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"

/* Entries asked for at once, of each service. */
#define CHUNK 256

/* ---- where a time is: times rise with the index ---- */

struct at_time {
	int64_t time_us;
};

static enum status
note_time(void *ctx, uint64_t index UNUSED, struct str line)
{
	struct entry_view v;

	TRY(entry_parse(line, &v));
	((struct at_time *)ctx)->time_us = v.time_us;
	return OK;
}

static enum status
first_kept(struct authd *a, uint64_t *out)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	struct pruned kept = { 0 };

	TRY(logread_open(a->config.log.dir, &log));
	TRY(logread_pruned(log, &kept));
	*out = kept.minimum;
	return OK;
}

/* The first index whose entry is not before the time: some 30 entries are read of a thousand million. */
static enum status
index_at(struct authd *a, int64_t us, uint64_t *out)
{
	uint64_t low, high = audit_seen(a);

	TRY(first_kept(a, &low));
	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;
		struct at_time at = { 0 };

		TRY(audit_read_each(a, &middle, 1, note_time, &at));
		if (at.time_us < us)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}

/* ---- which: the newest of all services ---- */

struct some {
	uint64_t at[LEDGER_SERVICES_MOST * CHUNK];
	size_t count;
};

static int
later_first(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static enum status
add_service(struct authd *a, struct str service, uint64_t before, struct some *s)
{
	CLEANUP(buf_clear) struct buf tag = BUF(64);
	uint8_t key[APPEND_KEY_LEN];
	size_t got;

	append_service_key(service, key);
	encode_base64url(&tag, str_from(key, sizeof(key)));
	TRY(buf_status(&tag));
	TRY(audit_by_tag(a, buf_str(&tag), before, CHUNK, s->at + s->count, &got));
	s->count += got;
	return OK;
}

/* The newest CHUNK of each are among them, so the newest CHUNK of all are; what is behind those comes again. */
static enum status
gather(struct authd *a, const struct ledger_query *q, uint64_t before, struct some *s)
{
	s->count = 0;
	for (size_t i = 0; i < q->service_count; i++)
		TRY(add_service(a, q->services[i], before, s));
	qsort(s->at, s->count, sizeof(*s->at), later_first);
	if (s->count > CHUNK)
		s->count = CHUNK;
	return OK;
}

/* ---- the walk ---- */

struct walk {
	const struct ledger_query *q;
	ledger_each *each;
	void *ctx;
	size_t read;
	uint64_t before; /* of what was taken last */
	bool full;       /* each() or read_most ended it */
	bool past;       /* the period began after the entry at hand */
};

static enum status
take(void *ctx, uint64_t index, struct str line)
{
	struct walk *w = ctx;
	struct entry_view v;
	enum status st;

	TRY(entry_parse(line, &v));
	w->past = v.time_us < w->q->from_us;
	w->full = w->read++ >= w->q->read_most;
	if (w->past || w->full)
		return E_END;
	st = v.time_us < w->q->until_us ? w->each(w->ctx, &v, line) : OK;
	w->full = st == E_END;
	if (st == OK)
		w->before = index;
	return st;
}

static enum status
begin(struct authd *a, const struct ledger_query *q, uint64_t *before)
{
	uint64_t at = UINT64_MAX;

	if (q->until_us != INT64_MAX)
		TRY(index_at(a, q->until_us, &at));
	*before = at < q->before ? at : q->before;
	return OK;
}

enum status
ledger_walk(struct authd *a, const struct ledger_query *q, ledger_each *each, void *ctx, uint64_t *next)
{
	CLEANUP(freep) struct some *s = calloc(1, sizeof(*s));
	struct walk w = { .q = q, .each = each, .ctx = ctx };

	if (s == NULL)
		return E_NOMEM;
	if (q->service_count > LEDGER_SERVICES_MOST)
		return E_TOO_LARGE;
	TRY(begin(a, q, &w.before));
	do {
		TRY(gather(a, q, w.before, s));
		TRY(audit_read_each(a, s->at, s->count, take, &w));
	} while (s->count == CHUNK && !w.full && !w.past);
	*next = w.full ? w.before : 0;
	return OK;
}
