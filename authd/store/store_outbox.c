#include "authd/store/store_outbox.h"

#include <stdlib.h>

#include "authd/store/store_record.h"

#define ADDED         6
#define RECEIPTS_MOST 1000

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_outbox, event_id),     FIELD(TEXT, struct store_outbox, target),
	FIELD(TEXT, struct store_outbox, target_key),   FIELD(TEXT, struct store_outbox, fragment),
	FIELD(LONG, struct store_outbox, created_us),   FIELD(TEXT_OR_NULL, struct store_outbox, mandate_id),
	FIELD(TIME, struct store_outbox, sent_us),      FIELD(INDEX, struct store_outbox, log_index),
	FIELD(BLOB_OR_NULL, struct store_outbox, leaf),
};
static const struct store_record record = STORE_RECORD(struct store_outbox, fields);

/* Where an index goes: parameters are the key, the event id, the index and (in some) the leaf. */
static const struct {
	const char *target;
	enum sql_id ids[4];
	size_t count;
} targets[] = {
	{ STORE_TARGET_NONE, { 0 }, 0 },
	{ STORE_TARGET_FREEZE, { 0 }, 0 },
	{ STORE_TARGET_PERSON, { SQL_OUTBOX_TO_PERSON }, 1 },
	{ STORE_TARGET_ROLE, { SQL_OUTBOX_TO_ROLE }, 1 },
	{ STORE_TARGET_SESSION, { SQL_OUTBOX_TO_SESSION }, 1 },
	{ STORE_TARGET_CLIENT, { SQL_OUTBOX_TO_CLIENT }, 1 },
	{ STORE_TARGET_CODE, { SQL_OUTBOX_TO_CODE }, 1 },
	{ STORE_TARGET_APPROVAL, { SQL_OUTBOX_TO_APPROVAL }, 1 },
	{ STORE_TARGET_REQUEST, { SQL_OUTBOX_TO_REQUEST }, 1 },
	{ STORE_TARGET_CONSENT, { SQL_OUTBOX_TO_CONSENT, SQL_OUTBOX_TO_CONSENT_EVENT }, 2 },
	{ STORE_TARGET_CONSENT_RENEWAL,
	  { SQL_OUTBOX_TO_CONSENT, SQL_OUTBOX_TO_CONSENT_EVENT, SQL_OUTBOX_TO_RENEWED, SQL_OUTBOX_TO_RENEWED_EVENT },
	  4 },
	{ STORE_TARGET_CONSENT_WITHDRAW, { SQL_OUTBOX_TO_CONSENT_WITHDRAW, SQL_OUTBOX_TO_CONSENT_EVENT }, 2 },
	{ STORE_TARGET_CONSENT_EVENT, { SQL_OUTBOX_TO_CONSENT_EVENT }, 1 },
	{ STORE_TARGET_REFRESH, { SQL_OUTBOX_TO_REFRESH }, 1 },
	{ STORE_TARGET_DEVICE, { SQL_OUTBOX_TO_DEVICE }, 1 },
	{ STORE_TARGET_OUTCOME, { SQL_OUTBOX_TO_OUTCOME }, 1 },
	{ STORE_TARGET_BREAKGLASS, { SQL_OUTBOX_TO_BREAKGLASS }, 1 },
	{ STORE_TARGET_POLICY, { SQL_OUTBOX_TO_POLICY }, 1 },
	{ STORE_TARGET_PROPOSAL, { SQL_OUTBOX_TO_PROPOSAL }, 1 },
	{ STORE_TARGET_MANDATE, { SQL_OUTBOX_TO_MANDATE }, 1 },
	{ STORE_TARGET_OBJECTION, { SQL_OUTBOX_TO_OBJECTION }, 1 },
	{ STORE_TARGET_OBJECTION_LIFT, { SQL_OUTBOX_TO_OBJECTION_LIFT }, 1 },
	{ STORE_TARGET_RESTRICTION, { SQL_OUTBOX_TO_RESTRICTION }, 1 },
	{ STORE_TARGET_RESTRICTION_LIFT, { SQL_OUTBOX_TO_RESTRICTION_LIFT }, 1 },
	{ STORE_TARGET_CONTRACT, { SQL_OUTBOX_TO_CONTRACT }, 1 },
	{ STORE_TARGET_CONTRACT_END, { SQL_OUTBOX_TO_CONTRACT_END }, 1 },
	{ STORE_TARGET_ERASING, { SQL_OUTBOX_TO_ERASING, SQL_OUTBOX_TO_PERSON }, 2 },
	{ STORE_TARGET_ERASED, { SQL_OUTBOX_TO_ERASED, SQL_OUTBOX_TO_PERSON }, 2 },
	{ STORE_TARGET_DESK_CASE, { SQL_OUTBOX_TO_DESK_CASE }, 1 },
	{ STORE_TARGET_DESK_OFFER, { SQL_OUTBOX_TO_DESK_OFFER }, 1 },
	{ STORE_TARGET_DESK_CODES, { SQL_OUTBOX_TO_DESK_CODES }, 1 },
	{ STORE_TARGET_QUESTION, { SQL_OUTBOX_TO_QUESTION }, 1 },
	{ STORE_TARGET_QUESTION_TURN, { SQL_OUTBOX_TO_QUESTION_TURN }, 1 },
	{ STORE_TARGET_DEATH, { SQL_OUTBOX_TO_DEATH }, 1 },
	{ STORE_TARGET_DEATH_DECIDED, { SQL_OUTBOX_TO_DEATH_DECIDED, SQL_OUTBOX_TO_DEATH_PERSON }, 2 },
};

