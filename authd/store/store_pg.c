/*
 * store_pg.c: PostgreSQL, for one node or many. READ COMMITTED: every race that matters is settled inside one statement
 * (UPDATE … WHERE … RETURNING, ON CONFLICT), which re-reads a row that it had to wait for.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/log.h"
#include "authd/store/store_driver.h"
#include "authd/store/store_pg_values.h"
#include "authd/store/store_pg_wire.h"

/* After a failed connecting the next try waits this long; until then the answer is E_UNAVAILABLE at once. */
#define PAUSE_US    INT64_C(200000)
#define ROLLBACK_US INT64_C(400000)
/*
 * A transaction that its node forgot must not hold locks for ever. Every statement is a way along an index from its
 * parameters, the same for all values of them: planning it anew (0.9 ms for the facts of a decision, which run in 0.1)
 * buys nothing. A plan is made again by itself when a table's statistics are.
 */
#define SETTINGS                                                                                                       \
	"SET statement_timeout = 1400; SET lock_timeout = 1400; SET idle_in_transaction_session_timeout = 10000;"      \
	" SET default_transaction_isolation = 'read committed'; SET synchronous_commit = on;"                          \
	" SET plan_cache_mode = force_generic_plan"

_Static_assert(STORE_STATEMENT_MS == 1500, "the server gives up a little before we do: change SETTINGS too");

struct pg {
	char *conninfo;
	PGconn *conn; /* NULL: to be connected */
	bool prepared[SQL_COUNT];
	bool in_tx;
	int64_t next_try_us;
};

static void
hang_up(struct pg *p)
{
	PQfinish(p->conn);
	p->conn = NULL;
	memset(p->prepared, 0, sizeof(p->prepared));
}

/* Names the statement and the SQLSTATE, never the server's message: that may quote values. */
static enum status
complain(const char *what, const PGresult *res, enum status st)
{
	const char *sqlstate = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;

	if (st != E_CONFLICT && st != E_NOT_FOUND)
		log_warn(st, "store.postgres", "statement=%s sqlstate=%s", what, sqlstate ? sqlstate : "none");
	return st;
}

/* A statement over its time or waiting too long for a lock says nothing against the connection; all else does. */
static bool
connection_is_bad(const struct pg *p, const PGresult *res)
{
	const char *sqlstate = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;

	if (!sqlstate || PQstatus(p->conn) != CONNECTION_OK)
		return true;
	return strcmp(sqlstate, "57014") != 0 && strcmp(sqlstate, "55P03") != 0;
}

/* Waits for what was sent. A connection that did not answer in time, or went, is hung up. */
static enum status
answer(struct pg *p, const char *what, int sent, int64_t deadline, PGresult **out)
{
	PGresult *res = NULL;
	enum status st = sent == 1 ? store_pg_finish(p->conn, deadline, &res) : E_UNAVAILABLE;

	if (st == OK)
		st = store_pg_meaning(res);
	if (st == OK) {
		*out = res;
		return OK;
	}
	complain(what, res, st);
	if (st == E_UNAVAILABLE && connection_is_bad(p, res))
		hang_up(p);
	PQclear(res);
	return st;
}

static enum status
simple(struct pg *p, const char *what, const char *text, int64_t deadline)
{
	PGresult *res = NULL;

	if (!p->conn)
		return E_UNAVAILABLE;
	TRY(answer(p, what, PQsendQuery(p->conn, text), deadline, &res));
	PQclear(res);
	return OK;
}

static enum status
connected(struct pg *p, int64_t deadline)
{
	enum status st;

	if (p->in_tx)
		return p->conn ? OK : E_UNAVAILABLE;
	if (p->conn && store_pg_gone(p->conn))
		hang_up(p);
	if (p->conn)
		return OK;
	if (clock_mono_us() < p->next_try_us)
		return E_UNAVAILABLE;
	st = store_pg_connect(p->conninfo, deadline, &p->conn);
	if (st == OK)
		st = simple(p, "settings", SETTINGS, deadline);
	if (st != OK) {
		complain("connect", NULL, st);
		hang_up(p);
		p->next_try_us = clock_mono_us() + PAUSE_US;
	}
	return st;
}

