#include "authd/http/post.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "auditlog/base/log.h"

enum status
post_queue_open(struct post_queue *q)
{
	*q = (struct post_queue){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (q->fd < 0)
		return E_SYSTEM;
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	return OK;
}

void
post_queue_close(struct post_queue *q)
{
	close(q->fd);
	pthread_mutex_destroy(&q->lock);
}

void
post_queue_put(struct post_queue *q, struct post *p)
{
	uint64_t one = 1;

	p->next = NULL;
	pthread_mutex_lock(&q->lock);
	/* Under the lock: once the loop can see the post it may end and take the descriptor with it. */
	if (q->first == NULL && write(q->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(E_SYSTEM, "fiber.wake", "errno=%d", errno);
	*q->last = p;
	q->last = &p->next;
	pthread_mutex_unlock(&q->lock);
}

/* Non-blocking: EAGAIN only says that it was read before. */
static void
read_off(const struct post_queue *q)
{
	uint64_t count;

	if (read(q->fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
		log_error(E_SYSTEM, "fiber.wake", "errno=%d", errno);
}

void
post_queue_run(struct post_queue *q)
{
	struct post *p;

	read_off(q);
	pthread_mutex_lock(&q->lock);
	p = q->first;
	q->first = NULL;
	q->last = &q->first;
	pthread_mutex_unlock(&q->lock);
	while (p != NULL) {
		struct post *next = p->next;

		p->fn(p->arg);
		p = next;
	}
}
