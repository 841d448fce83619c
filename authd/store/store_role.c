#include "authd/store/store_role.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 5

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_role, sub),      FIELD(TEXT, struct store_role, organisation),
	FIELD(TEXT, struct store_role, role),     FIELD(LONG, struct store_role, assigned_us),
	FIELD(TEXT, struct store_role, event_id), FIELD(INDEX, struct store_role, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_role, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 1, 2, 0 }, .key_count = 3 };

void
store_role_list_clear(struct store_role_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_role_list){ 0 };
}

enum status
store_role_assign(struct store_tx *tx, const struct store_role *r)
{
	struct store_value args[ADDED];
	enum status st;

	store_record_bind(&record, ADDED, r, args);
	st = store_change(tx->db, SQL_ROLE_ASSIGN, args, ADDED);
	/* Nothing inserted means it was there. An unknown person is the database's own E_NOT_FOUND and ends the
	 * transaction. */
	return st == E_NOT_FOUND && tx->db->tx_failed == OK ? E_CONFLICT : st;
}

enum status
store_role_revoke(struct store_tx *tx, struct str sub, struct str organisation, struct str role)
{
	return store_change(tx->db, SQL_ROLE_REVOKE,
			    STORE_ARGS(store_text(sub), store_text(organisation), store_text(role)));
}

enum status
store_role_held(struct store_tx *tx, struct str sub, struct store_role_list *out)
{
	struct store_page page = { 0 };

	TRY(store_bound_lock(tx, SQL_PERSON_LOCK, sub));
	TRY(store_record_list(tx->db, SQL_ROLE_HELD, STORE_ARGS(store_text(sub)), &record, &page.items, &page.count,
			      &page.mem));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_role_of(struct store *db, struct str sub, struct store_role_list *out)
{
	struct store_page page = { 0 };

	TRY(store_record_list(db, SQL_ROLE_OF, STORE_ARGS(store_text(sub)), &record, &page.items, &page.count,
			      &page.mem));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_role_who(struct store *db, struct str organisation, struct str role, struct str cursor, int limit,
	       struct store_role_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_ROLE_WHO, STORE_ARGS(store_text(organisation), store_text(role)), &paging, cursor,
			    limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
