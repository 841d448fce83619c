/*
 * store_objection.h: what people forbade: a purpose (objection), everything (restriction). Both hold from the commit
 * that sets them until the entry that lifts them is in the log.
 */
#ifndef AUTHD_STORE_STORE_OBJECTION_H
#define AUTHD_STORE_STORE_OBJECTION_H

#include "authd/store/store.h"

struct store_objection {
	struct str sub;
	struct str purpose;  /* "*": every purpose */
	struct str category; /* "*": every category */
	int64_t since_us;
	struct str event_id;
	int64_t log_index;
};

struct store_objection_list {
	struct store_objection *items;
	size_t count;
	struct store_result *mem;
};

void store_objection_list_clear(struct store_objection_list *l);

/* E_USED when it stands already. */
MUST_USE enum status store_objection_set(struct store_tx *tx, const struct store_objection *o);
/* The one whose entry stands at log_index. E_NOT_FOUND, also when it is being lifted, or was and is set anew. */
MUST_USE enum status store_objection_lift(struct store_tx *tx, struct str sub, struct str purpose, struct str category,
					  int64_t log_index, struct str event_id);
/* Those that nobody lifted. */
MUST_USE enum status store_objection_of(struct store *db, struct str sub, struct store_objection_list *out);

#define STORE_BY_PERSON  "person"
#define STORE_BY_OFFICER "officer"

/* One by each: neither lifts the other's. */
struct store_restriction {
	struct str sub;
	struct str set_by; /* STORE_BY_… */
	struct str reason; /* sealed under the person's key */
	int64_t since_us;
	int64_t until_us; /* 0: until it is lifted */
	struct str event_id;
	int64_t log_index;
};

struct store_restriction_list {
	struct store_restriction *items;
	size_t count;
	struct store_result *mem;
};

void store_restriction_list_clear(struct store_restriction_list *l);

/* E_USED when one by the same is in force. */
MUST_USE enum status store_restriction_set(struct store_tx *tx, const struct store_restriction *r);
/* As store_objection_lift(). */
MUST_USE enum status
store_restriction_lift(struct store_tx *tx, struct str sub, struct str set_by, int64_t log_index, struct str event_id);
/* Those in force. */
MUST_USE enum status
store_restriction_of(struct store *db, struct str sub, int64_t now_us, struct store_restriction_list *out);

#endif
