/* store_tag.h: which person an audit tag stands for; a row is made when a tag is first used. */
#ifndef AUTHD_STORE_STORE_TAG_H
#define AUTHD_STORE_STORE_TAG_H

#include "authd/store/store.h"

struct store_tag {
	struct str tag; /* 22 characters */
	struct str sub;
	struct str month; /* "2026-11" */
};

struct store_tag_list {
	struct store_tag *items;
	size_t count;
	struct store_result *mem;
};

void store_tag_list_clear(struct store_tag_list *l);

/* Fine when it is there already for the same person; E_CONFLICT when it stands for another. */
MUST_USE enum status store_tag_add(struct store *db, struct str tag, struct str sub, struct str month);
/* The person's tags of months from..to, both included, newest month first. */
MUST_USE enum status
store_tag_of(struct store *db, struct str sub, struct str from, struct str to, struct store_tag_list *out);
/*
 * The months from..to in which the person has a tag, or a look that is visible to them at now_us (store_later.h),
 * newest first. `tag` of the items means nothing.
 */
MUST_USE enum status store_tag_months(struct store *db, struct str sub, struct str from, struct str to, int64_t now_us,
				      struct store_tag_list *out);
/* Who it stands for: one item. E_NOT_FOUND. */
MUST_USE enum status store_tag_find(struct store *db, struct str tag, struct store_tag_list *out);

#endif
