/*
 * store_pg_wire.h: libpq with deadlines. libpq's own calls wait for ever for a server that has stopped; these hand the
 * query over and poll. E_UNAVAILABLE everywhere means: the connection is of no use any more.
 */
#ifndef AUTHD_STORE_STORE_PG_WIRE_H
#define AUTHD_STORE_STORE_PG_WIRE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/status.h"

/* Connects as conninfo says; *out is owned by the caller (PQfinish). */
MUST_USE enum status store_pg_connect(const char *conninfo, int64_t deadline, PGconn **out);
/* True when the server has hung up or said anything since the last query: connect anew. */
bool store_pg_gone(PGconn *conn);
/* After a PQsend…: flushes, waits, and gives the last result (PQclear); it may be an error of the server's. */
MUST_USE enum status store_pg_finish(PGconn *conn, int64_t deadline, PGresult **out);
/* What a result of the server's means: OK, or by its SQLSTATE. */
enum status store_pg_meaning(const PGresult *res);

#endif
