/* store_page.h: inside authd/store only. Lists that are read page by page. */
#ifndef AUTHD_STORE_STORE_PAGE_H
#define AUTHD_STORE_STORE_PAGE_H

#include "authd/store/store_record.h"

#define STORE_KEYS_MOST 3

/* A list that is read page by page: the last parameters of its statement are the keys of the row before, and the limit.
 */
struct store_paging {
	const struct store_record *rec;
	size_t keys[STORE_KEYS_MOST]; /* numbers of fields (TEXT or LONG) that the statement orders by */
	size_t key_count;
	bool newest_first; /* the first key is a time, and falls */
};

struct store_page {
	void *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

/* args: the conditions only. limit < 1 is E_INVALID. */
MUST_USE enum status
store_page_read(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
		const struct store_paging *how, struct str cursor, int limit, struct store_page *out);
/* Hands the page over to a family's list struct. */
#define STORE_PAGE_GIVE(page, list)                                                                                    \
	do {                                                                                                           \
		(list)->items = (page).items;                                                                          \
		(list)->count = (page).count;                                                                          \
		(list)->next = (page).next;                                                                            \
		(list)->mem = (page).mem;                                                                              \
	} while (0)

#endif
