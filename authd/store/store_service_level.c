#include "authd/store/store_service_level.h"

#include "authd/store/store_record.h"

static const struct store_field level_fields[] = {
	FIELD(TEXT, struct store_service_level, name),
	FIELD(LONG, struct store_service_level, count),
};
static const struct store_record level = STORE_RECORD(struct store_service_level, level_fields);

static const struct store_field beat_fields[] = {
	FIELD(LONG, struct store_service_beat, hour),
	FIELD(LONG, struct store_service_beat, minutes),
};
static const struct store_record beat = STORE_RECORD(struct store_service_beat, beat_fields);

void
store_service_level_list_clear(struct store_service_level_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_service_level_list){ 0 };
}

void
store_service_beat_list_clear(struct store_service_beat_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_service_beat_list){ 0 };
}

enum status
store_service_level_put(struct store_tx *tx, struct str month, struct str node, struct str name, int64_t count)
{
	return store_run(tx->db, SQL_SERVICE_LEVEL_PUT,
			 STORE_ARGS(store_text(month), store_text(node), store_text(name), store_int(count)), NULL);
}

enum status
store_service_level_of(struct store *db, struct str month, struct store_service_level_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_SERVICE_LEVEL_OF, STORE_ARGS(store_text(month)), &level, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}

enum status
store_service_level_drop(struct store *db, struct str month)
{
	return store_run(db, SQL_SERVICE_LEVEL_DROP, STORE_ARGS(store_text(month)), NULL);
}

enum status
store_service_beat_put(struct store_tx *tx, int64_t hour, int64_t minutes)
{
	return store_run(tx->db, SQL_SERVICE_BEAT_PUT, STORE_ARGS(store_int(hour), store_int(minutes)), NULL);
}

enum status
store_service_beat_of(struct store *db, int64_t from, int64_t to, struct store_service_beat_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_SERVICE_BEAT_OF, STORE_ARGS(store_int(from), store_int(to)), &beat, &items,
			      &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_service_beat_first(struct store *db, struct store_service_beat *out)
{
	struct store_result *mem = NULL;

	TRY(store_record_find(db, SQL_SERVICE_BEAT_FIRST, STORE_NO_ARGS, &beat, out, &mem));
	store_result_drop(&mem);
	return OK;
}
