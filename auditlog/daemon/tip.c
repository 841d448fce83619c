#include "auditlog/daemon/tip.h"

enum status
tip_follow(struct tip *t, uint64_t index, struct str line, const struct hash *leaf, struct entry_view *view,
	   merkle_sink *sink, void *ctx, const char **what)
{
	*what = NULL;
	if (entry_parse(line, view) != OK)
		*what = "it is no entry";
	else if (index != t->tree.size || view->index != index)
		*what = "it has another index";
	else if (!hash_eq(&view->prev, &t->leaf))
		*what = "it does not name the entry before";
	else if (view->time_us <= t->time_us)
		*what = "its time does not rise";
	if (*what != NULL)
		return E_CORRUPT;
	TRY(merkle_add(&t->tree, leaf, sink, ctx));
	t->leaf = *leaf;
	t->time_us = view->time_us;
	return OK;
}
