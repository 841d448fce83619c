#include "authd/store/store_national.h"

#include "authd/store/store_driver.h"
#include "authd/store/store_record.h"

static const struct store_field columns[] = {
	FIELD(TEXT, struct store_national, sub),
	FIELD(INT, struct store_national, stranger),
};
static const struct store_record record = STORE_RECORD(struct store_national, columns);

#define ARRIVING 8 /* columns of person_arrive.sql */

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_person, sub),
	FIELD(TEXT_OR_NULL, struct store_person, login),
	FIELD(TEXT, struct store_person, kind),
	FIELD(INT, struct store_person, status),
	FIELD(BLOB_OR_NULL, struct store_person, profile),
	FIELD(TEXT_OR_NULL, struct store_person, pseudonym),
	FIELD(LONG, struct store_person, created_us),
	FIELD(TEXT, struct store_person, event_id),
};
static const struct store_record person = STORE_RECORD(struct store_person, fields);

void
store_national_clear(struct store_national *n)
{
	store_result_drop(&n->mem);
	*n = (struct store_national){ 0 };
}

enum status
store_national_find(struct store *db, struct str hash, struct store_national *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_NATIONAL_FIND, STORE_ARGS(store_blob(hash)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

static enum status
add(struct store_tx *tx, struct str hash, struct str sub, struct store_value asked_us)
{
	enum status st =
	    store_change(tx->db, SQL_NATIONAL_ADD, STORE_ARGS(store_blob(hash), store_text(sub), asked_us));

	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

enum status
store_national_add(struct store_tx *tx, struct str hash, struct str sub)
{
	return add(tx, hash, sub, store_time_or_null(0));
}

enum status
store_national_arrive(struct store_tx *tx, struct str hash, const struct store_person *p)
{
	struct store_value args[ARRIVING];
	enum status st = store_change(tx->db, SQL_NATIONAL_ARRIVE, STORE_ARGS(store_blob(hash), store_text(p->sub)));

	if (st == E_NOT_FOUND)
		return E_CONFLICT;
	TRY(st);
	store_record_bind(&person, ARRIVING, p, args);
	st = store_change(tx->db, SQL_PERSON_ARRIVE, args, ARRIVING);
	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

/* ---- asked about ---- */

/* Person, key, number: three. */
enum status
store_stranger_add(struct store_tx *tx, struct str hash, struct str sub, struct str wrapped_key, int64_t now_us)
{
	const struct store_person stranger = { .sub = sub,
					       .kind = STR("adult"),
					       .status = STORE_PERSON_DISABLED,
					       .wrapped_key = wrapped_key,
					       .created_us = now_us,
					       .event_id = STR("") };

	TRY(store_person_add(tx, &stranger));
	return add(tx, hash, sub, store_int(now_us));
}

static enum status
note(struct store_tx *tx, struct str noise, int64_t now_us)
{
	return store_run(tx->db, SQL_DECOY_ADD, STORE_ARGS(store_text(noise), store_int(now_us)), NULL);
}

enum status
store_stranger_asked(struct store_tx *tx, struct str hash, int64_t now_us)
{
	TRY(store_change(tx->db, SQL_NATIONAL_ASKED, STORE_ARGS(store_blob(hash), store_int(now_us))));
	TRY(note(tx, STR("stranger"), now_us));
	return note(tx, STR("stranger"), now_us);
}

enum status
store_stranger_none(struct store_tx *tx, const struct str noise[3], int64_t now_us)
{
	for (size_t i = 0; i < 3; i++)
		TRY(note(tx, noise[i], now_us));
	return OK;
}

/* ---- forgotten ---- */

/* The number first: whoever is asked about again in this moment keeps it, and all of it stays. */
static enum status
forget(struct store *db, struct str sub, int64_t before_us)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	TRY(store_begin(db, &tx));
	st = store_change(db, SQL_STRANGER_FORGET, STORE_ARGS(store_text(sub), store_int(before_us)));
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(store_run(db, SQL_STRANGER_FORGET_REQUESTS, STORE_ARGS(store_text(sub)), NULL));
	TRY(store_run(db, SQL_PERSON_ERASE_INBOX, STORE_ARGS(store_text(sub)), NULL));
	TRY(store_run(db, SQL_PERSON_KEY_DESTROY, STORE_ARGS(store_text(sub)), NULL));
	TRY(store_run(db, SQL_STRANGER_FORGET_PERSON, STORE_ARGS(store_text(sub)), NULL));
	return store_commit(&tx);
}

enum status
store_stranger_forget(struct store *db, int64_t before_us, int batch, size_t *forgotten)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	size_t n = 0;

	if (batch < 1 || batch > STORE_STRANGERS_MOST)
		return E_INVALID;
	TRY(store_run(db, SQL_STRANGER_OVER, STORE_ARGS(store_int(before_us), store_int(batch)), &rows));
	for (size_t i = 0; i < rows->rows; i++) {
		TRY(forget(db, store_result_cell(rows, i, 0)->s, before_us));
		n++;
	}
	*forgotten = n;
	return OK;
}
