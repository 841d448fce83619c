#include "authd/store/store_consent.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED           18
#define CATEGORIES_MOST 256

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_consent, record_id),
	FIELD(TEXT, struct store_consent, request_id),
	FIELD(TEXT, struct store_consent, sub),
	FIELD(TEXT, struct store_consent, service),
	FIELD(TEXT, struct store_consent, organisation),
	FIELD(TEXT, struct store_consent, purpose),
	FIELD(INT, struct store_consent, purpose_version),
	FIELD(TEXT, struct store_consent, state),
	FIELD(LONG, struct store_consent, from_us),
	FIELD(LONG, struct store_consent, until_us),
	FIELD(TEXT, struct store_consent, record),
	FIELD(TEXT, struct store_consent, code),
	FIELD(TEXT, struct store_consent, ctag),
	FIELD(LONG, struct store_consent, given_us),
	FIELD(TIME, struct store_consent, withdrawn_us),
	FIELD(TEXT, struct store_consent, event_id),
	FIELD(TEXT_OR_NULL, struct store_consent, mandate_id),
	FIELD(TEXT_OR_NULL, struct store_consent, renews),
	FIELD(INDEX, struct store_consent, log_index),
	FIELD(TEXT_OR_NULL, struct store_consent, withdraw_event_id),
	FIELD(INDEX, struct store_consent, withdraw_index),
	FIELD(TIME, struct store_consent, destroy_by_us),
};
static const struct store_record record = STORE_RECORD(struct store_consent, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 13, 0 }, .key_count = 2, .newest_first = true };

void
store_consent_clear(struct store_consent *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_consent){ 0 };
}

void
store_consent_list_clear(struct store_consent_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_consent_list){ 0 };
}

void
store_category_list_clear(struct store_category_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_category_list){ 0 };
}

enum status
store_consent_add(struct store_tx *tx, const struct store_consent *c, const struct str *categories, size_t count)
{
	if (count > CATEGORIES_MOST)
		return E_TOO_LARGE;
	TRY(store_record_put(tx->db, SQL_CONSENT_ADD, &record, ADDED, c));
	for (size_t i = 0; i < count; i++)
		TRY(store_run(tx->db, SQL_CONSENT_ADD_CATEGORY,
			      STORE_ARGS(store_text(c->record_id), store_text(categories[i])), NULL));
	return store_consent_add_recipient(tx, c->record_id, c->service);
}

