#include "auditlog/daemon/entries.h"

enum status
entries_open(struct entries *e, struct wal *wal, int dirfd)
{
	*e = (struct entries){ .wal = wal };
	return logread_open_at(dirfd, &e->log);
}

void
entries_close(struct entries *e)
{
	logread_free(e->log);
	e->log = NULL;
}

enum status
entries_minimum(struct entries *e, uint64_t *out)
{
	struct pruned p = { 0 };

	TRY(logread_pruned(e->log, &p));
	*out = p.minimum;
	return OK;
}

/* An entry that the write-ahead log does not have any more. */
static enum status
get_published(struct entries *e, uint64_t index, struct buf *line)
{
	struct str entry = { 0 };
	uint64_t minimum = 0;

	if (logread_entry(e->log, index, (index / TILE_WIDTH + 1) * TILE_WIDTH, &entry) != OK)
		return entries_minimum(e, &minimum) == OK && index < minimum ? E_EXPIRED : E_CORRUPT;
	buf_put(line, entry);
	return buf_status(line);
}

enum status
entries_get(struct entries *e, uint64_t index, struct buf *line)
{
	uint64_t first = 0, next = 0;
	enum status st;

	if (!wal_range(e->wal, &first, &next) && index >= first)
		return E_BUSY;
	if (index >= next && index >= first)
		return E_NOT_FOUND;
	st = index >= first ? wal_read(e->wal, index, line) : E_NOT_FOUND;
	/* The segment went between the two looks, or long ago: then its bundle is a full tile. */
	return st == E_NOT_FOUND ? get_published(e, index, line) : st;
}
