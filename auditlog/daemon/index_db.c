#include "auditlog/daemon/index_db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/core/merkle.h"

enum statement { SIZE, SET_SIZE, PUT_ID, PUT_TAG, BY_TAG, BY_ID, STATEMENTS };

/* ?N throughout: SQLite numbers other parameters by their first appearance. */
static const char *const TEXT[STATEMENTS] = {
	[SIZE] = "select size from state where one = 1 and origin = ?1",
	[SET_SIZE] = "update state set size = ?1 where one = 1",
	[PUT_ID] = "insert or replace into by_id (id, idx) values (?1, ?2)",
	[PUT_TAG] = "insert or replace into by_tag (tag, idx) values (?1, ?2)",
	[BY_TAG] = "select idx from by_tag where tag = ?1 and idx < ?2 order by idx desc limit ?3",
	[BY_ID] = "select idx from by_id where id = ?1",
};

/* WAL: questions go on while a transaction runs. NORMAL: power loss costs the newest transactions, which are made
 * again. */
static const char PRAGMAS[] = "pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -4096;"
			      "pragma trusted_schema = off; pragma cell_size_check = on;";
static const char SCHEMA[] =
    "create table if not exists state (one integer primary key check (one = 1), origin blob not null, size integer not "
    "null);"
    "create table if not exists by_id (id blob primary key, idx integer not null) without rowid;"
    "create table if not exists by_tag (tag blob not null, idx integer not null, primary key (tag, idx)) without "
    "rowid;";

struct index_db {
	sqlite3 *sql;
	sqlite3_stmt *statement[STATEMENTS];
};

static enum status
of_sqlite(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return OK;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR: /* tables of another shape */
		return E_CORRUPT;
	case SQLITE_NOMEM:
		return E_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return E_BUSY;
	default:
		return E_IO;
	}
}

static enum status
run(struct index_db *db, const char *text)
{
	return of_sqlite(sqlite3_exec(db->sql, text, NULL, NULL, NULL));
}

/* ---- opening ---- */

static enum status
bind_state(struct index_db *db, const struct hash *origin)
{
	CLEANUP(buf_clear) struct buf text = BUF(512);

	buf_put_cstr(&text, "insert or ignore into state values (1, x'");
	hash_put_hex(&text, origin);
	buf_put_cstr(&text, "', 0)");
	buf_put_char(&text, '\0');
	TRY(buf_status(&text));
	return run(db, text.p);
}

