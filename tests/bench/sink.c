#include "tests/bench/sink.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/encode.h"

#define BATCH_MOST ((size_t)512 << 20)

/* authd may be writing to the same database. */
#define PATIENCE_MS 60000

struct sink {
	const struct sink_table *tables;
	size_t count;
	sqlite3 *lite;
	PGconn *pg;
	sqlite3_stmt *insert[SINK_TABLES_MOST];
	struct buf copy[SINK_TABLES_MOST];
};

static NORETURN void
fail(const struct sink *s, const char *what)
{
	(void)fprintf(stderr, "decision_load: %s: %s\n", what,
		      s->lite != NULL ? sqlite3_errmsg(s->lite) : PQerrorMessage(s->pg));
	exit(3);
}

static void
run(struct sink *s, const char *sql)
{
	PGresult *res;

	if (s->lite != NULL) {
		if (sqlite3_exec(s->lite, sql, NULL, NULL, NULL) != SQLITE_OK)
			fail(s, sql);
		return;
	}
	res = PQexec(s->pg, sql);
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		fail(s, sql);
	PQclear(res);
}

/* ---- SQLite ---- */

static sqlite3_stmt *
prepare(struct sink *s, const struct sink_table *t)
{
	CLEANUP(buf_clear) struct buf sql = BUF(4096);
	sqlite3_stmt *out = NULL;

	buf_printf(&sql, "INSERT INTO %s (%s) VALUES (?", t->name, t->columns);
	for (const char *c = t->columns; *c != '\0'; c++)
		if (*c == ',')
			buf_put_cstr(&sql, ",?");
	buf_put_char(&sql, ')');
	if (buf_status(&sql) != OK || sqlite3_prepare_v2(s->lite, sql.p, (int)sql.n, &out, NULL) != SQLITE_OK)
		fail(s, t->name);
	return out;
}

static void
open_sqlite(struct sink *s, const char *path)
{
	if (sqlite3_open_v2(path, &s->lite, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail(s, path);
	/* Where somebody else has it open this is refused, and it is written twice. */
	(void)sqlite3_exec(s->lite, "PRAGMA journal_mode = OFF", NULL, NULL, NULL);
	(void)sqlite3_busy_timeout(s->lite, PATIENCE_MS);
	run(s, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -1000000; BEGIN IMMEDIATE");
	for (size_t i = 0; i < s->count; i++)
		s->insert[i] = prepare(s, &s->tables[i]);
}

static void
insert(struct sink *s, size_t table, const struct sink_cell *cells, size_t n)
{
	sqlite3_stmt *st = s->insert[table];
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		const struct sink_cell *c = &cells[i];
		int at = (int)i + 1, length = (int)c->s.n;
		int rc = c->type == 'i'   ? sqlite3_bind_int64(st, at, c->i)
			 : c->type == 't' ? sqlite3_bind_text(st, at, c->s.p, length, SQLITE_STATIC)
					  : sqlite3_bind_blob(st, at, c->s.p, length, SQLITE_STATIC);

		good = good && rc == SQLITE_OK;
	}
	if (!good || sqlite3_step(st) != SQLITE_DONE)
		fail(s, s->tables[table].name);
	(void)sqlite3_reset(st);
}

/* ---- PostgreSQL ---- */

static void
open_postgres(struct sink *s, const char *conninfo)
{
	s->pg = PQconnectdb(conninfo);
	if (PQstatus(s->pg) != CONNECTION_OK)
		fail(s, conninfo);
	run(s, "SET session_replication_role = replica; SET synchronous_commit = off; SET client_min_messages = error");
	for (size_t i = 0; i < s->count; i++)
		s->copy[i] = BUF(BATCH_MOST);
}

/* The text form of COPY: what would end a column is written behind a backslash. */
static void
put_copied(struct buf *out, const struct sink_cell *c)
{
	if (c->type == 'i') {
		buf_printf(out, "%lld", (long long)c->i);
		return;
	}
	if (c->type == 'b') {
		buf_put_cstr(out, "\\\\x");
		encode_hex(out, c->s);
		return;
	}
	for (size_t i = 0; i < c->s.n; i++) {
		char ch = c->s.p[i];

		if (ch == '\\' || ch == '\n' || ch == '\t' || ch == '\r') {
			buf_put_char(out, '\\');
			ch = ch == '\n' ? 'n' : ch == '\t' ? 't' : ch == '\r' ? 'r' : ch;
		}
		buf_put_char(out, ch);
	}
}

static void
copy(struct sink *s, size_t table)
{
	CLEANUP(buf_clear) struct buf sql = BUF(4096);
	PGresult *res;

	if (s->copy[table].n == 0)
		return;
	buf_printf(&sql, "COPY %s (%s) FROM STDIN", s->tables[table].name, s->tables[table].columns);
	buf_put_char(&sql, '\0');
	if (buf_status(&sql) != OK || buf_status(&s->copy[table]) != OK)
		fail(s, "a batch is too large");
	res = PQexec(s->pg, sql.p);
	if (PQresultStatus(res) != PGRES_COPY_IN ||
	    PQputCopyData(s->pg, s->copy[table].p, (int)s->copy[table].n) != 1 || PQputCopyEnd(s->pg, NULL) != 1)
		fail(s, s->tables[table].name);
	PQclear(res);
	while ((res = PQgetResult(s->pg)) != NULL) {
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			fail(s, s->tables[table].name);
		PQclear(res);
	}
	buf_reset(&s->copy[table]);
}

/* ---- both ---- */

struct sink *
sink_open(struct str url, const struct sink_table *tables, size_t count)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct str lite = STR("sqlite:"), pg = STR("postgres:");

	if (s == NULL || count > SINK_TABLES_MOST)
		abort();
	s->tables = tables;
	s->count = count;
	if (str_starts(url, lite))
		open_sqlite(s, url.p + lite.n);
	else if (str_starts(url, pg))
		open_postgres(s, url.p + pg.n);
	else
		abort();
	return s;
}

void
sink_row(struct sink *s, size_t table, const struct sink_cell *cells, size_t n)
{
	struct buf *out = &s->copy[table];

	if (s->lite != NULL) {
		insert(s, table, cells, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		put_copied(out, &cells[i]);
		buf_put_char(out, i + 1 == n ? '\n' : '\t');
	}
}

void
sink_flush(struct sink *s)
{
	if (s->lite != NULL)
		run(s, "COMMIT; BEGIN IMMEDIATE");
	for (size_t i = 0; s->pg != NULL && i < s->count; i++)
		copy(s, i);
}

void
sink_close(struct sink *s)
{
	sink_flush(s);
	if (s->lite != NULL) {
		for (size_t i = 0; i < s->count; i++)
			(void)sqlite3_finalize(s->insert[i]);
		run(s, "COMMIT; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)");
		(void)sqlite3_close(s->lite);
	} else {
		for (size_t i = 0; i < s->count; i++)
			buf_clear(&s->copy[i]);
		run(s, "VACUUM (ANALYZE)");
		run(s, "CHECKPOINT");
		PQfinish(s->pg);
	}
	free(s);
}
