#include "authd/store/store_inbox.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 5

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_message, message_id), FIELD(TEXT, struct store_message, sub),
	FIELD(TEXT, struct store_message, kind),       FIELD(TEXT, struct store_message, refs),
	FIELD(LONG, struct store_message, created_us), FIELD(TIME, struct store_message, read_us),
};
static const struct store_record record = STORE_RECORD(struct store_message, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 4, 0 }, .key_count = 2, .newest_first = true };

void
store_message_list_clear(struct store_message_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_message_list){ 0 };
}

static enum status
trim(struct store_tx *tx, struct str sub)
{
	return store_run(tx->db, SQL_INBOX_TRIM, STORE_ARGS(store_text(sub), store_int(STORE_INBOX_MOST)), NULL);
}

enum status
store_inbox_add(struct store_tx *tx, const struct store_message *m)
{
	TRY(store_record_put(tx->db, SQL_INBOX_ADD, &record, ADDED, m));
	return trim(tx, m->sub);
}

enum status
store_inbox_add_few(struct store_tx *tx, const struct store_message *m, struct str names)
{
	TRY(store_run(tx->db, SQL_INBOX_ADD_FEW,
		      STORE_ARGS(store_text(m->message_id), store_text(m->sub), store_text(m->kind),
				 store_text(m->refs), store_int(m->created_us), store_text(names),
				 store_int(STORE_INBOX_FEW)),
		      NULL));
	return trim(tx, m->sub);
}

enum status
store_inbox_page(struct store *db, struct str sub, struct str cursor, int limit, struct store_message_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_INBOX_PAGE, STORE_ARGS(store_text(sub)), &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_inbox_unread(struct store *db, struct str sub, int64_t *count)
{
	return store_fetch_int(db, SQL_INBOX_UNREAD, STORE_ARGS(store_text(sub)), count);
}

enum status
store_inbox_read(struct store *db, struct str sub, int64_t now_us)
{
	return store_run(db, SQL_INBOX_READ, STORE_ARGS(store_text(sub), store_int(now_us)), NULL);
}
