/*
 * store_later.h: looks that the person sees later, or never (access/later.h), by the tag that each of them alone
 * carries. A row goes with the person's key.
 */
#ifndef AUTHD_STORE_STORE_LATER_H
#define AUTHD_STORE_STORE_LATER_H

#include "authd/store/store.h"

/* Of a look that no instant makes visible. */
#define STORE_LATER_NEVER INT64_MAX

struct store_later {
	struct str tag; /* 22 characters */
	struct str sub; /* p NULL: of nobody */
	struct str month;
	struct str shown; /* delayed, on_close, withheld */
	int64_t visible_us;
	struct str service;
	struct str case_ref; /* may be empty */
	int64_t made_us;
	int64_t log_index; /* STORE_NO_INDEX until the look became visible and its entry was found */
	struct store_result *mem;
};

struct store_later_list {
	struct store_later *items;
	size_t count;
	struct store_result *mem;
};

void store_later_clear(struct store_later *l);
void store_later_list_clear(struct store_later_list *l);

/* Fine when it is there already for the same person. E_CONFLICT: it stands for another. E_NOT_FOUND: no such person. */
MUST_USE enum status store_later_add(struct store *db, const struct store_later *l);
MUST_USE enum status store_later_find(struct store *db, struct str tag, struct store_later *out);
/* All of one person's month, whether visible or not, newest first, at most 1000: for officers alone. */
MUST_USE enum status store_later_page(struct store *db, struct str sub, struct str month, struct store_later_list *out);
/* Those that are visible at now_us and whose entry was not looked up yet; of one person, or of all (sub.n == 0). */
MUST_USE enum status
store_later_due(struct store *db, struct str sub, int64_t now_us, int limit, struct store_later_list *out);
/* The entries of one person's month that are visible at now_us, below `before`, newest first. */
MUST_USE enum status store_later_visible(struct store *db, struct str sub, struct str month, int64_t now_us,
					 uint64_t before, size_t limit, uint64_t *indices, size_t *count);
/* The case is closed: what waited for that is visible from now_us on. */
MUST_USE enum status store_later_close(struct store_tx *tx, struct str service, struct str case_ref, int64_t now_us);
/* E_USED: its entry was found before. */
MUST_USE enum status store_later_place(struct store_tx *tx, struct str tag, uint64_t index);
/* Of a look whose entry never came to stand in the log. */
MUST_USE enum status store_later_drop(struct store *db, struct str tag);

#endif
