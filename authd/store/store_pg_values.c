#include "authd/store/store_pg_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };

void
store_pg_bound_clear(struct store_pg_bound *b)
{
	free(b->text);
}

static size_t
text_bytes(const struct store_value *v)
{
	return v->type == STORE_INT ? sizeof("-9223372036854775808") : v->type == STORE_TEXT ? v->s.n + 1 : 0;
}

enum status
store_pg_bind(struct store_pg_bound *b, const struct store_value *args, unsigned count)
{
	size_t need = 1;
	char *at;

	for (unsigned i = 0; i < count; i++) {
		if (args[i].s.n > STORE_RESULT_MOST)
			return E_TOO_LARGE;
		need += text_bytes(&args[i]);
	}
	at = b->text = calloc(1, need);
	if (!at)
		return E_NOMEM;
	for (unsigned i = 0; i < count; i++) {
		const struct store_value *v = &args[i];
		b->values[i] = v->type == STORE_NULL ? NULL : v->type == STORE_BLOB ? v->s.p : at;
		b->formats[i] = v->type == STORE_BLOB;
		b->lengths[i] = (int)v->s.n;
		if (v->type == STORE_INT)
			snprintf(at, text_bytes(v), "%" PRId64, v->i);
		else if (v->type == STORE_TEXT)
			memcpy(at, v->s.p, v->s.n);
		at += text_bytes(v);
	}
	return OK;
}

static int64_t
big_endian(const char *p, int n)
{
	/* The first byte carries the sign. */
	int64_t v = (signed char)p[0];

	for (int i = 1; i < n; i++)
		v = (int64_t)((uint64_t)v << 8 | (unsigned char)p[i]);
	return v;
}

static enum status
read_cell(const PGresult *res, int row, int col, struct store_value *cell)
{
	const char *p = PQgetvalue(res, row, col);
	int n = PQgetlength(res, row, col);

	if (PQgetisnull(res, row, col))
		return OK;
	switch (PQftype(res, col)) {
	case OID_BOOL:
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		*cell = store_int(big_endian(p, n));
		return OK;
	case OID_TEXT:
		*cell = store_text(str_from(p, (size_t)n));
		return OK;
	case OID_BYTEA:
		*cell = store_blob(str_from(p, (size_t)n));
		return OK;
	default:
		return E_SYSTEM;
	}
}

static void
drop_pg_result(void *res)
{
	PQclear(res);
}

enum status
store_pg_rows(PGresult *res, struct store_result **out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	int cols = PQnfields(res);

	if (store_result_new((size_t)cols, &rows) != OK) {
		PQclear(res);
		return E_NOMEM;
	}
	rows->foreign = res;
	rows->drop_foreign = drop_pg_result;
	rows->changes = strtoll(PQcmdTuples(res), NULL, 10);
	for (int row = 0; row < PQntuples(res); row++) {
		struct store_value *cells = NULL;
		TRY(store_result_row(rows, &cells));
		for (int col = 0; col < cols; col++)
			TRY(read_cell(res, row, col, &cells[col]));
	}
	*out = STEAL(&rows);
	return OK;
}
