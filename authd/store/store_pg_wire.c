#include "authd/store/store_pg_wire.h"

#include <poll.h>
#include <string.h>

#include "auditlog/base/clock.h"

/* True when the socket is ready, or has an error for libpq to find. */
static bool
ready(const PGconn *conn, short events, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(conn), .events = events };
	int64_t left;

	do {
		left = deadline - clock_mono_us();
		if (left < 0 || p.fd < 0)
			return false;
	} while (poll(&p, 1, (int)(left / 1000) + 1) <= 0);
	return true;
}

static bool
connected(PGconn *conn, int64_t deadline)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		if (next == PGRES_POLLING_FAILED)
			return false;
		if (!ready(conn, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
			return false;
		next = PQconnectPoll(conn);
	}
	return true;
}

static void
say_nothing(void *arg UNUSED, const PGresult *res UNUSED)
{
}

enum status
store_pg_connect(const char *conninfo, int64_t deadline, PGconn **out)
{
	/* What stands after dbname wins over what the operator wrote there. */
	static const char *const names[] = { "dbname",           "client_encoding",
					     "application_name", "tcp_user_timeout",
					     "keepalives_idle",  "keepalives_interval",
					     "keepalives_count", NULL };
	const char *const values[] = { conninfo, "UTF8", "authd", "2000", "5", "2", "2", NULL };
	PGconn *conn = PQconnectStartParams(names, values, 1);

	if (!conn)
		return E_NOMEM;
	if (PQstatus(conn) == CONNECTION_BAD || !connected(conn, deadline) || PQsetnonblocking(conn, 1) != 0) {
		PQfinish(conn);
		return E_UNAVAILABLE;
	}
	/* Notices may quote values, and libpq prints them on stderr. */
	PQsetNoticeReceiver(conn, say_nothing, NULL);
	*out = conn;
	return OK;
}

bool
store_pg_gone(PGconn *conn)
{
	struct pollfd p = { .fd = PQsocket(conn), .events = POLLIN };

	if (p.fd < 0 || PQstatus(conn) != CONNECTION_OK)
		return true;
	/*
	 * Between queries a server says nothing but that it goes away (its farewell may come before the end of file
	 * does) or that its settings changed: in both cases a new connection is right.
	 */
	return poll(&p, 1, 0) > 0;
}

static enum status
flushed(PGconn *conn, int64_t deadline)
{
	int left;

	while ((left = PQflush(conn)) == 1) {
		/* The server may want to be read from before it reads on. */
		if (!ready(conn, POLLIN | POLLOUT, deadline) || PQconsumeInput(conn) != 1)
			return E_UNAVAILABLE;
	}
	return left == 0 ? OK : E_UNAVAILABLE;
}

enum status
store_pg_finish(PGconn *conn, int64_t deadline, PGresult **out)
{
	PGresult *last = NULL;

	TRY(flushed(conn, deadline));
	for (;;) {
		PGresult *res;
		while (PQisBusy(conn)) {
			if (!ready(conn, POLLIN, deadline) || PQconsumeInput(conn) != 1) {
				PQclear(last);
				return E_UNAVAILABLE;
			}
		}
		res = PQgetResult(conn);
		if (!res)
			break;
		/* Of a script that fails, the error is the last result. */
		PQclear(last);
		last = res;
	}
	if (!last || PQstatus(conn) != CONNECTION_OK) {
		PQclear(last);
		return E_UNAVAILABLE;
	}
	*out = last;
	return OK;
}

/* The longest prefix that fits comes first. */
static const struct {
	const char *sqlstate;
	enum status st;
} meanings[] = {
	{ "23505", E_CONFLICT },    { "23503", E_NOT_FOUND }, { "23", E_INVALID },        { "22", E_INVALID },
	{ "40003", E_UNAVAILABLE }, { "40", E_BUSY },         { "25006", E_UNAVAILABLE }, { "55P03", E_UNAVAILABLE },
	{ "57", E_UNAVAILABLE },    { "53", E_UNAVAILABLE },  { "54", E_TOO_LARGE },      { "58", E_UNAVAILABLE },
	{ "08", E_UNAVAILABLE },    { "26", E_UNAVAILABLE },  { "XX001", E_CORRUPT },     { "XX002", E_CORRUPT },
};

enum status
store_pg_meaning(const PGresult *res)
{
	ExecStatusType how = PQresultStatus(res);
	const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (how == PGRES_COMMAND_OK || how == PGRES_TUPLES_OK)
		return OK;
	if (!sqlstate)
		return E_UNAVAILABLE;
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (strncmp(sqlstate, meanings[i].sqlstate, strlen(meanings[i].sqlstate)) == 0)
			return meanings[i].st;
	}
	return E_SYSTEM;
}
