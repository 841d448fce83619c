/* store_role.h: roles of people in organisations. An assignment is effective with its log index only. */
#ifndef AUTHD_STORE_STORE_ROLE_H
#define AUTHD_STORE_STORE_ROLE_H

#include "authd/store/store.h"

struct store_role {
	struct str sub;
	struct str organisation;
	struct str role;
	int64_t assigned_us;
	struct str event_id;
	int64_t log_index;
};

struct store_role_list {
	struct store_role *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_role_list_clear(struct store_role_list *l);

/* E_CONFLICT when the person has it already (effective or not). E_NOT_FOUND when there is no such person. */
MUST_USE enum status store_role_assign(struct store_tx *tx, const struct store_role *r);
/* Effective at commit. E_NOT_FOUND. */
MUST_USE enum status store_role_revoke(struct store_tx *tx, struct str sub, struct str organisation, struct str role);
/*
 * Every role of one person, effective or not, and nobody else assigns one to them before this transaction ends.
 * E_NOT_FOUND: no such person.
 */
MUST_USE enum status store_role_held(struct store_tx *tx, struct str sub, struct store_role_list *out);
/* The effective roles of one person, at most STORE_LIST_MAX. */
MUST_USE enum status store_role_of(struct store *db, struct str sub, struct store_role_list *out);
/* Who holds roles, effective or not, by (organisation, role, sub); organisation or role empty: all. */
MUST_USE enum status store_role_who(struct store *db, struct str organisation, struct str role, struct str cursor,
				    int limit, struct store_role_list *out);

#endif