static void
pg_close(void *conn)
{
	struct pg *p = conn;

	hang_up(p);
	free(p->conninfo);
	free(p);
}

static enum status
pg_open(struct str where, void **conn)
{
	PQconninfoOption *options;
	struct pg *p = calloc(1, sizeof(*p));
	enum status st;

	if (!p)
		return E_NOMEM;
	st = str_dup(where, &p->conninfo);
	options = st == OK ? PQconninfoParse(p->conninfo, NULL) : NULL;
	if (st == OK && !options)
		st = E_INVALID;
	PQconninfoFree(options);
	if (st != OK) {
		pg_close(p);
		return st;
	}
	*conn = p;
	return OK;
}

/* ---- statements ---- */

static const char *
statement_name(enum sql_id id, char name[static 16])
{
	snprintf(name, 16, "s%d", (int)id);
	return name;
}

static enum status
prepared(struct pg *p, enum sql_id id, int64_t deadline)
{
	PGresult *res = NULL;
	char name[16];

	if (p->prepared[id])
		return OK;
	TRY(answer(p, sql_statements[id].name,
		   PQsendPrepare(p->conn, statement_name(id, name), sql_statements[id].postgres, 0, NULL), deadline,
		   &res));
	PQclear(res);
	p->prepared[id] = true;
	return OK;
}

static enum status
pg_run(void *conn, enum sql_id id, const struct store_value *args, int64_t deadline, struct store_result **out)
{
	struct pg *p = conn;
	CLEANUP(store_pg_bound_clear) struct store_pg_bound b = { 0 };
	PGresult *res = NULL;
	char name[16];

	TRY(store_pg_bind(&b, args, sql_statements[id].params));
	TRY(connected(p, deadline));
	TRY(prepared(p, id, deadline));
	TRY(answer(p, sql_statements[id].name,
		   PQsendQueryPrepared(p->conn, statement_name(id, name), (int)sql_statements[id].params, b.values,
				       b.lengths, b.formats, 1),
		   deadline, &res));
	return store_pg_rows(res, out);
}

static enum status
pg_script(void *conn, const char *text, int64_t deadline)
{
	return simple(conn, "script", text, deadline);
}

/*
 * VACUUM runs in no transaction, and on large tables for longer than a statement otherwise may. It names the tables
 * that keys, particulars and factors are deleted from.
 */
static enum status
pg_scrub(void *conn, int64_t deadline)
{
	enum status st;

	TRY(connected(conn, deadline));
	TRY(simple(conn, "scrub", "SET statement_timeout = 0", deadline));
	st = simple(conn, "scrub", "VACUUM person_key, person_tag, person, password, totp, recovery_code", deadline);
	if (simple(conn, "settings", SETTINGS, deadline) != OK)
		hang_up(conn);
	return st;
}

/* ---- transactions ---- */

static enum status
pg_begin(void *conn, int64_t deadline)
{
	struct pg *p = conn;

	TRY(connected(p, deadline));
	TRY(simple(p, "begin", "BEGIN", deadline));
	p->in_tx = true;
	return OK;
}

static void
pg_rollback(void *conn)
{
	struct pg *p = conn;

	p->in_tx = false;
	if (p->conn && simple(p, "rollback", "ROLLBACK", clock_mono_us() + ROLLBACK_US) != OK && p->conn)
		hang_up(p);
}

/* A transaction that failed is rolled back by COMMIT without an error: only the command tag tells. */
static enum status
pg_commit(void *conn, int64_t deadline)
{
	struct pg *p = conn;
	PGresult *res = NULL;
	bool committed;

	p->in_tx = false;
	if (!p->conn)
		return E_UNAVAILABLE;
	TRY(answer(p, "commit", PQsendQuery(p->conn, "COMMIT"), deadline, &res));
	committed = strcmp(PQcmdStatus(res), "COMMIT") == 0;
	PQclear(res);
	return committed ? OK : E_SYSTEM;
}

const struct store_backend store_pg_backend = {
	.scheme = "postgres:",
	.steps = sql_postgres_steps,
	.lock_schema = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
		       " SELECT pg_advisory_xact_lock(7020604118);",
	.open = pg_open,
	.close = pg_close,
	.run = pg_run,
	.script = pg_script,
	.scrub = pg_scrub,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
};
