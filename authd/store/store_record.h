/*
 * store_record.h: inside authd/store only. A family's struct as a table of fields, in the order of its columns, so that
 * binding and reading are written once.
 */
#ifndef AUTHD_STORE_STORE_RECORD_H
#define AUTHD_STORE_STORE_RECORD_H

#include "authd/store/store_driver.h"

enum store_kind {
	FIELD_TEXT,         /* struct str, never NULL */
	FIELD_TEXT_OR_NULL, /* struct str; p NULL is SQL NULL */
	FIELD_BLOB,
	FIELD_BLOB_OR_NULL,
	FIELD_INT,   /* int */
	FIELD_LONG,  /* int64_t */
	FIELD_TIME,  /* int64_t; 0 is SQL NULL */
	FIELD_INDEX, /* int64_t; STORE_NO_INDEX is SQL NULL */
	FIELD_BOOL,  /* bool; 0 or more in the database */
};

struct store_field {
	enum store_kind kind;
	size_t offset;
};
/* One row of the table: `FIELD(TEXT, struct store_person, sub)`. */
#define FIELD(kind, type, member)                                                                                      \
	{                                                                                                              \
		FIELD_##kind, offsetof(type, member)                                                                   \
	}

struct store_record {
	const struct store_field *fields;
	size_t count;
	size_t size; /* of the struct */
};
#define STORE_RECORD(type, table)                                                                                      \
	{                                                                                                              \
		.fields = (table), .count = ARRAY_LEN(table), .size = sizeof(type)                                     \
	}

/* The first n fields as parameters. */
void store_record_bind(const struct store_record *rec, size_t n, const void *from, struct store_value *args);
/* Runs a statement whose parameters are the first n fields. */
MUST_USE enum status
store_record_put(struct store *db, enum sql_id id, const struct store_record *rec, size_t n, const void *from);
/* One row into a zeroed struct; E_CORRUPT when a column is not what the table says. */
MUST_USE enum status
store_record_read(const struct store_record *rec, const struct store_result *rows, size_t row, void *to);
/* Runs a statement and reads its first row: E_NOT_FOUND when there is none. *mem is what to's strings borrow from. */
MUST_USE enum status store_record_find(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
				       const struct store_record *rec, void *to, struct store_result **mem);
/* Runs a statement and reads all rows into an array that *mem owns. */
MUST_USE enum status
store_record_list(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
		  const struct store_record *rec, void **items, size_t *n, struct store_result **mem);

#endif
