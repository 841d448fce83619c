/* store_pg_values.h: parameters and rows of PostgreSQL. */
#ifndef AUTHD_STORE_STORE_PG_VALUES_H
#define AUTHD_STORE_STORE_PG_VALUES_H

#include <libpq-fe.h>

#include "authd/store/store_driver.h"

/* Parameters as libpq wants them. */
struct store_pg_bound {
	const char *values[STORE_ARGS_MOST];
	int lengths[STORE_ARGS_MOST];
	int formats[STORE_ARGS_MOST];
	char *text; /* NUL-terminated copies */
};

/*
 * Integers go as decimal text, so that the server reads them as whatever integer type the column has; text must end in
 * NUL for libpq; blobs go as they are.
 */
MUST_USE enum status store_pg_bind(struct store_pg_bound *b, const struct store_value *args, unsigned count);
void store_pg_bound_clear(struct store_pg_bound *b);

/* Rows of a result in binary form. Takes res over: the cells borrow from it. */
MUST_USE enum status store_pg_rows(PGresult *res, struct store_result **out);

#endif
