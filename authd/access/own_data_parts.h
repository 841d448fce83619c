/*
 * own_data_parts.h: how the document of own_data.h comes together: each part adds members to it. Used by own_data*.c
 * only.
 */
#ifndef AUTHD_ACCESS_OWN_DATA_PARTS_H
#define AUTHD_ACCESS_OWN_DATA_PARTS_H

#include "authd/access/own_data.h"
#include "authd/keys/keys.h"

struct own_data {
	struct request *rq;
	const struct store_person *person;
	struct keys_person who;
	const struct own_data_range *range;
	bool full; /* something did not fit */
};

/* What the database has: "person", "factors", "roles", "sessions", "clients", "consents" ... in this order. */
MUST_USE enum status own_data_add_rows(struct own_data *c, json_t *data);
/* What the log has, newest first: "entries", with what was sealed for the person opened. */
MUST_USE enum status own_data_add_entries(struct own_data *c, json_t *data);

/* Hand value over, NULL too. E_NOMEM. */
MUST_USE enum status own_data_set(json_t *into, const char *name, json_t *value);
MUST_USE enum status own_data_push(json_t *list, json_t *value);

#endif
