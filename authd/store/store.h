/*
 * store.h: the driver interface. SQLite and PostgreSQL behind one set of SQL files.
 *
 * The conventions of every store_<family>.h:
 *
 * - One struct store per thread. Functions that take a struct store_tx change state together with an event and must be
 *   committed; functions that take a struct store stand alone, or join the transaction that this store has open.
 * - A result struct borrows its strings from the `mem` it carries: they end in NUL (not counted) and live until its
 *   _clear(). Start it as { 0 } with CLEANUP(store_<family>_clear); clearing twice is fine. The same struct is the
 * input of _add(), `mem` and `log_index` are not read then, and the strings stay the caller's.
 * - SQL NULL is a struct str whose p is NULL, a time of 0, a log_index of STORE_NO_INDEX.
 * - Text is UTF-8 without NUL (E_INVALID otherwise, on both databases); blobs are any bytes.
 * - Times are microseconds. The database's own clock is never asked: the caller passes now.
 *
 * What can go wrong anywhere: E_UNAVAILABLE (no database, over a time limit, disk full; after a commit the outcome is
 * then unknown), E_BUSY (deadlock or serialization: the same work may succeed, see store_retry), E_CONFLICT (unique),
 * E_NOT_FOUND (also: a row refers to one that is not there), E_INVALID (a value that the table refuses), E_CORRUPT,
 * E_NOMEM, E_SYSTEM. Inside a transaction each of these that comes from the database ends the transaction: later
 * statements give the same status, and so does the commit. What a function documents as its own answer (E_USED,
 * E_NOT_FOUND for no such row, E_CONFLICT for a row already there) leaves the transaction usable.
 */
#ifndef AUTHD_STORE_STORE_H
#define AUTHD_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/clock.h"

#define STORE_STATEMENT_MS 1500 /* longest statement, and longest wait for a lock */
#define STORE_CONNECT_MS   1500 /* longest connecting, so that an answer is out within 2 s */
#define STORE_NO_INDEX     INT64_C(-1)
#define STORE_LIST_MAX     1000 /* most rows of one list call; a larger limit is cut to it */

struct store;
struct store_result; /* rows in memory; what `mem` points to */

/*
 * url: "sqlite:PATH" (made with mode 0600 when absent) or "postgres:CONNINFO" (libpq's key=value form or URI; name
 * hosts by address, because resolving a name has no time limit here). A PostgreSQL that does not answer now is no
 * error: it is connected when it is needed. A SQLite file that cannot be opened is E_UNAVAILABLE. Bad url: E_INVALID.
 */
MUST_USE enum status store_open(struct str url, struct store **out);
void store_close(struct store *db);
/* For CLEANUP on a struct store *. */
void store_closep(struct store **db);

/*
 * Brings the schema to what this program knows, one transaction per step; several nodes may call it at once. E_CORRUPT
 * when an applied step differs from ours (hash), E_UNSUPPORTED when the database has a step that we do not know.
 */
MUST_USE enum status store_migrate(struct store *db);
/* One trivial statement: OK when the database answers and has every step of our schema (else E_UNSUPPORTED). A newer
 * node may have added steps since we started. */
MUST_USE enum status store_ping(struct store *db);

/* A transaction, for CLEANUP(store_abandon). Abandoning after a commit, or one never begun, does nothing. */
struct store_tx {
	struct store *db;
};

/*
 * Opens a writing transaction. All its statements together have STORE_STATEMENT_MS: nothing else may be waited for
 * inside it (ask authd-keyd before, auditlogd after). On SQLite writers of this process queue in order of arrival
 * (E_UNAVAILABLE after STORE_STATEMENT_MS). One at a time per store: a second is E_SYSTEM.
 */
MUST_USE enum status store_begin(struct store *db, struct store_tx *tx);
/*
 * OK: durable. E_UNAVAILABLE: whether it took effect is unknown (the connection broke while it was confirmed); the
 * caller must assume neither. Anything else: it did not. The transaction is over in every case.
 */
MUST_USE enum status store_commit(struct store_tx *tx);
/* Rolls back. */
void store_abandon(struct store_tx *tx);

/*
 * Runs work in a transaction and commits. On E_BUSY all of it again, at most STORE_RETRIES times after a short random
 * pause; so work must be repeatable and keep results only in *arg. Its other statuses are handed on after a rollback.
 */
#define STORE_RETRIES 4
typedef enum status store_work(struct store_tx *tx, void *arg);
MUST_USE enum status store_retry(struct store *db, store_work *work, void *arg);

/*
 * Removes expired single-use rows, at most `batch` (1..1000) of each table, one short transaction per table. *removed
 * (may be NULL) counts them; call again soon while it is not 0.
 */
MUST_USE enum status store_sweep(struct store *db, int64_t now_us, int batch, int64_t *removed);

/*
 * Removes what deleted rows left behind, as far as the database can. SQLite: nothing of them is in its files when this
 * is OK; E_BUSY while another connection still reads an older state: again later. PostgreSQL: the dead rows are taken
 * out of their tables; bytes of them stay in free space until it is used again, in its write-ahead log until that is
 * recycled, and in whatever was archived or replicated. Outside of a transaction; at most `us` microseconds.
 */
MUST_USE enum status store_scrub(struct store *db, int64_t us);

/* How many statements this process has run; for /metrics. */
uint64_t store_statements(void);

/* Frees what a result struct borrows from and sets *mem to NULL; the _clear() functions use it. */
void store_result_drop(struct store_result **mem);

/*
 * Where the next page starts: an opaque text for the client. Lists take the text of the page before (empty: from the
 * start) and give the next one, empty when there is no more. A text that we never made is E_INVALID.
 */
#define STORE_CURSOR_LEN 600
struct store_cursor {
	char text[STORE_CURSOR_LEN]; /* NUL-terminated */
};

#endif
