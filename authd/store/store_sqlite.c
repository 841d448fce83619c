/*
 * store_sqlite.c: SQLite, for one node. WAL and synchronous=FULL: a commit that returned survives power loss. Readers
 * never wait; writers of this process queue at store_gate, so SQLite's own polling is only for other processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "authd/store/store_driver.h"
#include "authd/store/store_gate.h"
#include "authd/store/store_sqlite_values.h"

/* How often a running statement looks at the clock, in SQLite's own instructions. */
#define STEPS_PER_LOOK 20000

struct lite {
	char *path;
	sqlite3 *db; /* NULL: to be opened */
	sqlite3_stmt *stmts[SQL_COUNT];
	int64_t deadline; /* of the statement that runs */
	bool in_tx;
	bool broken; /* an I/O error: everything read so far is in doubt, start afresh when there is no transaction */
};

static const struct {
	int code; /* primary result code */
	enum status st;
} meanings[] = {
	{ SQLITE_BUSY, E_UNAVAILABLE }, { SQLITE_LOCKED, E_UNAVAILABLE },   { SQLITE_INTERRUPT, E_UNAVAILABLE },
	{ SQLITE_FULL, E_UNAVAILABLE }, { SQLITE_IOERR, E_UNAVAILABLE },    { SQLITE_CANTOPEN, E_UNAVAILABLE },
	{ SQLITE_PERM, E_UNAVAILABLE }, { SQLITE_READONLY, E_UNAVAILABLE }, { SQLITE_PROTOCOL, E_UNAVAILABLE },
	{ SQLITE_CORRUPT, E_CORRUPT },  { SQLITE_NOTADB, E_CORRUPT },       { SQLITE_NOMEM, E_NOMEM },
	{ SQLITE_TOOBIG, E_TOO_LARGE }, { SQLITE_CONSTRAINT, E_INVALID },   { SQLITE_MISMATCH, E_INVALID },
};

static enum status
meaning(int rc)
{
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID)
		return E_CONFLICT;
	if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
		return E_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (meanings[i].code == (rc & 0xff))
			return meanings[i].st;
	}
	return E_SYSTEM;
}

/* Names the statement and SQLite's code, never its message: that may quote values. */
static enum status
complain(struct lite *l, const char *what, int rc)
{
	enum status st = meaning(rc);
	int primary = rc & 0xff;

	if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
		l->broken = true;
	if (st != E_CONFLICT && st != E_NOT_FOUND)
		log_warn(st, "store.sqlite", "statement=%s code=%d", what, rc);
	return st;
}

/* ---- opening ---- */

static int
look_at_clock(void *conn)
{
	const struct lite *l = conn;

	return clock_mono_us() > l->deadline;
}

/* Another process holds the lock: try again until the deadline. */
static int
wait_for_lock(void *conn, int tries)
{
	const struct lite *l = conn;

	usleep(tries < 5 ? 1000 : 10000);
	return clock_mono_us() < l->deadline;
}

/*
 * trusted_schema and defensive: a database file from elsewhere cannot make us run functions or touch its own pages.
 * secure_delete: what was erased (wrapped keys above all) is overwritten, not only unlinked.
 */
static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA temp_store = MEMORY;";

static void
hang_up(struct lite *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->stmts); i++) {
		sqlite3_finalize(l->stmts[i]);
		l->stmts[i] = NULL;
	}
	sqlite3_close_v2(l->db);
	l->db = NULL;
	l->broken = false;
}

static enum status
apply_settings(struct lite *l)
{
	int rc;

	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_progress_handler(l->db, STEPS_PER_LOOK, look_at_clock, l);
	rc = sqlite3_busy_handler(l->db, wait_for_lock, l);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->db, settings, NULL, NULL, NULL);
	return rc == SQLITE_OK ? OK : complain(l, "settings", rc);
}

/*
 * Made by us first, because SQLite would give it the mode of the umask; its -wal and -shm take the mode of the file. A
 * file that is there is not even opened: closing it would drop the locks that every other connection of this process
 * has on it (POSIX), and the next program that looks into the database would take the write-ahead file away.
 */
static enum status
touch(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return errno == EEXIST ? OK : E_UNAVAILABLE;
	close(fd);
	return OK;
}

/* Within the gate: switching a new file to WAL needs it alone, and SQLite does not wait for that. */
static enum status
connect_file(struct lite *l)
{
	enum status st;
	int rc;

	l->deadline = clock_mono_us() + STORE_CONNECT_MS * INT64_C(1000);
	TRY(touch(l->path));
	TRY(store_gate_enter(l->deadline));
	rc = sqlite3_open_v2(l->path, &l->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
			     NULL);
	st = rc == SQLITE_OK ? apply_settings(l) : complain(l, "open", rc);
	if (st != OK)
		hang_up(l);
	store_gate_leave();
	return st;
}

static enum status
connected(struct lite *l)
{
	if (l->db && l->broken && !l->in_tx)
		hang_up(l);
	return l->db ? OK : connect_file(l);
}

