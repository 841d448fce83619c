/*
 * store_driver.h: inside authd/store only. What a backend is, and how the families talk to it: values in, rows out.
 */
#ifndef AUTHD_STORE_STORE_DRIVER_H
#define AUTHD_STORE_STORE_DRIVER_H

#include "authd/store/sql.h"
#include "authd/store/store.h"

enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB };

struct store_value {
	enum store_type type;
	int64_t i;
	struct str s;
};

/* Parameters. An absent str (p NULL) is SQL NULL only with the _or_null forms; else it is empty. */
struct store_value store_int(int64_t i);
struct store_value store_text(struct str s);
struct store_value store_blob(struct str s);
struct store_value store_text_or_null(struct str s);
struct store_value store_blob_or_null(struct str s);
struct store_value store_time_or_null(int64_t us);

/* `STORE_ARGS(store_text(a), store_int(b))` stands for the two arguments args and count. */
#define STORE_ARGS(...)                                                                                                \
	(const struct store_value[]){ __VA_ARGS__ },                                                                   \
	    sizeof((const struct store_value[]){ __VA_ARGS__ }) / sizeof(struct store_value)
#define STORE_NO_ARGS   NULL, 0
#define STORE_ARGS_MOST 48

/* ---- rows ---- */

#define STORE_RESULT_MOST ((size_t)64 << 20) /* bytes; more is E_TOO_LARGE */

struct store_chunk;

struct store_result {
	size_t rows, cols, room; /* room: rows that cells has space for */
	struct store_value *cells;
	struct store_chunk *chunks; /* what the cells of SQLite borrow from, and lists made of the rows */
	size_t bytes;
	void *foreign; /* what the cells of PostgreSQL borrow from */
	void (*drop_foreign)(void *foreign);
	int64_t changes; /* rows that the statement changed */
};

MUST_USE enum status store_result_new(size_t cols, struct store_result **out);
/* The cells of one more row, all NULL; borrowed until the next row. */
MUST_USE enum status store_result_row(struct store_result *r, struct store_value **cells);
/* n bytes that live as long as the result, zeroed. */
MUST_USE enum status store_result_room(struct store_result *r, size_t n, void **out);
const struct store_value *store_result_cell(const struct store_result *r, size_t row, size_t col);
/* An integer of a row; E_CORRUPT when it is anything else. */
MUST_USE enum status store_result_int(const struct store_result *r, size_t row, size_t col, int64_t *out);

/* ---- statements ---- */

/* Runs a statement. *out (may be NULL) is every row, already read; store_result_drop() frees it. */
MUST_USE enum status
store_run(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_result **out);
/* The same for a statement that must change a row: E_NOT_FOUND when it changed none. */
MUST_USE enum status store_change(struct store *db, enum sql_id id, const struct store_value *args, size_t count);
/* The same for one that must give a row. */
MUST_USE enum status
store_fetch(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_result **out);
/* The first column of the first row, an integer; E_NOT_FOUND when there is no row. */
MUST_USE enum status
store_fetch_int(struct store *db, enum sql_id id, const struct store_value *args, size_t count, int64_t *out);

/* ---- backends ---- */

/*
 * Deadlines are clock_mono_us() values: what is not done by then is E_UNAVAILABLE. A connection that broke is opened
 * again by the next run() or begin() outside a transaction. rollback() leaves no transaction behind, if need be by
 * hanging up.
 */
struct store_backend {
	const char *scheme; /* "sqlite:" */
	const struct sql_step *steps;
	const char *lock_schema; /* script that lets one node at a time change the schema, until the transaction ends */
	MUST_USE enum status (*open)(struct str where, void **conn);
	void (*close)(void *conn);
	MUST_USE enum status (*run)(void *conn, enum sql_id id, const struct store_value *args, int64_t deadline,
				    struct store_result **out);
	/* Several statements without parameters, inside a transaction. */
	MUST_USE enum status (*script)(void *conn, const char *text, int64_t deadline);
	/* See store_scrub(). Outside a transaction. */
	MUST_USE enum status (*scrub)(void *conn, int64_t deadline);
	MUST_USE enum status (*begin)(void *conn, int64_t deadline);
	MUST_USE enum status (*commit)(void *conn, int64_t deadline);
	void (*rollback)(void *conn);
};

extern const struct store_backend store_sqlite_backend;
extern const struct store_backend store_pg_backend;

struct store {
	const struct store_backend *backend;
	void *conn;
	bool in_tx;
	enum status tx_failed; /* OK, or what the database said first in this transaction */
	int64_t tx_deadline;
};

/* store_begin with another time for the whole transaction, and a script in one. */
MUST_USE enum status store_begin_within(struct store *db, struct store_tx *tx, int64_t us);
MUST_USE enum status store_script(struct store_tx *tx, const char *text);

#endif
