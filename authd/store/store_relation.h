/* store_relation.h: with whom a service has, or had, to do: the people of whom it has any consent record, alone or
 * among others. */
#ifndef AUTHD_STORE_STORE_RELATION_H
#define AUTHD_STORE_STORE_RELATION_H

#include "authd/store/store.h"

struct store_relation_list {
	struct str *subs;
	size_t count;
	struct store_result *mem;
};

void store_relation_list_clear(struct store_relation_list *l);
/* By sub, ascending, those behind `after` (empty: from the start); at most limit of them. One walk along an index. */
MUST_USE enum status
store_relation_page(struct store *db, struct str service, struct str after, int limit, struct store_relation_list *out);

#endif
