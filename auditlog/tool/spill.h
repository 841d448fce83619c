/*
 * spill.h: a queue of (tag, index) pairs that is too long for memory: what a map has not covered yet, in the order of
 * the log. It lies in a nameless file under TMPDIR (or /tmp), 32 bytes each; memory is two buffers of 64 KiB.
 */
#ifndef AUDITLOG_TOOL_SPILL_H
#define AUDITLOG_TOOL_SPILL_H

#include "auditlog/client/mapfile.h"

#define SPILL_PAIRS 2048

/* A plain value; start with {.fd = -1}. */
struct spill {
	int fd;
	uint64_t put, got; /* pairs so far */
	struct mapfile_pair in[SPILL_PAIRS], out[SPILL_PAIRS];
	uint64_t loaded_from, loaded_to; /* pairs in `out` */
};

/* A nameless file under TMPDIR or /tmp. E_IO. */
MUST_USE enum status spill_file(int *fd);

MUST_USE enum status spill_put(struct spill *s, const struct mapfile_pair *pair);
/* The oldest one, left where it is. E_END when there is none. */
MUST_USE enum status spill_peek(struct spill *s, struct mapfile_pair *out);
/* Takes the one that was peeked at. */
void spill_take(struct spill *s);
void spill_clear(struct spill *s);

#endif
