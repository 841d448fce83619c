#include "authd/store/store_person.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 8 /* columns of an INSERT: all but log_index and the key, which has a table of its own */

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_person, sub),
	FIELD(TEXT_OR_NULL, struct store_person, login),
	FIELD(TEXT, struct store_person, kind),
	FIELD(INT, struct store_person, status),
	FIELD(BLOB_OR_NULL, struct store_person, profile),
	FIELD(TEXT_OR_NULL, struct store_person, pseudonym),
	FIELD(LONG, struct store_person, created_us),
	FIELD(TEXT, struct store_person, event_id),
	FIELD(INDEX, struct store_person, log_index),
	FIELD(BLOB_OR_NULL, struct store_person, wrapped_key),
};
static const struct store_record record = STORE_RECORD(struct store_person, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 0 }, .key_count = 1 };

void
store_person_clear(struct store_person *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_person){ 0 };
}

void
store_person_list_clear(struct store_person_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_person_list){ 0 };
}

enum status
store_person_add(struct store_tx *tx, const struct store_person *p)
{
	TRY(store_record_put(tx->db, SQL_PERSON_ADD, &record, ADDED, p));
	if (p->wrapped_key.p == NULL)
		return OK;
	return store_run(tx->db, SQL_PERSON_KEY_ADD, STORE_ARGS(store_text(p->sub), store_blob(p->wrapped_key)), NULL);
}

static enum status
find(struct store *db, enum sql_id id, struct str key, struct store_person *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, STORE_ARGS(store_text(key)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_person_find(struct store *db, struct str sub, struct store_person *out)
{
	return find(db, SQL_PERSON_FIND, sub, out);
}

enum status
store_person_by_login(struct store *db, struct str login, struct store_person *out)
{
	return find(db, SQL_PERSON_BY_LOGIN, login, out);
}

enum status
store_person_by_pseudonym(struct store *db, struct str pseudonym, struct store_person *out)
{
	return find(db, SQL_PERSON_BY_PSEUDONYM, pseudonym, out);
}

enum status
store_person_set_status(struct store_tx *tx, struct str sub, int status, struct str event_id)
{
	return store_change(tx->db, SQL_PERSON_SET_STATUS,
			    STORE_ARGS(store_text(sub), store_int(status), store_text(event_id)));
}

enum status
store_person_set_profile(struct store_tx *tx, struct str sub, struct str profile)
{
	return store_change(tx->db, SQL_PERSON_SET_PROFILE, STORE_ARGS(store_text(sub), store_blob(profile)));
}

/*
 * What leads back to a person or lets somebody in as them; tags go with the key. Consents and events stay: they are
 * evidence, and name nobody.
 */
static const enum sql_id erasures[] = {
	SQL_PERSON_ERASE_PAIRWISE,      SQL_PERSON_ERASE_PASSWORD,    SQL_PERSON_ERASE_TOTP,
	SQL_PERSON_ERASE_RECOVERY_CODE, SQL_PERSON_ERASE_LOGIN,       SQL_PERSON_ERASE_SESSION,
	SQL_PERSON_ERASE_CODE,          SQL_PERSON_ERASE_GRANT,       SQL_PERSON_ERASE_REFRESH,
	SQL_PERSON_ERASE_DEVICE,        SQL_PERSON_ERASE_APPROVAL,    SQL_PERSON_ERASE_ROLE,
	SQL_PERSON_ERASE_OBJECTION,     SQL_PERSON_ERASE_QUESTION,    SQL_PERSON_ERASE_QUESTION_TURN,
	SQL_PERSON_ERASE_REQUEST,       SQL_PERSON_ERASE_OUTCOME,     SQL_PERSON_ERASE_PAIRWISE,
	SQL_PERSON_ERASE_RESTRICTION,   SQL_PERSON_ERASE_CONTRACT,    SQL_PERSON_ERASE_BREAKGLASS,
	SQL_PERSON_ERASE_INBOX,         SQL_PERSON_ERASE_NATIONAL_ID, SQL_PERSON_ERASE_MANDATE,
	SQL_PERSON_ERASE_PURPOSE_USE,   SQL_PERSON_ERASE_DESK_CASE,   SQL_PERSON_ERASE_DESK_OFFER,
	SQL_PERSON_ERASE_DESK_USE,      SQL_PERSON_ERASE_DESK_CODES,  SQL_PERSON_ERASE_CONSENT_IDENTITY,
	SQL_PERSON_ERASE_DEATH,         SQL_PERSON_ERASE_FROZEN,
};

enum status
store_person_erase(struct store_tx *tx, struct str sub, struct str event_id)
{
	enum status st;

	TRY(store_change(tx->db, SQL_PERSON_ERASE, STORE_ARGS(store_text(sub), store_text(event_id))));
	st = store_change(tx->db, SQL_PERSON_KEY_DESTROY, STORE_ARGS(store_text(sub)));
	if (st == E_NOT_FOUND)
		return E_USED;
	TRY(st);
	for (size_t i = 0; i < ARRAY_LEN(erasures); i++)
		TRY(store_run(tx->db, erasures[i], STORE_ARGS(store_text(sub)), NULL));
	return OK;
}

enum status
store_person_page(struct store *db, struct str kind, struct str cursor, int limit, struct store_person_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_PERSON_PAGE, STORE_ARGS(store_text(kind)), &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