enum status
store_consent_add_recipient(struct store_tx *tx, struct str record_id, struct str service)
{
	return store_change(tx->db, SQL_CONSENT_ADD_RECIPIENT, STORE_ARGS(store_text(record_id), store_text(service)));
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_consent *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_consent_find(struct store *db, struct str record_id, struct str sub, struct store_consent *out)
{
	return find(db, SQL_CONSENT_FIND, STORE_ARGS(store_text(record_id), store_text(sub)), out);
}

enum status
store_consent_by_code(struct store *db, struct str code, struct store_consent *out)
{
	return find(db, SQL_CONSENT_BY_CODE, STORE_ARGS(store_text(code)), out);
}

enum status
store_consent_withdraw(struct store_tx *tx, struct str record_id, struct str sub, int64_t now_us, struct str event_id,
		       struct store_consent *out)
{
	CLEANUP(store_consent_clear) struct store_consent ignored = { 0 };
	int64_t one;
	enum status st =
	    find(tx->db, SQL_CONSENT_WITHDRAW,
		 STORE_ARGS(store_text(record_id), store_text(sub), store_int(now_us), store_text(event_id)),
		 out ? out : &ignored);

	if (st != E_NOT_FOUND)
		return st;
	TRY(store_fetch_int(tx->db, SQL_CONSENT_WITHDRAWN, STORE_ARGS(store_text(record_id), store_text(sub)), &one));
	return E_USED;
}

enum status
store_consent_end(struct store_tx *tx, struct str record_id, struct str state, int64_t now_us, struct str event_id)
{
	static const char *const ends[] = { "expired", "revoked", "invalidated", "renewed" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (str_is(state, ends[i]))
			return store_change(tx->db, SQL_CONSENT_END,
					    STORE_ARGS(store_text(record_id), store_text(state), store_int(now_us),
						       store_text(event_id)));
	}
	return E_INVALID;
}

enum status
store_consent_destroy_by(struct store_tx *tx, struct str record_id, int64_t by_us)
{
	return store_change(tx->db, SQL_CONSENT_DESTROY_BY, STORE_ARGS(store_text(record_id), store_int(by_us)));
}

static enum status
list(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_consent_list *out)
{
	void *items;

	TRY(store_record_list(db, id, args, count, &record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_consent_due(struct store *db, int64_t now_us, int limit, struct store_consent_list *out)
{
	return list(db, SQL_CONSENT_DUE, STORE_ARGS(store_int(now_us), store_int(limit)), out);
}

enum status
store_consent_to_remind(struct store *db, int stage, int64_t now_us, int64_t until_us, int64_t longer_us, int limit,
			struct store_consent_list *out)
{
	return list(db, SQL_CONSENT_TO_REMIND,
		    STORE_ARGS(store_int(stage), store_int(now_us), store_int(until_us), store_int(longer_us),
			       store_int(limit)),
		    out);
}

enum status
store_consent_reminded(struct store_tx *tx, struct str record_id, int stage)
{
	return store_change(tx->db, SQL_CONSENT_REMINDED, STORE_ARGS(store_text(record_id), store_int(stage)));
}

enum status
store_consent_outdated(struct store *db, struct str purpose, int version, struct str after, int limit,
		       struct store_consent_list *out)
{
	return list(db, SQL_CONSENT_OUTDATED,
		    STORE_ARGS(store_text(purpose), store_int(version), store_text(after), store_int(limit)), out);
}

enum status
store_consent_latest(struct store *db, struct str sub, struct str service, struct str purpose,
		     struct store_consent *out)
{
	return find(db, SQL_CONSENT_LATEST, STORE_ARGS(store_text(sub), store_text(service), store_text(purpose)), out);
}

static enum status
names(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_category_list *out)
{
	static const struct store_field field = { FIELD_TEXT, 0 };
	static const struct store_record name = { &field, 1, sizeof(struct str) };
	void *items;

	TRY(store_record_list(db, id, args, count, &name, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_consent_purposes(struct store *db, struct store_category_list *out)
{
	return names(db, SQL_CONSENT_PURPOSES, STORE_NO_ARGS, out);
}

enum status
store_consent_page(struct store *db, const struct store_consent_filter *f, struct str cursor, int limit,
		   struct store_consent_list *out)
{
	struct store_page page;

	if (f->sub.n > 0)
		TRY(store_page_read(db, SQL_CONSENT_PAGE_OF,
				    STORE_ARGS(store_text(f->sub), store_text(f->service), store_text(f->purpose),
					       store_text(f->state), store_text(f->themes),
					       store_text(f->organisation)),
				    &paging, cursor, limit, &page));
	else if (f->service.n > 0)
		TRY(store_page_read(db, SQL_CONSENT_PAGE_FOR,
				    STORE_ARGS(store_text(f->service), store_text(f->purpose), store_text(f->state),
					       store_text(f->organisation)),
				    &paging, cursor, limit, &page));
	else
		return E_INVALID;
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_consent_categories(struct store *db, struct str record_id, struct store_category_list *out)
{
	return names(db, SQL_CONSENT_CATEGORIES, STORE_ARGS(store_text(record_id)), out);
}

enum status
store_consent_recipients(struct store *db, struct str record_id, struct store_category_list *out)
{
	return names(db, SQL_CONSENT_RECIPIENTS, STORE_ARGS(store_text(record_id)), out);
}

enum status
store_consent_is_recipient(struct store *db, struct str record_id, struct str service)
{
	int64_t one;

	return store_fetch_int(db, SQL_CONSENT_IS_RECIPIENT, STORE_ARGS(store_text(record_id), store_text(service)),
			       &one);
}
