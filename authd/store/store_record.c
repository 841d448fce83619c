#include "authd/store/store_record.h"

#include <limits.h>
#include <string.h>

/* Members are copied, not dereferenced through a cast pointer: their types differ and the table knows them. */
static struct str
get_str(const char *at)
{
	struct str s;

	memcpy(&s, at, sizeof(s));
	return s;
}

static int64_t
get_long(const char *at)
{
	int64_t i;

	memcpy(&i, at, sizeof(i));
	return i;
}

static int
get_int(const char *at)
{
	int i;

	memcpy(&i, at, sizeof(i));
	return i;
}

static struct store_value
field_value(enum store_kind kind, const char *at)
{
	switch (kind) {
	case FIELD_TEXT:
		return store_text(get_str(at));
	case FIELD_TEXT_OR_NULL:
		return store_text_or_null(get_str(at));
	case FIELD_BLOB:
		return store_blob(get_str(at));
	case FIELD_BLOB_OR_NULL:
		return store_blob_or_null(get_str(at));
	case FIELD_INT:
		return store_int(get_int(at));
	case FIELD_LONG:
		return store_int(get_long(at));
	case FIELD_TIME:
		return store_time_or_null(get_long(at));
	case FIELD_INDEX:
		return get_long(at) >= 0 ? store_int(get_long(at)) : (struct store_value){ .type = STORE_NULL };
	case FIELD_BOOL:
		return store_int(*(const bool *)at);
	}
	return (struct store_value){ .type = STORE_NULL };
}

void
store_record_bind(const struct store_record *rec, size_t n, const void *from, struct store_value *args)
{
	for (size_t i = 0; i < n; i++)
		args[i] = field_value(rec->fields[i].kind, (const char *)from + rec->fields[i].offset);
}

enum status
store_record_put(struct store *db, enum sql_id id, const struct store_record *rec, size_t n, const void *from)
{
	struct store_value args[STORE_ARGS_MOST];

	if (n > STORE_ARGS_MOST || n > rec->count)
		return E_SYSTEM;
	store_record_bind(rec, n, from, args);
	return store_run(db, id, args, n, NULL);
}

/* What each kind accepts from the database, and what it makes of SQL NULL. */
static const struct {
	enum store_type type;
	bool null;
	int64_t absent;
} rules[] = {
	[FIELD_TEXT] = { STORE_TEXT, false, 0 }, [FIELD_TEXT_OR_NULL] = { STORE_TEXT, true, 0 },
	[FIELD_BLOB] = { STORE_BLOB, false, 0 }, [FIELD_BLOB_OR_NULL] = { STORE_BLOB, true, 0 },
	[FIELD_INT] = { STORE_INT, true, 0 },    [FIELD_LONG] = { STORE_INT, true, 0 },
	[FIELD_TIME] = { STORE_INT, true, 0 },   [FIELD_INDEX] = { STORE_INT, true, STORE_NO_INDEX },
	[FIELD_BOOL] = { STORE_INT, true, 0 },
};

static enum status
set_int(char *at, int64_t i)
{
	int narrow = (int)i;

	if (i < INT_MIN || i > INT_MAX)
		return E_CORRUPT;
	memcpy(at, &narrow, sizeof(narrow));
	return OK;
}

static enum status
set_field(enum store_kind kind, char *at, const struct store_value *cell)
{
	int64_t i = cell->type == STORE_NULL ? rules[kind].absent : cell->i;

	if (cell->type != rules[kind].type && !(cell->type == STORE_NULL && rules[kind].null))
		return E_CORRUPT;
	if (kind == FIELD_INT)
		return set_int(at, i);
	if (kind == FIELD_BOOL)
		*(bool *)at = i > 0;
	else if (rules[kind].type == STORE_INT)
		memcpy(at, &i, sizeof(i));
	else
		memcpy(at, &cell->s, sizeof(cell->s));
	return OK;
}

enum status
store_record_read(const struct store_record *rec, const struct store_result *rows, size_t row, void *to)
{
	if (rows->cols != rec->count)
		return E_SYSTEM;
	memset(to, 0, rec->size);
	for (size_t i = 0; i < rec->count; i++) {
		const struct store_field *f = &rec->fields[i];
		TRY(set_field(f->kind, (char *)to + f->offset, store_result_cell(rows, row, i)));
	}
	return OK;
}

enum status
store_record_find(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
		  const struct store_record *rec, void *to, struct store_result **mem)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	void *found;

	TRY(store_fetch(db, id, args, count, &rows));
	/* Read beside *to first, which is written only on OK. */
	TRY(store_result_room(rows, rec->size, &found));
	TRY(store_record_read(rec, rows, 0, found));
	memcpy(to, found, rec->size);
	*mem = STEAL(&rows);
	return OK;
}

enum status
store_record_list(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
		  const struct store_record *rec, void **items, size_t *n, struct store_result **mem)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	void *room = NULL;

	TRY(store_run(db, id, args, count, &rows));
	TRY(store_result_room(rows, rows->rows * rec->size + 1, &room));
	for (size_t i = 0; i < rows->rows; i++)
		TRY(store_record_read(rec, rows, i, (char *)room + i * rec->size));
	*items = room;
	*n = rows->rows;
	*mem = STEAL(&rows);
	return OK;
}
