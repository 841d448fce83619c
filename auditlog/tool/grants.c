#include "auditlog/tool/grants.h"

#include <stdlib.h>
#include <string.h>

void
grants_clear(struct grants *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->item[i].memory);
	free(g->item);
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

enum status
grants_add(struct grants *g, const struct grant *grant)
{
	struct grant own = *grant;
	char *at;

	if (g->n && g->item[g->n - 1].index >= grant->index)
		return E_INVALID;
	TRY(grow(g));
	own.memory = malloc(own.ctag.n + own.purpose.n + own.recipient.n + own.categories.n + 1);
	if (!own.memory)
		return E_NOMEM;
	at = own.memory;
	keep(&at, &own.ctag);
	keep(&at, &own.purpose);
	keep(&at, &own.recipient);
	keep(&at, &own.categories);
	g->item[g->n++] = own;
	return OK;
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
	static const char *const names[] = { "in force", "withdrawn", "expired", "revoked", "invalidated", "renewed" };

	return names[end];
}
