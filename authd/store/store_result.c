/* store_result.c: rows in memory, whichever database they came from. */
#include <stdlib.h>
#include <string.h>

#include "authd/store/store_driver.h"

struct store_chunk {
	struct store_chunk *next;
	max_align_t bytes[];
};

enum status
store_result_new(size_t cols, struct store_result **out)
{
	struct store_result *r = calloc(1, sizeof(*r));

	if (!r)
		return E_NOMEM;
	r->cols = cols;
	*out = r;
	return OK;
}

void
store_result_drop(struct store_result **mem)
{
	struct store_result *r = *mem;

	if (!r)
		return;
	*mem = NULL;
	while (r->chunks) {
		struct store_chunk *next = r->chunks->next;
		free(r->chunks);
		r->chunks = next;
	}
	if (r->foreign)
		r->drop_foreign(r->foreign);
	free(r->cells);
	free(r);
}

static enum status
grow(struct store_result *r)
{
	size_t room = r->room ? r->room * 2 : 1;
	struct store_value *cells = reallocarray(r->cells, room * r->cols, sizeof(*cells));

	if (!cells)
		return E_NOMEM;
	r->cells = cells;
	r->room = room;
	return OK;
}

enum status
store_result_row(struct store_result *r, struct store_value **cells)
{
	if (r->rows == r->room)
		TRY(grow(r));
	*cells = r->cells + r->rows * r->cols;
	memset(*cells, 0, r->cols * sizeof(**cells));
	r->rows++;
	return OK;
}

enum status
store_result_room(struct store_result *r, size_t n, void **out)
{
	struct store_chunk *chunk;

	if (n > STORE_RESULT_MOST - r->bytes)
		return E_TOO_LARGE;
	chunk = calloc(1, sizeof(*chunk) + n);
	if (!chunk)
		return E_NOMEM;
	r->bytes += n;
	chunk->next = r->chunks;
	r->chunks = chunk;
	*out = chunk->bytes;
	return OK;
}

const struct store_value *
store_result_cell(const struct store_result *r, size_t row, size_t col)
{
	static const struct store_value none = { .type = STORE_NULL };

	return row < r->rows && col < r->cols ? &r->cells[row * r->cols + col] : &none;
}

enum status
store_result_int(const struct store_result *r, size_t row, size_t col, int64_t *out)
{
	const struct store_value *cell = store_result_cell(r, row, col);

	if (cell->type != STORE_INT)
		return E_CORRUPT;
	*out = cell->i;
	return OK;
}

struct store_value
store_int(int64_t i)
{
	return (struct store_value){ .type = STORE_INT, .i = i };
}

struct store_value
store_text(struct str s)
{
	return (struct store_value){ .type = STORE_TEXT, .s = { s.p ? s.p : "", s.n } };
}

struct store_value
store_blob(struct str s)
{
	return (struct store_value){ .type = STORE_BLOB, .s = { s.p ? s.p : "", s.n } };
}

struct store_value
store_text_or_null(struct str s)
{
	return s.p ? store_text(s) : (struct store_value){ .type = STORE_NULL };
}

struct store_value
store_blob_or_null(struct str s)
{
	return s.p ? store_blob(s) : (struct store_value){ .type = STORE_NULL };
}

struct store_value
store_time_or_null(int64_t us)
{
	return us ? store_int(us) : (struct store_value){ .type = STORE_NULL };
}