/* SQLite counts its memory under one lock of the whole process unless it is told not to, before anything else. */
static void
once(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void
lite_close(void *conn)
{
	struct lite *l = conn;

	hang_up(l);
	free(l->path);
	free(l);
}

static enum status
lite_open(struct str where, void **conn)
{
	static pthread_once_t configured = PTHREAD_ONCE_INIT;
	struct lite *l;
	enum status st;

	if (where.n == 0 || where.n >= PATH_MAX)
		return E_INVALID;
	pthread_once(&configured, once);
	l = calloc(1, sizeof(*l));
	if (!l)
		return E_NOMEM;
	st = str_dup(where, &l->path);
	if (st == OK)
		st = connected(l);
	if (st != OK) {
		lite_close(l);
		return st;
	}
	*conn = l;
	return OK;
}

/* ---- statements ---- */

static enum status
prepared(struct lite *l, enum sql_id id, sqlite3_stmt **out)
{
	const struct sql_statement *s = &sql_statements[id];
	int rc = SQLITE_OK;

	if (!l->stmts[id])
		rc = sqlite3_prepare_v3(l->db, s->sqlite, -1, SQLITE_PREPARE_PERSISTENT, &l->stmts[id], NULL);
	if (rc != SQLITE_OK)
		return complain(l, s->name, rc);
	*out = l->stmts[id];
	return OK;
}

static enum status
step_through(struct lite *l, enum sql_id id, sqlite3_stmt *stmt, struct store_result *rows)
{
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		TRY(store_sqlite_row(stmt, rows));
	if (rc != SQLITE_DONE)
		return complain(l, sql_statements[id].name, rc);
	rows->changes = sql_statements[id].reads ? 0 : sqlite3_changes64(l->db);
	return OK;
}

static enum status
execute(struct lite *l, enum sql_id id, const struct store_value *args, struct store_result **out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	sqlite3_stmt *stmt = NULL;
	enum status st;
	int rc;

	TRY(prepared(l, id, &stmt));
	TRY(store_result_new((size_t)sqlite3_column_count(stmt), &rows));
	rc = store_sqlite_bind(stmt, args, sql_statements[id].params);
	st = rc == SQLITE_OK ? step_through(l, id, stmt, rows) : complain(l, sql_statements[id].name, rc);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	TRY(st);
	*out = STEAL(&rows);
	return OK;
}

static enum status
lite_run(void *conn, enum sql_id id, const struct store_value *args, int64_t deadline, struct store_result **out)
{
	struct lite *l = conn;
	bool alone = !l->in_tx && !sql_statements[id].reads;
	enum status st;

	TRY(connected(l));
	l->deadline = deadline;
	if (alone)
		TRY(store_gate_enter(deadline));
	st = execute(l, id, args, out);
	if (alone)
		store_gate_leave();
	return st;
}

static enum status
lite_script(void *conn, const char *text, int64_t deadline)
{
	struct lite *l = conn;
	int rc;

	l->deadline = deadline;
	rc = sqlite3_exec(l->db, text, NULL, NULL, NULL);
	return rc == SQLITE_OK ? OK : complain(l, "script", rc);
}

/*
 * What was deleted is overwritten in the file (secure_delete), but the write-ahead file has the pages as they were
 * before: it is copied into the file and cut to nothing. SQLITE_BUSY: somebody still reads what it holds. Whoever reads
 * for long (a backup) must not hold up every writer meanwhile: so the wait is short, and the caller comes again.
 */
#define SCRUB_WAIT_US (SECOND_US / 10)

static enum status
lite_scrub(void *conn, int64_t deadline)
{
	struct lite *l = conn;
	int rc;

	TRY(connected(l));
	TRY(store_gate_enter(deadline));
	l->deadline = clock_mono_us() + SCRUB_WAIT_US;
	rc = sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	store_gate_leave();
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return E_BUSY;
	return rc == SQLITE_OK ? OK : complain(l, "scrub", rc);
}

/* ---- transactions ---- */

static enum status
lite_begin(void *conn, int64_t deadline)
{
	struct lite *l = conn;
	enum status st;

	TRY(connected(l));
	TRY(store_gate_enter(deadline));
	st = lite_script(l, "BEGIN IMMEDIATE", deadline);
	if (st != OK)
		store_gate_leave();
	else
		l->in_tx = true;
	return st;
}

static void
lite_rollback(void *conn)
{
	struct lite *l = conn;

	/* Some errors (disk full, I/O) have rolled back by themselves. */
	l->deadline = INT64_MAX;
	if (!sqlite3_get_autocommit(l->db) && sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		l->broken = true;
	l->in_tx = false;
	store_gate_leave();
}

static enum status
lite_commit(void *conn, int64_t deadline)
{
	struct lite *l = conn;
	enum status st = lite_script(l, "COMMIT", deadline);

	if (st != OK) {
		lite_rollback(l);
		return st;
	}
	l->in_tx = false;
	store_gate_leave();
	return OK;
}

const struct store_backend store_sqlite_backend = {
	.scheme = "sqlite:",
	.steps = sql_sqlite_steps,
	.lock_schema = "", /* BEGIN IMMEDIATE has it */
	.open = lite_open,
	.close = lite_close,
	.run = lite_run,
	.script = lite_script,
	.scrub = lite_scrub,
	.begin = lite_begin,
	.commit = lite_commit,
	.rollback = lite_rollback,
};
