/* index_db.h: one SQLite connection to index/index.db. One thread at a time each. */
#ifndef AUDITLOG_DAEMON_INDEX_DB_H
#define AUDITLOG_DAEMON_INDEX_DB_H

#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"

struct index_db;

/* Opens or makes it, and index/. E_CORRUPT: it is no database of ours, or of another log. */
MUST_USE enum status index_db_open(const char *dir, int dirfd, const struct hash *origin, struct index_db **out);
void index_db_close(struct index_db *db);
/* Removes the files of a closed one. */
MUST_USE enum status index_db_remove(int dirfd);

/* Entries below this are in it. */
MUST_USE enum status index_db_size(struct index_db *db, uint64_t *out);
/* Forgets all entries. */
MUST_USE enum status index_db_empty(struct index_db *db);

MUST_USE enum status index_db_begin(struct index_db *db);
/* tags: count times 16 bytes. */
MUST_USE enum status
index_db_put(struct index_db *db, uint64_t index, const struct uuid *id, struct str tags, size_t count);
MUST_USE enum status index_db_commit(struct index_db *db, uint64_t size);
/* Fine without a transaction. */
void index_db_rollback(struct index_db *db);

/* Newest first. */
MUST_USE enum status index_db_by_tag(struct index_db *db, const uint8_t tag[16], uint64_t before, size_t limit,
				     uint64_t *out, size_t *count);
MUST_USE enum status index_db_by_id(struct index_db *db, const struct uuid *id, uint64_t *out);

#endif