void
store_outbox_clear(struct store_outbox *o)
{
	store_result_drop(&o->mem);
	*o = (struct store_outbox){ 0 };
}

void
store_outbox_list_clear(struct store_outbox_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_outbox_list){ 0 };
}

/* ARRAY_LEN(targets) when there is none. */
static size_t
target_find(struct str name)
{
	size_t i = 0;

	while (i < ARRAY_LEN(targets) && !str_is(name, targets[i].target))
		i++;
	return i;
}

enum status
store_outbox_add(struct store_tx *tx, const struct store_outbox *o)
{
	if (target_find(o->target) == ARRAY_LEN(targets))
		return E_INVALID;
	return store_record_put(tx->db, SQL_OUTBOX_ADD, &record, ADDED, o);
}

enum status
store_outbox_find(struct store *db, struct str event_id, struct store_outbox *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_OUTBOX_FIND, STORE_ARGS(store_text(event_id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_outbox_unsent(struct store *db, int64_t before_us, int limit, struct store_outbox_list *out)
{
	void *items;

	if (limit < 1)
		return E_INVALID;
	if (limit > STORE_LIST_MAX)
		limit = STORE_LIST_MAX;
	TRY(store_record_list(db, SQL_OUTBOX_UNSENT, STORE_ARGS(store_int(before_us), store_int(limit)), &record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_outbox_acts(struct store *db, int limit, struct store_outbox_list *out)
{
	void *items;

	if (limit < 1)
		return E_INVALID;
	TRY(store_record_list(db, SQL_OUTBOX_ACTS, STORE_ARGS(store_int(limit)), &record, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}

enum status
store_outbox_backlog(struct store *db, int64_t *count, int64_t *oldest_us)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	int64_t n;

	TRY(store_fetch(db, SQL_OUTBOX_BACKLOG, STORE_NO_ARGS, &rows));
	TRY(store_result_int(rows, 0, 0, &n));
	*oldest_us = n > 0 ? store_result_cell(rows, 0, 1)->i : 0;
	*count = n;
	return OK;
}

enum status
store_outbox_refuse(struct store *db, struct str event_id, int64_t now_us)
{
	return store_change(db, SQL_OUTBOX_REFUSE, STORE_ARGS(store_text(event_id), store_int(now_us)));
}

enum status
store_outbox_refused(struct store *db, int64_t *count)
{
	return store_fetch_int(db, SQL_OUTBOX_REFUSED, STORE_NO_ARGS, count);
}

enum status
store_outbox_try_again(struct store *db)
{
	return store_run(db, SQL_OUTBOX_TRY_AGAIN, STORE_NO_ARGS, NULL);
}

/* ---- receipts ---- */

static enum status
write_back(struct store *db, const struct store_result *row, const struct store_receipt *r)
{
	struct store_value args[4] = {
		store_text(store_result_cell(row, 0, 1)->s),
		store_text(r->event_id),
		store_int((int64_t)r->index),
		store_blob(str_from(r->leaf, sizeof(r->leaf))),
	};
	size_t at = target_find(store_result_cell(row, 0, 0)->s);

	if (at == ARRAY_LEN(targets))
		return E_CORRUPT;
	for (size_t i = 0; i < targets[at].count; i++) {
		enum sql_id id = targets[at].ids[i];
		TRY(store_run(db, id, args, sql_statements[id].params, NULL));
	}
	return OK;
}

/* It was noted before, by another thread or node: the log must have said the same. */
static enum status
check_again(struct store *db, const struct store_receipt *r)
{
	CLEANUP(store_outbox_clear) struct store_outbox there = { 0 };

	TRY(store_outbox_find(db, r->event_id, &there));
	return there.log_index == (int64_t)r->index ? OK : E_CORRUPT;
}

static enum status
note(struct store *db, const struct store_receipt *r, int64_t now_us)
{
	CLEANUP(store_result_drop) struct store_result *row = NULL;
	enum status st =
	    store_fetch(db, SQL_OUTBOX_DONE,
			STORE_ARGS(store_text(r->event_id), store_int(now_us), store_int((int64_t)r->index),
				   store_blob(str_from(r->leaf, sizeof(r->leaf)))),
			&row);

	if (st == E_NOT_FOUND)
		return check_again(db, r);
	TRY(st);
	return write_back(db, row, r);
}

struct receipts {
	const struct store_receipt *sorted[RECEIPTS_MOST];
	size_t count;
	int64_t now_us;
};

static int
by_event(const void *a, const void *b)
{
	const struct store_receipt *const *left = a, *const *right = b;

	return str_cmp((*left)->event_id, (*right)->event_id);
}

static enum status
note_all(struct store_tx *tx, void *arg)
{
	const struct receipts *all = arg;

	for (size_t i = 0; i < all->count; i++)
		TRY(note(tx->db, all->sorted[i], all->now_us));
	return OK;
}

/* In order of event, because two nodes that note the same ones crosswise would wait for each other. */
enum status
store_outbox_done(struct store *db, const struct store_receipt *receipts, size_t count, int64_t now_us)
{
	struct receipts all = { .count = count, .now_us = now_us };

	if (count == 0)
		return OK;
	if (count > RECEIPTS_MOST)
		return E_TOO_LARGE;
	for (size_t i = 0; i < count; i++) {
		if (receipts[i].index > INT64_MAX)
			return E_INVALID;
		all.sorted[i] = &receipts[i];
	}
	qsort(all.sorted, count, sizeof(*all.sorted), by_event);
	return store_retry(db, note_all, &all);
}
