/*
 * sink.h: rows into a database as fast as it takes them, for the crowd of `./run bench decisions`: COPY on PostgreSQL,
 * prepared inserts in large transactions on SQLite, without foreign keys being looked up and without waiting for the
 * disk. Whatever fails ends the program.
 */
#ifndef TESTS_BENCH_SINK_H
#define TESTS_BENCH_SINK_H

#include "auditlog/base/buf.h"

struct sink_table {
	const char *name, *columns; /* "a,b,c" */
};

struct sink_cell {
	char type; /* 't' text, 'i' integer, 'b' blob */
	struct str s;
	int64_t i;
};
#define SINK_TEXT(v) ((struct sink_cell){ .type = 't', .s = (v) })
#define SINK_INT(v)  ((struct sink_cell){ .type = 'i', .i = (int64_t)(v) })
#define SINK_BLOB(v) ((struct sink_cell){ .type = 'b', .s = (v) })
/* `SINK_ROW(sink, PERSON, SINK_TEXT(sub), SINK_INT(1))` */
#define SINK_ROW(sink, table, ...)                                                                                     \
	sink_row(sink, table, (const struct sink_cell[]){ __VA_ARGS__ },                                               \
		 sizeof((const struct sink_cell[]){ __VA_ARGS__ }) / sizeof(struct sink_cell))

#define SINK_TABLES_MOST 16

struct sink;

/* url as store_open() has it. The tables are borrowed. */
struct sink *sink_open(struct str url, const struct sink_table *tables, size_t count);
/* One row of table number `table`, with a cell for each column. */
void sink_row(struct sink *s, size_t table, const struct sink_cell *cells, size_t n);
/* What came so far is in the database. */
void sink_flush(struct sink *s);
/* Flushes, lets the database tidy up as it would in time by itself, and closes. */
void sink_close(struct sink *s);

#endif
