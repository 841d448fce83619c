/*
 * log_load.c: the load of `./run bench log`: callers of auditlogd that each wait for their receipt before they send
 * again, over one connection as authd has one, and the disk alone beside it. Prints one line of JSON.
 *
 *   log_load append SOCKET CALLERS SECONDS [BATCH]   each APPEND has BATCH fragments (1)
 *   log_load fill SOCKET ENTRIES                     so many entries more, 1,000 in an APPEND
 *   log_load flush DIR BYTES SECONDS                 pwrite of BYTES into allocated space and fdatasync, in a loop
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/append.h"
#include "tests/bench/took.h"

#define TIMEOUT_US (30 * SECOND_US)
#define FILLERS    16

/* A permit as authd writes it, without anything to seal; the id is put in at ID_AT. */
#define ID_AT 6
static const char permit[] =
    "\"id\":\"00000000-0000-7000-8000-000000000000\",\"event\":\"access.decided\",\"by\":{\"service\":"
    "\"svc_benefits_north\",\"operator\":\"opr_51ac\",\"roles\":[\"intake-officer\"],\"acr\":\"2\"},\"about\":[{"
    "\"tag\":"
    "\"k3mZAAAAAAAAAAAAAAAAAA\"}],\"purpose\":\"eligibility/3\",\"categories\":[\"income\"],\"action\":\"read\","
    "\"decision\":\"permit\",\"reason\":\"statute\",\"basis\":{\"type\":\"statute\",\"ref\":\"SGB-II-11\"}}";
#define PERMIT_LEN (sizeof(permit) - 1)

struct load {
	struct append *log;
	size_t batch;
	int64_t until_us;
	uint64_t left; /* fill: entries that nobody has sent yet */
	struct took took;

	pthread_mutex_t lock;
	pthread_cond_t idle;
	size_t callers; /* that have not stopped */
	uint64_t entries, failed;
	uint64_t serial;
};

struct caller {
	struct load *load;
	int64_t sent_us;
	struct receipt *receipts;
	struct str *fragments;
	char *bytes;
};

static NORETURN void
fail(const char *what)
{
	(void)fprintf(stderr, "log_load: %s\n", what);
	exit(3);
}

/* Ids that rise like UUIDv7 ones, and tags of 65,536 people. */
static void
next_fragment(struct load *l, char *fragment)
{
	static const char digits[] = "0123456789abcdef";
	static const char tag_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	/* the first 32 bits of the id, and 16 of its random part */
	static const uint8_t place[] = { 35, 34, 33, 32, 31, 30, 29, 28, 7, 6, 5, 4, 3, 2, 1, 0 };
	char *tag = strstr(fragment, "k3mZ") + 4;
	uint64_t serial = l->serial++, person = serial * 0x9e3779b97f4a7c15u >> 48;

	for (size_t i = 0; i < sizeof(place); i++)
		fragment[ID_AT + place[i]] = digits[serial >> (4 * i) & 15];
	for (size_t i = 0; i < 3; i++)
		tag[i] = tag_digits[person >> (6 * i) & 63];
}

static void on_receipts(void *arg, enum status st, uint16_t type, struct str payload);

static void
stop(struct load *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->callers--;
	(void)pthread_cond_signal(&l->idle);
	(void)pthread_mutex_unlock(&l->lock);
}

/* The first requests leave from the main thread, while the first receipts come on the client's. */
static bool
take_work(struct caller *c)
{
	struct load *l = c->load;
	bool some;

	(void)pthread_mutex_lock(&l->lock);
	some = c->sent_us < l->until_us && l->left >= l->batch;
	if (some)
		l->left -= l->batch;
	for (size_t i = 0; some && i < l->batch; i++)
		next_fragment(l, c->bytes + i * PERMIT_LEN);
	(void)pthread_mutex_unlock(&l->lock);
	return some;
}

static void
send_next(struct caller *c)
{
	struct load *l = c->load;

	c->sent_us = clock_mono_us();
	if (!take_work(c)) {
		stop(l);
		return;
	}
	if (append_send(l->log, c->fragments, l->batch, TIMEOUT_US, on_receipts, c) != OK)
		fail("a request could not be sent");
}

static void
on_receipts(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct caller *c = arg;
	struct load *l = c->load;

	if (st == OK && append_get_receipts(type, payload, c->receipts, l->batch) == OK) {
		took_add(&l->took, clock_mono_us() - c->sent_us);
		l->entries += l->batch;
	} else {
		l->failed++;
	}
	send_next(c);
}

