#include "authd/store/store_sqlite_values.h"

#include <string.h>

static int
bind_one(sqlite3_stmt *stmt, int at, const struct store_value *v)
{
	switch (v->type) {
	case STORE_INT:
		return sqlite3_bind_int64(stmt, at, v->i);
	case STORE_TEXT:
		return sqlite3_bind_text64(stmt, at, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case STORE_BLOB:
		return sqlite3_bind_blob64(stmt, at, v->s.p, v->s.n, SQLITE_STATIC);
	case STORE_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

int
store_sqlite_bind(sqlite3_stmt *stmt, const struct store_value *args, unsigned count)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < count && rc == SQLITE_OK; i++)
		rc = bind_one(stmt, (int)i + 1, &args[i]);
	return rc;
}

/* Text and blobs of the row go into one piece of memory, each with a NUL behind it. */
static size_t
row_bytes(sqlite3_stmt *stmt, size_t cols)
{
	size_t n = 0;

	for (size_t i = 0; i < cols; i++) {
		int type = sqlite3_column_type(stmt, (int)i);
		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			n += (size_t)sqlite3_column_bytes(stmt, (int)i) + 1;
	}
	return n;
}

static char *
copy_cell(sqlite3_stmt *stmt, int col, struct store_value *cell, char *room)
{
	int type = sqlite3_column_type(stmt, col);
	size_t n = type == SQLITE_TEXT || type == SQLITE_BLOB ? (size_t)sqlite3_column_bytes(stmt, col) : 0;

	switch (type) {
	case SQLITE_INTEGER:
		*cell = store_int(sqlite3_column_int64(stmt, col));
		return room;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		if (n > 0)
			memcpy(room, sqlite3_column_blob(stmt, col), n);
		*cell = (struct store_value){ .type = type == SQLITE_TEXT ? STORE_TEXT : STORE_BLOB,
					      .s = str_from(room, n) };
		return room + n + 1;
	default:
		return room;
	}
}

enum status
store_sqlite_row(sqlite3_stmt *stmt, struct store_result *rows)
{
	struct store_value *cells = NULL;
	size_t n = row_bytes(stmt, rows->cols);
	void *room = NULL;
	char *at;

	TRY(store_result_row(rows, &cells));
	if (n > 0)
		TRY(store_result_room(rows, n, &room));
	at = room;
	for (size_t i = 0; i < rows->cols; i++)
		at = copy_cell(stmt, (int)i, &cells[i], at);
	return OK;
}