static enum status
prepare(struct index_db *db, const struct hash *origin)
{
	TRY(run(db, PRAGMAS));
	TRY(run(db, SCHEMA));
	TRY(bind_state(db, origin));
	for (size_t i = 0; i < STATEMENTS; i++)
		TRY(of_sqlite(
		    sqlite3_prepare_v3(db->sql, TEXT[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statement[i], NULL)));
	return of_sqlite(sqlite3_bind_blob(db->statement[SIZE], 1, origin->b, HASH_LEN, SQLITE_TRANSIENT));
}

static enum status
open_file(const char *dir, struct index_db *db)
{
	CLEANUP(buf_clear) struct buf path = BUF(4096);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

	buf_put_cstr(&path, dir);
	buf_put_cstr(&path, "/index/index.db");
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	TRY(of_sqlite(sqlite3_open_v2(path.p, &db->sql, flags, NULL)));
	(void)sqlite3_busy_timeout(db->sql, 1000);
	return OK;
}

enum status
index_db_open(const char *dir, int dirfd, const struct hash *origin, struct index_db **out)
{
	struct index_db *db = calloc(1, sizeof(*db));
	uint64_t size = 0;
	enum status st;

	if (db == NULL)
		return E_NOMEM;
	st = file_make_dirs_at(dirfd, "index", 0700);
	if (st == OK)
		st = open_file(dir, db);
	if (st == OK)
		st = prepare(db, origin);
	if (st == OK)
		st = index_db_size(db, &size);
	if (st != OK) {
		index_db_close(db);
		return st;
	}
	*out = db;
	return OK;
}

void
index_db_close(struct index_db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(db->statement[i]);
	(void)sqlite3_close(db->sql);
	free(db);
}

enum status
index_db_remove(int dirfd)
{
	static const char *const NAMES[] = { "index.db", "index.db-wal", "index.db-shm", "newest" };
	CLEANUP(beneath_closep) int fd = -1;

	TRY(beneath_open(dirfd, "index", O_RDONLY | O_DIRECTORY, 0, &fd));
	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
		if (unlinkat(fd, NAMES[i], 0) != 0 && errno != ENOENT)
			return E_IO;
	return OK;
}

/* ---- statements ---- */

static enum status
step_once(sqlite3_stmt *s)
{
	enum status st = of_sqlite(sqlite3_step(s));

	(void)sqlite3_reset(s);
	return st;
}

/* E_NOT_FOUND without a row. */
static enum status
step_number(sqlite3_stmt *s, uint64_t *out)
{
	int code = sqlite3_step(s);
	sqlite3_int64 v = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;

	(void)sqlite3_reset(s);
	if (code == SQLITE_DONE)
		return E_NOT_FOUND;
	TRY(of_sqlite(code));
	if (v < 0)
		return E_CORRUPT;
	*out = (uint64_t)v;
	return OK;
}

enum status
index_db_size(struct index_db *db, uint64_t *out)
{
	enum status st = step_number(db->statement[SIZE], out);

	return st == E_NOT_FOUND ? E_CORRUPT : st;
}

enum status
index_db_empty(struct index_db *db)
{
	return run(db, "begin immediate; delete from by_id; delete from by_tag; update state set size = 0; commit;");
}

enum status
index_db_begin(struct index_db *db)
{
	return run(db, "begin immediate");
}

void
index_db_rollback(struct index_db *db)
{
	if (sqlite3_get_autocommit(db->sql) == 0)
		(void)sqlite3_exec(db->sql, "rollback", NULL, NULL, NULL);
}

static enum status
put_pair(sqlite3_stmt *s, const void *key, uint64_t index)
{
	TRY(of_sqlite(sqlite3_bind_blob(s, 1, key, 16, SQLITE_STATIC)));
	TRY(of_sqlite(sqlite3_bind_int64(s, 2, (sqlite3_int64)index)));
	return step_once(s);
}

enum status
index_db_put(struct index_db *db, uint64_t index, const struct uuid *id, struct str tags, size_t count)
{
	TRY(put_pair(db->statement[PUT_ID], id->b, index));
	for (size_t i = 0; i < count; i++)
		TRY(put_pair(db->statement[PUT_TAG], tags.p + i * 16, index));
	return OK;
}

enum status
index_db_commit(struct index_db *db, uint64_t size)
{
	TRY(of_sqlite(sqlite3_bind_int64(db->statement[SET_SIZE], 1, (sqlite3_int64)size)));
	TRY(step_once(db->statement[SET_SIZE]));
	return run(db, "commit");
}

enum status
index_db_by_tag(struct index_db *db, const uint8_t tag[16], uint64_t before, size_t limit, uint64_t *out, size_t *count)
{
	sqlite3_stmt *s = db->statement[BY_TAG];
	sqlite3_int64 below = before > MERKLE_SIZE_MAX ? INT64_MAX : (sqlite3_int64)before;
	size_t n = 0;
	int code;

	TRY(of_sqlite(sqlite3_bind_blob(s, 1, tag, 16, SQLITE_TRANSIENT)));
	TRY(of_sqlite(sqlite3_bind_int64(s, 2, below)));
	TRY(of_sqlite(sqlite3_bind_int64(s, 3, (sqlite3_int64)limit)));
	while ((code = sqlite3_step(s)) == SQLITE_ROW && n < limit)
		out[n++] = (uint64_t)sqlite3_column_int64(s, 0);
	(void)sqlite3_reset(s);
	TRY(code == SQLITE_DONE || code == SQLITE_ROW ? OK : of_sqlite(code));
	*count = n;
	return OK;
}

enum status
index_db_by_id(struct index_db *db, const struct uuid *id, uint64_t *out)
{
	TRY(of_sqlite(sqlite3_bind_blob(db->statement[BY_ID], 1, id->b, sizeof(id->b), SQLITE_TRANSIENT)));
	return step_number(db->statement[BY_ID], out);
}
