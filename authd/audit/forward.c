#include "authd/audit/forward.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "authd/authd.h"
#include "authd/store/store_outbox.h"

/* Younger rows still have somebody waiting for them in audit_forward(). */
#define YOUNG_US (2 * SECOND_US)
#define BATCH 100

struct forward {
	struct authd *authd;
	struct store *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop_asked;
	bool stopping;
};

static enum status
note(struct forward *f, const struct store_outbox *row, const struct receipt *receipt)
{
	struct store_receipt r = { .event_id = row->event_id, .index = receipt->index };

	memcpy(r.leaf, receipt->leaf.b, sizeof(r.leaf));
	return store_outbox_done(f->db, &r, 1, clock_now_us());
}

/* One by one, so that a row which the log refuses for good (that would be our own fault) does not hold up the others. */
static enum status
send_row(struct forward *f, const struct store_outbox *row)
{
	struct receipt receipt;
	enum status st = append_call(f->authd->log, &row->fragment, 1, SECOND_US, &receipt);

	if (st == OK)
		st = note(f, row, &receipt);
	if (st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY)
		return st;
	if (st != OK)
		log_error(st, "forward.stuck", "event=%.*s target=%.*s", STR_ARG(row->event_id), STR_ARG(row->target));
	return OK;
}

static void
send_waiting(struct forward *f)
{
	CLEANUP(store_outbox_list_clear) struct store_outbox_list rows = { 0 };
	size_t sent = 0;

	if (store_outbox_unsent(f->db, clock_now_us() - YOUNG_US, BATCH, &rows) != OK)
		return;
	while (sent < rows.count && send_row(f, &rows.items[sent]) == OK)
		sent++;
	if (sent > 0)
		log_info("forward.sent", "entries=%zu", sent);
}

/* False when it is time to end. */
static bool
pause_between(struct forward *f)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 1;
	pthread_mutex_lock(&f->lock);
	if (!f->stopping)
		pthread_cond_timedwait(&f->stop_asked, &f->lock, &until);
	go_on = !f->stopping;
	pthread_mutex_unlock(&f->lock);
	return go_on;
}

static void *
run(void *arg)
{
	struct forward *f = arg;

	do
		send_waiting(f);
	while (pause_between(f));
	return NULL;
}

/* Measured on the monotonic clock: a wall clock that is set back must not stop the sending for as long. */
static void
init_waiting(struct forward *f)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->stop_asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

enum status
forward_start(struct authd *a, struct forward **out)
{
	CLEANUP(freep) struct forward *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return E_NOMEM;
	f->authd = a;
	TRY(store_open(str_of(a->config.store), &f->db));
	init_waiting(f);
	if (pthread_create(&f->thread, NULL, run, f) != 0) {
		store_close(f->db);
		return E_SYSTEM;
	}
	*out = STEAL(&f);
	return OK;
}

void
forward_stop(struct forward *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_cond_signal(&f->stop_asked);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	store_close(f->db);
	pthread_cond_destroy(&f->stop_asked);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