static struct caller *
callers_new(struct load *l, size_t count)
{
	struct caller *all = calloc(count, sizeof(*all));

	for (size_t i = 0; all != NULL && i < count; i++) {
		struct caller *c = &all[i];

		c->load = l;
		c->receipts = calloc(l->batch, sizeof(*c->receipts));
		c->fragments = calloc(l->batch, sizeof(*c->fragments));
		c->bytes = malloc(l->batch * PERMIT_LEN);
		if (c->receipts == NULL || c->fragments == NULL || c->bytes == NULL)
			return NULL;
		for (size_t k = 0; k < l->batch; k++) {
			memcpy(c->bytes + k * PERMIT_LEN, permit, PERMIT_LEN);
			c->fragments[k] = str_from(c->bytes + k * PERMIT_LEN, PERMIT_LEN);
		}
	}
	return all;
}

static void
wait_for_all(struct load *l)
{
	(void)pthread_mutex_lock(&l->lock);
	while (l->callers > 0)
		(void)pthread_cond_wait(&l->idle, &l->lock);
	(void)pthread_mutex_unlock(&l->lock);
}

static void
run_load(struct load *l, const char *socket, size_t count)
{
	int64_t start_us;
	struct caller *all;
	double seconds;

	l->serial = (uint64_t)clock_now_us() << 12;
	l->callers = count;
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->idle, NULL);
	all = callers_new(l, count);
	if (all == NULL || append_open(socket, &l->log) != OK || !append_up(l->log))
		fail("nobody answers at the socket");
	start_us = clock_mono_us();
	for (size_t i = 0; i < count; i++)
		send_next(&all[i]);
	wait_for_all(l);
	seconds = (double)(clock_mono_us() - start_us) / 1e6;
	append_free(l->log);
	printf("{\"entries\":%llu,\"failed\":%llu,\"seconds\":%.3f,\"rate\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld,"
	       "\"fragment\":%zu}\n",
	       (unsigned long long)l->entries, (unsigned long long)l->failed, seconds, (double)l->entries / seconds,
	       took_quantile(&l->took, 500), took_quantile(&l->took, 990), PERMIT_LEN);
}

static uint64_t
number(const char *text)
{
	uint64_t n = 0;

	if (text == NULL || str_to_u64(str_of(text), INT64_MAX / SECOND_US, &n) != OK)
		fail("a number is missing");
	return n;
}

static void
cmd_append(char **args)
{
	struct load *l = calloc(1, sizeof(*l));
	size_t callers = number(args[1]);

	if (l == NULL)
		fail("no memory");
	l->batch = args[3] != NULL ? number(args[3]) : 1;
	l->left = UINT64_MAX;
	l->until_us = clock_mono_us() + (int64_t)number(args[2]) * SECOND_US;
	run_load(l, args[0], callers);
	free(l);
}

static void
cmd_fill(char **args)
{
	struct load *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fail("no memory");
	l->batch = APPEND_COUNT_MAX;
	l->left = number(args[1]);
	l->until_us = INT64_MAX;
	run_load(l, args[0], FILLERS);
	free(l);
}

/* What the writer of the log does to its disk, without the log. */
static void
cmd_flush(char **args)
{
	size_t bytes = number(args[1]);
	int64_t start_us = 0, end_us = 0, now_us = 0;
	const off_t room = 256 << 20;
	struct load *l = calloc(1, sizeof(*l));
	char *block = calloc(1, bytes);
	int fd = open(args[0], O_TMPFILE | O_RDWR, 0600);

	if (l == NULL || block == NULL || fd < 0 || fallocate(fd, 0, 0, room) != 0)
		fail("no file could be made there");
	memset(block, 'x', bytes);
	start_us = now_us = clock_mono_us();
	end_us = start_us + (int64_t)number(args[2]) * SECOND_US;
	for (off_t at = 0; now_us < end_us && at + (off_t)bytes <= room; at += (off_t)bytes) {
		int64_t before_us = now_us;

		if (pwrite(fd, block, bytes, at) != (ssize_t)bytes || fdatasync(fd) != 0)
			fail("the disk does not take it");
		now_us = clock_mono_us();
		took_add(&l->took, now_us - before_us);
	}
	printf("{\"flushes\":%llu,\"rate\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld}\n", (unsigned long long)l->took.count,
	       (double)l->took.count * 1e6 / (double)(now_us - start_us), took_quantile(&l->took, 500),
	       took_quantile(&l->took, 990));
	(void)close(fd);
	free(block);
	free(l);
}

int
main(int argc, char **argv)
{
	if (argc >= 5 && argc <= 6 && strcmp(argv[1], "append") == 0)
		cmd_append(argv + 2);
	else if (argc == 4 && strcmp(argv[1], "fill") == 0)
		cmd_fill(argv + 2);
	else if (argc == 5 && strcmp(argv[1], "flush") == 0)
		cmd_flush(argv + 2);
	else
		fail("append SOCKET CALLERS SECONDS [BATCH] | fill SOCKET ENTRIES | flush DIR BYTES SECONDS");
	return 0;
}
