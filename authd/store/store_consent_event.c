/* store_consent_event.c: what happened to a record, in order. */
#include "authd/store/store_consent.h"
#include "authd/store/store_record.h"

#define SEQ 1

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_consent_event, record_id),      FIELD(INT, struct store_consent_event, seq),
	FIELD(TEXT, struct store_consent_event, state),          FIELD(LONG, struct store_consent_event, at_us),
	FIELD(TEXT, struct store_consent_event, by_id),          FIELD(TEXT, struct store_consent_event, event_id),
	FIELD(INDEX, struct store_consent_event, log_index),     FIELD(BLOB_OR_NULL, struct store_consent_event, leaf),
	FIELD(TEXT_OR_NULL, struct store_consent_event, method), FIELD(TEXT_OR_NULL, struct store_consent_event, acr),
};
static const struct store_record record = STORE_RECORD(struct store_consent_event, fields);

void
store_consent_event_list_clear(struct store_consent_event_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_consent_event_list){ 0 };
}

enum status
store_consent_event_add(struct store_tx *tx, const struct store_consent_event *e)
{
	struct store_value args[ARRAY_LEN(fields)];
	int64_t next;

	store_record_bind(&record, record.count, e, args);
	/* An event with a leaf is in the log already; without one its index is not known, whatever the struct says. */
	if (!e->leaf.p)
		args[6] = (struct store_value){ .type = STORE_NULL };
	if (e->seq == 0) {
		TRY(store_fetch_int(tx->db, SQL_CONSENT_EVENT_NEXT, STORE_ARGS(store_text(e->record_id)), &next));
		args[SEQ] = store_int(next);
	}
	return store_run(tx->db, SQL_CONSENT_EVENT_ADD, args, record.count, NULL);
}

enum status
store_consent_events(struct store *db, struct str record_id, struct store_consent_event_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_CONSENT_EVENTS, STORE_ARGS(store_text(record_id)), &record, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}
