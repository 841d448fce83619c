#include "auditlog/base/waiting.h"

#include <stdlib.h>

static struct waiting **
bucket_of(struct waiting_table *t, uint64_t id)
{
	return &t->bucket[id % WAITING_BUCKETS];
}

struct waiting *
waiting_new(struct waiting_table *t)
{
	struct waiting *w = t->spare;

	if (w == NULL)
		return malloc(sizeof(*w));
	t->spare = w->next;
	return w;
}

void
waiting_recycle(struct waiting_table *t, struct waiting *w)
{
	w->next = t->spare;
	t->spare = w;
}

void
waiting_put(struct waiting_table *t, struct waiting *w)
{
	struct waiting **head = bucket_of(t, w->id);

	w->next = *head;
	*head = w;
	t->count++;
}

/* Unlinks the one that *at points to. */
static struct waiting *
take(struct waiting_table *t, struct waiting **at)
{
	struct waiting *w = *at;

	*at = w->next;
	t->count--;
	return w;
}

struct waiting *
waiting_take(struct waiting_table *t, uint64_t id)
{
	struct waiting **at = bucket_of(t, id);

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return *at != NULL ? take(t, at) : NULL;
}

struct waiting *
waiting_due(struct waiting_table *t, int64_t now_us)
{
	struct waiting *due = NULL;

	for (size_t i = 0; i < WAITING_BUCKETS && t->count > 0; i++) {
		struct waiting **at = &t->bucket[i];

		while (*at != NULL) {
			struct waiting *w;

			if (now_us != INT64_MAX && (*at)->deadline_us > now_us) {
				at = &(*at)->next;
				continue;
			}
			w = take(t, at);
			w->next = due;
			due = w;
		}
	}
	return due;
}

void
waiting_clear(struct waiting_table *t)
{
	while (t->spare != NULL) {
		struct waiting *w = t->spare;

		t->spare = w->next;
		free(w);
	}
}
