#include "auditlog/daemon/outbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct outbox {
	pthread_mutex_t lock;
	struct outbox_item *first, **last;
	int wakefd;
	struct event *wake;
};

void
outbox_drain(struct outbox *o)
{
	struct outbox_item *item;

	(void)pthread_mutex_lock(&o->lock);
	item = o->first;
	o->first = NULL;
	o->last = &o->first;
	(void)pthread_mutex_unlock(&o->lock);
	while (item != NULL) {
		struct outbox_item *next = item->next;

		item->deliver(item);
		item = next;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	/* The counter's value means nothing; an error means that it was read already. */
	if (read(fd, &count, sizeof(count)) < 0)
		count = 0;
	outbox_drain(arg);
}

enum status
outbox_new(struct event_base *base, struct outbox **out)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return E_NOMEM;
	(void)pthread_mutex_init(&o->lock, NULL);
	o->last = &o->first;
	o->wakefd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (o->wakefd >= 0)
		o->wake = event_new(base, o->wakefd, EV_READ | EV_PERSIST, on_wake, o);
	if (o->wake == NULL || event_add(o->wake, NULL) != 0) {
		outbox_free(o);
		return E_NOMEM;
	}
	*out = o;
	return OK;
}

void
outbox_free(struct outbox *o)
{
	if (o == NULL)
		return;
	outbox_drain(o);
	if (o->wake != NULL)
		event_free(o->wake);
	if (o->wakefd >= 0)
		(void)close(o->wakefd);
	(void)pthread_mutex_destroy(&o->lock);
	free(o);
}

void
outbox_put(struct outbox *o, struct outbox_item *list)
{
	struct outbox_item *end = list;
	const uint64_t one = 1;
	bool was_empty;

	if (list == NULL)
		return;
	while (end->next != NULL)
		end = end->next;
	(void)pthread_mutex_lock(&o->lock);
	was_empty = o->first == NULL;
	*o->last = list;
	o->last = &end->next;
	(void)pthread_mutex_unlock(&o->lock);
	/* The counter cannot overflow: it is written once per emptying. */
	if (was_empty && write(o->wakefd, &one, sizeof(one)) < 0)
		return;
}
