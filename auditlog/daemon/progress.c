#include "auditlog/daemon/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auditlog/base/clock.h"

#define LINE_MAX_LEN 200

struct progress {
	pthread_mutex_t lock;
	pthread_cond_t growth, stop;
	uint64_t wanted; /* nobody is woken for less: a batch is written thousands of times a second */
	struct tip tip;
	uint64_t published;
	struct append_witness witness;
	char trouble[PROGRESS_PARTS][LINE_MAX_LEN];
	bool stopping;
};

enum status
progress_new(struct progress **out)
{
	struct progress *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL)
		return E_NOMEM;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->growth, &attr);
	(void)pthread_cond_init(&p->stop, &attr);
	(void)pthread_condattr_destroy(&attr);
	p->wanted = UINT64_MAX;
	*out = p;
	return OK;
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	(void)pthread_cond_destroy(&p->growth);
	(void)pthread_cond_destroy(&p->stop);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

void
progress_set_tip(struct progress *p, const struct tip *tip)
{
	(void)pthread_mutex_lock(&p->lock);
	p->tip = *tip;
	if (tip->tree.size > p->wanted)
		(void)pthread_cond_signal(&p->growth);
	(void)pthread_mutex_unlock(&p->lock);
}

void
progress_get_tip(struct progress *p, struct tip *out)
{
	(void)pthread_mutex_lock(&p->lock);
	*out = p->tip;
	(void)pthread_mutex_unlock(&p->lock);
}

uint64_t
progress_size(struct progress *p)
{
	uint64_t size;

	(void)pthread_mutex_lock(&p->lock);
	size = p->tip.tree.size;
	(void)pthread_mutex_unlock(&p->lock);
	return size;
}

void
progress_set_published(struct progress *p, uint64_t size)
{
	(void)pthread_mutex_lock(&p->lock);
	p->published = size;
	(void)pthread_mutex_unlock(&p->lock);
}

void
progress_set_witness(struct progress *p, const struct append_witness *w)
{
	(void)pthread_mutex_lock(&p->lock);
	p->witness = *w;
	(void)pthread_mutex_unlock(&p->lock);
}

bool
progress_trouble(struct progress *p, enum progress_part part, const char *text)
{
	char line[LINE_MAX_LEN];
	bool news;

	(void)snprintf(line, sizeof(line), "%s", text == NULL ? "" : text);
	(void)pthread_mutex_lock(&p->lock);
	news = strcmp(p->trouble[part], line) != 0;
	memcpy(p->trouble[part], line, sizeof(line));
	(void)pthread_mutex_unlock(&p->lock);
	return news;
}

void
progress_state(struct progress *p, struct append_state *out)
{
	const char *text = "ok";

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = PROGRESS_PARTS; i > 0; i--)
		if (p->trouble[i - 1][0] != '\0')
			text = p->trouble[i - 1];
	*out = (struct append_state){ .size = p->tip.tree.size,
				      .published = p->published,
				      .witness = p->witness,
				      .healthy = p->trouble[PROGRESS_WRITER][0] == '\0' };
	(void)snprintf(out->text, sizeof(out->text), "%s", text);
	(void)pthread_mutex_unlock(&p->lock);
}

static struct timespec
timespec_of(int64_t us)
{
	return (struct timespec){ .tv_sec = us / SECOND_US, .tv_nsec = (us % SECOND_US) * 1000 };
}

void
progress_wait(struct progress *p, uint64_t size, int64_t deadline_us)
{
	struct timespec at = timespec_of(deadline_us);

	(void)pthread_mutex_lock(&p->lock);
	p->wanted = size;
	while (p->tip.tree.size <= size && !p->stopping)
		if (pthread_cond_timedwait(&p->growth, &p->lock, &at) != 0)
			break;
	p->wanted = UINT64_MAX;
	(void)pthread_mutex_unlock(&p->lock);
}

void
progress_pause(struct progress *p, int64_t deadline_us)
{
	struct timespec at = timespec_of(deadline_us);

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stopping)
		if (pthread_cond_timedwait(&p->stop, &p->lock, &at) != 0)
			break;
	(void)pthread_mutex_unlock(&p->lock);
}

void
progress_stop(struct progress *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->stopping = true;
	(void)pthread_cond_broadcast(&p->growth);
	(void)pthread_cond_broadcast(&p->stop);
	(void)pthread_mutex_unlock(&p->lock);
}

bool
progress_stopping(struct progress *p)
{
	bool stopping;

	(void)pthread_mutex_lock(&p->lock);
	stopping = p->stopping;
	(void)pthread_mutex_unlock(&p->lock);
	return stopping;
}
