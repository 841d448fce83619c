/*
 * store_migrate.c: the schema, step by step. Each step and the note of it are one transaction under a lock that lets
 * one node at a time look and act, so nodes that start together apply each step once.
 */
#include <stdio.h>

#include "auditlog/base/log.h"
#include "authd/store/store_record.h"

/* A step may rebuild a large table. */
#define STEP_US (INT64_C(600) * SECOND_US)

static const char make_table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
				 "version bigint NOT NULL PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
				 " applied_us bigint NOT NULL)";

struct applied {
	int version;
	struct str name;
	struct str sha256;
};

static const struct store_field fields[] = {
	FIELD(INT, struct applied, version),
	FIELD(TEXT, struct applied, name),
	FIELD(TEXT, struct applied, sha256),
};
static const struct store_record record = STORE_RECORD(struct applied, fields);

/* Steps are numbered without a gap, so the i-th row must be step i + 1. */
static enum status
compare(const struct applied *rows, size_t count, const struct sql_step *steps)
{
	for (size_t i = 0; i < count && i < SQL_STEPS; i++) {
		if (rows[i].version != steps[i].version || !str_is(rows[i].sha256, steps[i].sha256)) {
			log_error(E_CORRUPT, "store.schema", "step=%d reason=differs_from_ours", steps[i].version);
			return E_CORRUPT;
		}
	}
	if (count > SQL_STEPS) {
		log_error(E_UNSUPPORTED, "store.schema", "steps=%zu known=%d", count, SQL_STEPS);
		return E_UNSUPPORTED;
	}
	return OK;
}

static enum status
count_applied(struct store *db, size_t *count)
{
	CLEANUP(store_result_drop) struct store_result *mem = NULL;
	void *rows;
	size_t n;

	TRY(store_record_list(db, SQL_MIGRATION_LIST, STORE_NO_ARGS, &record, &rows, &n, &mem));
	TRY(compare(rows, n, db->backend->steps));
	*count = n;
	return OK;
}

static enum status
apply(struct store_tx *tx, const struct sql_step *step)
{
	log_info("store.schema", "step=%d name=%s", step->version, step->name);
	TRY(store_script(tx, step->text));
	return store_run(tx->db, SQL_MIGRATION_ADD,
			 STORE_ARGS(store_int(step->version), store_text(str_of(step->name)),
				    store_text(str_of(step->sha256)), store_int(clock_now_us())),
			 NULL);
}

static enum status
advance(struct store *db, bool *done)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	size_t count;

	TRY(store_begin_within(db, &tx, STEP_US));
	TRY(store_script(&tx, db->backend->lock_schema));
	TRY(store_script(&tx, make_table));
	TRY(count_applied(db, &count));
	*done = count == SQL_STEPS;
	if (!*done)
		TRY(apply(&tx, &db->backend->steps[count]));
	return store_commit(&tx);
}

enum status
store_migrate(struct store *db)
{
	bool done = false;

	while (!done)
		TRY(advance(db, &done));
	return OK;
}

enum status
store_ping(struct store *db)
{
	int64_t version;

	TRY(store_fetch_int(db, SQL_MIGRATION_NEWEST, STORE_NO_ARGS, &version));
	return version >= SQL_STEPS ? OK : E_UNSUPPORTED;
}
