#include "auditlog/daemon/index_merge.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/file.h"

#define AT_ONCE 2048 /* records in a buffer */

/* One run, read from its beginning to its end. */
struct reader {
	const struct runs_file *file;
	uint64_t next;  /* record to be read from the file */
	size_t at, n;   /* within some */
	uint64_t begin; /* the first 8 bytes of the record at hand: they nearly always decide */
	struct runs_record some[AT_ONCE];
};

struct merger {
	struct reader from[INDEX_MERGE_WIDTH];
	struct reader *left[INDEX_MERGE_WIDTH]; /* that are not at their end */
	size_t left_count;
	int fd;
	off_t written;
	size_t n;
	struct runs_record out[AT_ONCE];
};

static const struct runs_record *
at_hand(const struct reader *r)
{
	return &r->some[r->at];
}

static void
note_begin(struct reader *r)
{
	r->begin = 0;
	for (size_t i = 0; i < 8; i++)
		r->begin = r->begin << 8 | at_hand(r)->b[i];
}

/* E_END behind the last record. */
static enum status
refill(struct reader *r)
{
	uint64_t left = r->file->count - r->next;

	if (left == 0)
		return E_END;
	r->n = left < AT_ONCE ? (size_t)left : AT_ONCE;
	r->at = 0;
	TRY(runs_read(r->file, r->next, r->some, r->n));
	r->next += r->n;
	return OK;
}

static enum status
step(struct reader *r)
{
	struct runs_record before = *at_hand(r);

	if (++r->at == r->n)
		TRY(refill(r));
	note_begin(r);
	return memcmp(before.b, at_hand(r)->b, RUNS_RECORD_LEN) < 0 ? OK : E_CORRUPT;
}

static bool
is_below(const struct reader *a, const struct reader *b)
{
	if (a->begin != b->begin)
		return a->begin < b->begin;
	return memcmp(at_hand(a)->b, at_hand(b)->b, RUNS_RECORD_LEN) < 0;
}

static enum status
flush(struct merger *m)
{
	TRY(file_pwrite_all(m->fd, m->out, m->n * RUNS_RECORD_LEN, m->written));
	m->written += (off_t)(m->n * RUNS_RECORD_LEN);
	m->n = 0;
	return OK;
}

static enum status
take_least(struct merger *m)
{
	size_t least = 0;
	enum status st;

	for (size_t i = 1; i < m->left_count; i++)
		if (is_below(m->left[i], m->left[least]))
			least = i;
	m->out[m->n++] = *at_hand(m->left[least]);
	if (m->n == AT_ONCE)
		TRY(flush(m));
	st = step(m->left[least]);
	if (st != E_END)
		return st;
	m->left[least] = m->left[--m->left_count];
	return OK;
}

static enum status
open_readers(struct merger *m, const struct runs_file *from)
{
	for (size_t i = 0; i < INDEX_MERGE_WIDTH; i++) {
		struct reader *r = &m->from[i];
		enum status st;

		r->file = &from[i];
		st = refill(r);
		if (st == E_END)
			continue;
		TRY(st);
		note_begin(r);
		m->left[m->left_count++] = r;
	}
	return OK;
}

enum status
index_merge(const struct runs_file from[INDEX_MERGE_WIDTH], int fd)
{
	CLEANUP(freep) struct merger *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return E_NOMEM;
	m->fd = fd;
	TRY(open_readers(m, from));
	while (m->left_count > 0)
		TRY(take_least(m));
	return flush(m);
}
