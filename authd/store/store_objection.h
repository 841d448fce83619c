/* store_objection.h: restrictions that a person set on purposes and categories. */
#ifndef AUTHD_STORE_STORE_OBJECTION_H
#define AUTHD_STORE_STORE_OBJECTION_H

#include "authd/store/store.h"

struct store_objection {
	struct str sub;
	struct str purpose;  /* "*": every purpose */
	struct str category; /* "*": every category */
	int64_t since_us;
};

struct store_objection_list {
	struct store_objection *items;
	size_t count;
	struct store_result *mem;
};

void store_objection_list_clear(struct store_objection_list *l);

/* Fine when it is there. */
MUST_USE enum status store_objection_set(struct store_tx *tx, const struct store_objection *o);
/* E_NOT_FOUND. */
MUST_USE enum status store_objection_lift(struct store_tx *tx, struct str sub, struct str purpose, struct str category);
MUST_USE enum status store_objection_of(struct store *db, struct str sub, struct store_objection_list *out);

#endif
