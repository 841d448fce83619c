/* signer_maker.h: for tests, a signer on a unix socket of its own, on a thread of its own, with its memory in a
 * directory. */
#ifndef TESTS_UNIT_SIGNER_MAKER_H
#define TESTS_UNIT_SIGNER_MAKER_H

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/signer/desk.h"
#include "auditlog/signer/keymake.h"
#include "tests/unit/expect.h"

#define SIGNER_MAKER_ORIGIN "log.example.org/ombud"

struct signer_maker {
	char dir[64], socket[96];
	struct note_key key;
	int statedir;
	struct witness *witness;
	struct event_base *base;
	struct msg_server *desk;
	struct event *stop;
	int bell[2];
	pthread_t thread;
	bool running;
};

/* The key and memory of a new log; nothing runs yet. */
static UNUSED struct signer_maker *
signer_maker_new(void)
{
	struct signer_maker *m = calloc(1, sizeof(*m));
	char path[160];

	snprintf(m->dir, sizeof(m->dir), "/tmp/signer_maker.XXXXXX");
	cr_assert_not_null(mkdtemp(m->dir));
	snprintf(m->socket, sizeof(m->socket), "%s/sock", m->dir);
	EXPECT_OK(keymake_init(m->dir, STR(SIGNER_MAKER_ORIGIN), &m->key));
	snprintf(path, sizeof(path), "%s/%s", m->dir, KEYMAKE_STATE);
	m->statedir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(m->statedir, 0);
	return m;
}

/* Reads key and memory, as a start does. */
static UNUSED enum status
signer_maker_load(struct signer_maker *m)
{
	struct note_signer *key = NULL;
	char path[160];

	witness_free(m->witness);
	m->witness = NULL;
	snprintf(path, sizeof(path), "%s/%s", m->dir, KEYMAKE_KEY);
	TRY(keymake_load(path, &key));
	EXPECT_OK(witness_new(m->statedir, key, &m->witness));
	return witness_add_own(m->witness);
}

static UNUSED void
signer_maker_on_bell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static UNUSED void *
signer_maker_loop(void *arg)
{
	struct signer_maker *m = arg;

	event_base_dispatch(m->base);
	return NULL;
}

static UNUSED void
signer_maker_start(struct signer_maker *m)
{
	EXPECT_OK(signer_maker_load(m));
	cr_assert_eq(pipe(m->bell), 0);
	m->base = event_base_new();
	m->stop = event_new(m->base, m->bell[0], EV_READ, signer_maker_on_bell, m->base);
	event_add(m->stop, NULL);
	EXPECT_OK(desk_open(m->base, m->socket, NULL, 0, m->witness, &m->desk));
	cr_assert_eq(pthread_create(&m->thread, NULL, signer_maker_loop, m), 0);
	m->running = true;
}

static UNUSED void
signer_maker_stop(struct signer_maker *m)
{
	if (!m->running)
		return;
	cr_assert_eq(write(m->bell[1], "", 1), 1);
	cr_assert_eq(pthread_join(m->thread, NULL), 0);
	msg_server_free(m->desk);
	event_free(m->stop);
	event_base_free(m->base);
	close(m->bell[0]);
	close(m->bell[1]);
	m->running = false;
}

static UNUSED void
signer_maker_free(struct signer_maker *m)
{
	char command[128];

	signer_maker_stop(m);
	witness_free(m->witness);
	close(m->statedir);
	snprintf(command, sizeof(command), "rm -rf %s", m->dir);
	cr_assert_eq(system(command), 0);
	free(m);
}

#endif
