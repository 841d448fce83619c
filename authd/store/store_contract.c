#include "authd/store/store_contract.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_page.h"

#define ADDED 11

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_contract, contract_id), FIELD(TEXT, struct store_contract, sub),
	FIELD(TEXT, struct store_contract, service),     FIELD(TEXT, struct store_contract, organisation),
	FIELD(TEXT, struct store_contract, kind),        FIELD(TEXT, struct store_contract, details),
	FIELD(TEXT, struct store_contract, state),       FIELD(LONG, struct store_contract, from_us),
	FIELD(LONG, struct store_contract, until_us),    FIELD(TEXT, struct store_contract, ctag),
	FIELD(LONG, struct store_contract, proposed_us), FIELD(TIME, struct store_contract, answered_us),
	FIELD(TIME, struct store_contract, ended_us),    FIELD(TEXT, struct store_contract, event_id),
	FIELD(INDEX, struct store_contract, log_index),  FIELD(TEXT_OR_NULL, struct store_contract, end_event_id),
	FIELD(INDEX, struct store_contract, end_index),
};
static const struct store_record record = STORE_RECORD(struct store_contract, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 10, 0 }, .key_count = 2, .newest_first = true };

void
store_contract_clear(struct store_contract *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_contract){ 0 };
}

void
store_contract_list_clear(struct store_contract_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_contract_list){ 0 };
}

/*
 * The service's row (store_bound.h): every bound is one of its own. Not the person's, which nobody's proposal has. A
 * service without any client proposes nothing, and has nobody to wait for.
 */
static enum status
lock(struct store_tx *tx, struct str service)
{
	enum status st = store_bound_lock(tx, SQL_SERVICE_LOCK, service);

	return st == E_NOT_FOUND && tx->db->tx_failed == OK ? OK : st;
}

static enum status
check_day(struct store_tx *tx, const struct store_contract *c)
{
	const int64_t since = c->proposed_us - DAY_US;

	TRY(store_bound_room(tx, SQL_CONTRACT_RECENT_OF,
			     STORE_ARGS(store_text(c->sub), store_text(c->service), store_int(since)),
			     STORE_CONTRACTS_OF_PERSON));
	return store_bound_room(tx, SQL_CONTRACT_RECENT_FOR, STORE_ARGS(store_text(c->service), store_int(since)),
				STORE_CONTRACTS_OF_SERVICE);
}

enum status
store_contract_add(struct store_tx *tx, const struct store_contract *c)
{
	enum status st;

	TRY(lock(tx, c->service));
	st = store_bound_room(
	    tx, SQL_CONTRACT_OPEN,
	    STORE_ARGS(store_text(c->sub), store_text(c->service), store_text(c->kind), store_int(c->proposed_us)), 1);
	if (st != OK)
		return st == E_LIMITED ? E_CONFLICT : st;
	TRY(check_day(tx, c));
	return store_record_put(tx->db, SQL_CONTRACT_ADD, &record, ADDED, c);
}

enum status
store_contract_find(struct store *db, struct str id, struct str sub, struct str service, struct store_contract *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_CONTRACT_FIND, STORE_ARGS(store_text(id), store_text(sub), store_text(service)),
			      &record, out, &mem));
	out->mem = mem;
	return OK;
}

static enum status
used(enum status st)
{
	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_contract_answer(struct store_tx *tx, struct str id, struct str sub, struct str state, int64_t now_us,
		      struct str event_id)
{
	return used(store_change(
	    tx->db, SQL_CONTRACT_ANSWER,
	    STORE_ARGS(store_text(id), store_text(sub), store_text(state), store_int(now_us), store_text(event_id))));
}

enum status
store_contract_end(struct store_tx *tx, struct str id, int64_t now_us, struct str event_id)
{
	return used(store_change(tx->db, SQL_CONTRACT_END,
				 STORE_ARGS(store_text(id), store_int(now_us), store_text(event_id))));
}

enum status
store_contract_in_force(struct store *db, struct str sub, int limit, struct store_contract_list *out)
{
	void *items = NULL;

	TRY(store_record_list(db, SQL_CONTRACT_IN_FORCE, STORE_ARGS(store_text(sub), store_int(limit)), &record, &items,
			      &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_contract_page(struct store *db, struct str sub, struct str service, struct str cursor, int limit,
		    struct store_contract_list *out)
{
	struct store_page page;

	if (sub.n == 0 && service.n == 0)
		return E_INVALID;
	TRY(store_page_read(db, sub.n > 0 ? SQL_CONTRACT_PAGE_OF : SQL_CONTRACT_PAGE_FOR,
			    STORE_ARGS(store_text(sub.n > 0 ? sub : service)), &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
