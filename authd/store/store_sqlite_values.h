/* store_sqlite_values.h: parameters and rows of SQLite. */
#ifndef AUTHD_STORE_STORE_SQLITE_VALUES_H
#define AUTHD_STORE_STORE_SQLITE_VALUES_H

#include <sqlite3.h>

#include "authd/store/store_driver.h"

/* Gives SQLite's code. The values are borrowed until the bindings are cleared. */
int store_sqlite_bind(sqlite3_stmt *stmt, const struct store_value *args, unsigned count);
/* Copies the row that stmt stands on. */
MUST_USE enum status store_sqlite_row(sqlite3_stmt *stmt, struct store_result *rows);

#endif
