/* index_ring.h: index/newest, a file of IDS_WINDOW slots of 16 bytes: entry i has its id in slot i mod IDS_WINDOW. */
#ifndef AUDITLOG_DAEMON_INDEX_RING_H
#define AUDITLOG_DAEMON_INDEX_RING_H

#include "auditlog/daemon/ids.h"

struct index_ring;

/* index/ is there. */
MUST_USE enum status index_ring_open(int dirfd, struct index_ring **out);
void index_ring_close(struct index_ring *r);
/* Gathers consecutive ids; index_ring_sync() writes the rest and makes all durable. */
MUST_USE enum status index_ring_put(struct index_ring *r, uint64_t index, const struct uuid *id);
MUST_USE enum status index_ring_sync(struct index_ring *r);
/* The ids of [from, to) into the window; to - from is at most IDS_WINDOW. */
MUST_USE enum status index_ring_load(struct index_ring *r, uint64_t from, uint64_t to, struct ids *ids);

#endif
