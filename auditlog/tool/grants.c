#include "auditlog/tool/grants.h"

#include <stdlib.h>
#include <string.h>

void
grants_clear(struct grants *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->item[i].terms);
	free(g->item);
	free(g->fading);
	*g = (struct grants){ 0 };
}

static enum status
grow(struct grants *g)
{
	size_t room = g->room ? g->room * 2 : 64;
	struct grant *item;

	if (g->n < g->room)
		return OK;
	item = reallocarray(g->item, room, sizeof(*item));
	if (!item)
		return E_NOMEM;
	g->item = item;
	g->room = room;
	return OK;
}

static void
keep(char **at, struct str *text)
{
	if (text->n)
		memcpy(*at, text->p, text->n);
	text->p = *at;
	*at += text->n;
}

/* One block: the terms, and behind them their texts. */
static struct grant_terms *
copy_terms(const struct grant_terms *t)
{
	struct grant_terms *own = malloc(sizeof(*own) + t->ctag.n + t->purpose.n + t->recipient.n + t->categories.n +
					 t->recipients.n + t->ref.n + t->operator_id.n + t->tag.n + 1);
	char *at;

	if (!own)
		return NULL;
	*own = *t;
	at = (char *)(own + 1);
	keep(&at, &own->ctag);
	keep(&at, &own->purpose);
	keep(&at, &own->recipient);
	keep(&at, &own->recipients);
	keep(&at, &own->categories);
	keep(&at, &own->ref);
	keep(&at, &own->operator_id);
	keep(&at, &own->tag);
	return own;
}

enum status
grants_add(struct grants *g, uint64_t index, const struct grant_terms *terms)
{
	struct grant own = { .index = index };

	if (g->n && g->item[g->n - 1].index >= index)
		return E_INVALID;
	TRY(grow(g));
	own.terms = copy_terms(terms);
	if (!own.terms)
		return E_NOMEM;
	g->item[g->n++] = own;
	g->live++;
	return OK;
}

void
grants_end(struct grants *g, struct grant *grant, enum grant_end how, uint64_t by)
{
	if (grant->end != GRANT_HOLDS)
		return;
	grant->end = how;
	grant->ended_by = by;
	free(grant->terms);
	grant->terms = NULL;
	g->live--;
}

static enum status
grow_fading(struct grants *g)
{
	size_t room = g->fading_room ? g->fading_room * 2 : 16;
	struct grant_fading *fading;

	if (g->faded == g->fadings)
		g->faded = g->fadings = 0;
	if (g->fadings < g->fading_room)
		return OK;
	fading = reallocarray(g->fading, room, sizeof(*fading));
	if (!fading)
		return E_NOMEM;
	g->fading = fading;
	g->fading_room = room;
	return OK;
}

enum status
grants_renew(struct grants *g, struct grant *grant, uint64_t by, int64_t until_us)
{
	if (grant->end != GRANT_HOLDS)
		return OK;
	TRY(grow_fading(g));
	g->fading[g->fadings++] = (struct grant_fading){ grant->index, until_us };
	grant->end = GRANT_RENEWED;
	grant->ended_by = by;
	g->live--;
	return OK;
}

void
grants_fade(struct grants *g, int64_t now_us)
{
	for (; g->faded < g->fadings && g->fading[g->faded].until_us <= now_us; g->faded++) {
		struct grant *grant = grants_find(g, g->fading[g->faded].index);

		free(grant->terms);
		grant->terms = NULL;
	}
}

struct grant *
grants_find(struct grants *g, uint64_t index)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->item[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < g->n && g->item[low].index == index ? &g->item[low] : NULL;
}

const char *
grants_end_name(enum grant_end end)
{
	static const char *const names[] = { "in force",    "withdrawn", "expired", "revoked",
					     "invalidated", "renewed",   "closed",  "voided" };

	return names[end];
}
