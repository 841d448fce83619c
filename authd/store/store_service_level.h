/*
 * store_service_level.h: how decisions were served (access/service_level.h): sums of each run of a node by month, and
 * the minutes in which some node was there. Nobody's data is in them.
 */
#ifndef AUTHD_STORE_STORE_SERVICE_LEVEL_H
#define AUTHD_STORE_STORE_SERVICE_LEVEL_H

#include "authd/store/store.h"

struct store_service_level {
	struct str name;
	int64_t count;
};

struct store_service_level_list {
	struct store_service_level *items;
	size_t count;
	struct store_result *mem;
};

void store_service_level_list_clear(struct store_service_level_list *l);

/* The sum so far of one run of a node; the one before is replaced, so saying it twice counts once. */
MUST_USE enum status
store_service_level_put(struct store_tx *tx, struct str month, struct str node, struct str name, int64_t count);
/* Of all nodes together, by name. */
MUST_USE enum status store_service_level_of(struct store *db, struct str month, struct store_service_level_list *out);
/* Those of this month and of all before it. */
MUST_USE enum status store_service_level_drop(struct store *db, struct str month);

struct store_service_beat {
	int64_t hour;    /* since 1970 */
	int64_t minutes; /* bit i: some node was there in minute i */
};

struct store_service_beat_list {
	struct store_service_beat *items;
	size_t count;
	struct store_result *mem;
};

void store_service_beat_list_clear(struct store_service_beat_list *l);

/* Adds the minutes to those that are there. */
MUST_USE enum status store_service_beat_put(struct store_tx *tx, int64_t hour, int64_t minutes);
/* Hours from .. to-1 that have any, oldest first. */
MUST_USE enum status
store_service_beat_of(struct store *db, int64_t from, int64_t to, struct store_service_beat_list *out);
/* The oldest of all; E_NOT_FOUND. */
MUST_USE enum status store_service_beat_first(struct store *db, struct store_service_beat *out);

#endif
