#include "authd/store/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/random.h"
#include "authd/store/store_driver.h"

#define STATEMENT_US (STORE_STATEMENT_MS * INT64_C(1000))
/* A transaction that took all its time may still be confirmed within this. */
#define COMMIT_LEAST_US INT64_C(400000)

static const struct store_backend *const backends[] = { &store_sqlite_backend, &store_pg_backend };

enum status
store_open(struct str url, struct store **out)
{
	CLEANUP(freep) struct store *db = NULL;

	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		struct str scheme = str_of(backends[i]->scheme);
		if (!str_starts(url, scheme))
			continue;
		db = calloc(1, sizeof(*db));
		if (!db)
			return E_NOMEM;
		db->backend = backends[i];
		TRY(db->backend->open(str_slice(url, scheme.n, url.n), &db->conn));
		*out = STEAL(&db);
		return OK;
	}
	return E_INVALID;
}

void
store_close(struct store *db)
{
	if (!db)
		return;
	if (db->in_tx)
		db->backend->rollback(db->conn);
	db->backend->close(db->conn);
	free(db);
}

void
store_closep(struct store **db)
{
	store_close(*db);
	*db = NULL;
}

enum status
store_begin_within(struct store *db, struct store_tx *tx, int64_t us)
{
	int64_t deadline = clock_mono_us() + us;

	if (db->in_tx)
		return E_SYSTEM;
	TRY(db->backend->begin(db->conn, deadline));
	db->in_tx = true;
	db->tx_failed = OK;
	db->tx_deadline = deadline;
	tx->db = db;
	return OK;
}

enum status
store_begin(struct store *db, struct store_tx *tx)
{
	return store_begin_within(db, tx, STATEMENT_US);
}

enum status
store_commit(struct store_tx *tx)
{
	struct store *db = tx->db;
	int64_t least = clock_mono_us() + COMMIT_LEAST_US;
	enum status st;

	if (!db || !db->in_tx)
		return E_SYSTEM;
	if (db->tx_failed != OK) {
		st = db->tx_failed;
		store_abandon(tx);
		return st;
	}
	st = db->backend->commit(db->conn, db->tx_deadline > least ? db->tx_deadline : least);
	db->in_tx = false;
	tx->db = NULL;
	return st;
}

void
store_abandon(struct store_tx *tx)
{
	if (!tx->db)
		return;
	tx->db->backend->rollback(tx->db->conn);
	tx->db->in_tx = false;
	tx->db = NULL;
}

enum status
store_script(struct store_tx *tx, const char *text)
{
	struct store *db = tx->db;

	if (!db || !db->in_tx)
		return E_SYSTEM;
	if (db->tx_failed == OK)
		db->tx_failed = db->backend->script(db->conn, text, db->tx_deadline);
	return db->tx_failed;
}

/* PostgreSQL would refuse bad text and SQLite keep it; what is stored must not depend on which one it is. */
static enum status
check_args(enum sql_id id, const struct store_value *args, size_t count)
{
	if ((unsigned)id >= SQL_COUNT || count != sql_statements[id].params || count > STORE_ARGS_MOST)
		return E_SYSTEM;
	for (size_t i = 0; i < count; i++) {
		if (args[i].type == STORE_TEXT && !str_is_utf8(args[i].s))
			return E_INVALID;
	}
	return OK;
}

enum status
store_scrub(struct store *db, int64_t us)
{
	return db->in_tx ? E_SYSTEM : db->backend->scrub(db->conn, clock_mono_us() + us);
}

/* Of the process, all connections. */
static atomic_ullong statements;

uint64_t
store_statements(void)
{
	return atomic_load_explicit(&statements, memory_order_relaxed);
}

enum status
store_run(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_result **out)
{
	struct store_result *rows = NULL;
	enum status st;

	TRY(check_args(id, args, count));
	if (db->in_tx && db->tx_failed != OK)
		return db->tx_failed;
	atomic_fetch_add_explicit(&statements, 1, memory_order_relaxed);
	st = db->backend->run(db->conn, id, args, db->in_tx ? db->tx_deadline : clock_mono_us() + STATEMENT_US, &rows);
	/* PostgreSQL ends the transaction at an error and SQLite does not; we make both do it. */
	if (st != OK) {
		if (db->in_tx)
			db->tx_failed = st;
		return st;
	}
	if (out)
		*out = rows;
	else
		store_result_drop(&rows);
	return OK;
}

enum status
store_change(struct store *db, enum sql_id id, const struct store_value *args, size_t count)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_run(db, id, args, count, &rows));
	return rows->changes > 0 ? OK : E_NOT_FOUND;
}

enum status
store_fetch(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_result **out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_run(db, id, args, count, &rows));
	if (rows->rows == 0)
		return E_NOT_FOUND;
	*out = STEAL(&rows);
	return OK;
}

enum status
store_fetch_int(struct store *db, enum sql_id id, const struct store_value *args, size_t count, int64_t *out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_fetch(db, id, args, count, &rows));
	return store_result_int(rows, 0, 0, out);
}

static enum status
attempt(struct store *db, store_work *work, void *arg)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(work(&tx, arg));
	return store_commit(&tx);
}

/* 1 to 16 ms, longer with each try, so that two that met do not meet again. */
static void
pause_before(int try)
{
	unsigned char dice;

	random_bytes(&dice, 1);
	nanosleep(&(struct timespec){ .tv_nsec = (1000 + dice * 15) * 1000L * try }, NULL);
}

enum status
store_retry(struct store *db, store_work *work, void *arg)
{
	enum status st = attempt(db, work, arg);

	for (int try = 1; st == E_BUSY && try <= STORE_RETRIES; try++) {
		pause_before(try);
		st = attempt(db, work, arg);
	}
	return st;
}
