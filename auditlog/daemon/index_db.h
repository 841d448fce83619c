/*
 * index_db.h: what writes the sorted files of index/ (client/runs.h) and answers from them. One thread puts and
 * commits; any thread may ask.
 */
#ifndef AUDITLOG_DAEMON_INDEX_DB_H
#define AUDITLOG_DAEMON_INDEX_DB_H

#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"

struct index_db;

/* Opens or makes it, and index/. E_CORRUPT: it is damaged, or of another log. */
MUST_USE enum status index_db_open(int dirfd, const struct hash *origin, struct index_db **out);
void index_db_close(struct index_db *db);
/* Removes the list of a closed one, so that the next is empty. */
MUST_USE enum status index_db_remove(int dirfd);

/* Entries below this are in it. */
uint64_t index_db_size(const struct index_db *db);
/* Forgets all entries. */
MUST_USE enum status index_db_empty(struct index_db *db);

/* What was put and not committed is forgotten. */
void index_db_begin(struct index_db *db);
/* Indices rise. tags: count times 16 bytes. E_NOMEM, E_TOO_LARGE. */
MUST_USE enum status
index_db_put(struct index_db *db, uint64_t index, const struct uuid *id, struct str tags, size_t count);
/* After any status but OK nothing was added; begin anew. */
MUST_USE enum status index_db_commit(struct index_db *db, uint64_t size);
/*
 * Makes one run of eight, where there are eight of a kind and level; again until there is nothing left to do.
 * What is there already stays as it is on any failure. E_CORRUPT: a run is not sorted.
 */
MUST_USE enum status index_db_merge(struct index_db *db);

/* Newest first. */
MUST_USE enum status index_db_by_tag(struct index_db *db, const uint8_t tag[16], uint64_t before, size_t limit,
				     uint64_t *out, size_t *count);
/* The newest entry with this id. E_NOT_FOUND. */
MUST_USE enum status index_db_by_id(struct index_db *db, const struct uuid *id, uint64_t *out);

#endif
