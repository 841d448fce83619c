/*
 * Plain main, for ThreadSanitizer, which Criterion's forks do not go with: many threads on one client, a server that
 * comes and goes under them. Every request must end exactly once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/msg.h"

#define THREADS 4
#define EACH    2000

static atomic_uint sent, ended, answered;
static atomic_bool over;

static enum status
on_echo(void *ctx, const struct msg_request *req, struct str payload)
{
	(void)ctx;
	msg_reply(req, 1, payload);
	return OK;
}

static const struct msg_row rows[] = { { 1, 0, 64, on_echo } };
static const char path[] = "/tmp/test_msg_threads.socket";

/* Serves for a few milliseconds at a time, with nobody listening in between. */
static void *
serve(void *arg)
{
	const struct msg_server_options opt = { .path = path, .mode = 0600, .rows = rows, .row_count = 1 };
	const struct timeval while_up = { .tv_usec = 30000 };

	while (!atomic_load(&over)) {
		struct event_base *base = event_base_new();
		struct msg_server *s = NULL;

		if (base == NULL || msg_server_new(base, &opt, &s) != OK)
			return NULL;
		(void)event_base_loopexit(base, &while_up);
		(void)event_base_dispatch(base);
		msg_server_free(s);
		event_base_free(base);
	}
	return arg;
}

static void
on_done(void *arg, enum status st, uint16_t type, struct str payload)
{
	(void)arg;
	(void)type;
	(void)payload;
	atomic_fetch_add(&ended, 1);
	if (st == OK)
		atomic_fetch_add(&answered, 1);
}

static void *
ask(void *arg)
{
	struct msg_client *c = arg;

	for (unsigned i = 0; i < EACH; i++) {
		if (msg_client_send(c, 1, STR("x"), SECOND_US, on_done, NULL) == OK)
			atomic_fetch_add(&sent, 1);
		if (i % 16 == 0 && msg_client_call(c, 1, STR("y"), SECOND_US, NULL, NULL) == E_SYSTEM)
			abort();
		if (!msg_client_up(c))
			(void)usleep(100);
	}
	return NULL;
}

int
main(void)
{
	struct msg_client *c = NULL;
	pthread_t server, thread[THREADS];
	void *served = NULL;
	bool good;

	log_open("test", LOG_LEVEL_ERROR);
	(void)unlink(path);
	if (pthread_create(&server, NULL, serve, &sent) != 0 || msg_client_new(path, &c) != OK)
		return EXIT_FAILURE;
	/* One answer at least, whatever the timing of the rest. */
	while (msg_client_call(c, 1, STR("x"), SECOND_US, NULL, NULL) != OK)
		(void)usleep(1000);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, ask, c) != 0)
			return EXIT_FAILURE;
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(thread[i], NULL);
	msg_client_free(c);
	atomic_store(&over, true);
	(void)pthread_join(server, &served);
	good = served != NULL && atomic_load(&sent) == atomic_load(&ended);
	(void)printf("%u sent, %u ended, %u answered\n%d passed, %d failed\n", atomic_load(&sent), atomic_load(&ended),
		     atomic_load(&answered), good, !good);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
