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
entries_get(struct entries *e, uint64_t index, struct buf *line)
{
	uint64_t first = 0, next = 0;
	struct str entry = { 0 };
	enum status st;

	if (!wal_range(e->wal, &first, &next) && index >= first)
		return E_BUSY;
	if (index >= next && index >= first)
		return E_NOT_FOUND;
	st = index >= first ? wal_read(e->wal, index, line) : E_NOT_FOUND;
	if (st != E_NOT_FOUND)
		return st;
	/* The segment went between the two looks, or long ago: then its bundle is a full tile. */
	TRY(logread_entry(e->log, index, (index / TILE_WIDTH + 1) * TILE_WIDTH, &entry) == OK ? OK : E_CORRUPT);
	buf_put(line, entry);
	return buf_status(line);
}
