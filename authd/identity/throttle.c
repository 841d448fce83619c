#include "authd/identity/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"

/* A table of fixed size: attackers choose addresses, so a collision only makes two of them share their tries. */
#define SLOTS 16384

struct tries {
	int64_t full_us; /* when all tries will be there again, on the monotonic clock */
};

static struct tries table[SLOTS];
static uint64_t seed;
static int64_t tries_at_once = THROTTLE_BURST;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* IPv4 whole, IPv6 by its first 64 bits: a household or an attacker has at least that many addresses to choose from. */
static size_t
slot_of(const char *peer)
{
	unsigned char bytes[16] = { 0 };
	uint64_t h;

	if (inet_pton(AF_INET, peer, bytes) != 1 && inet_pton(AF_INET6, peer, bytes) == 1)
		memset(bytes + 8, 0, 8);
	if (seed == 0)
		random_bytes(&seed, sizeof(seed));
	h = seed ^ UINT64_C(14695981039346656037);
	for (size_t i = 0; i < sizeof(bytes); i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	return (size_t)((h ^ h >> 32) % SLOTS);
}

void
throttle_open(unsigned burst)
{
	if (burst > 0)
		tries_at_once = burst;
}

static int64_t
over_us(const struct tries *t)
{
	return t->full_us - clock_mono_us() - (tries_at_once - 1) * THROTTLE_REFILL_US;
}

static void
count(struct tries *t)
{
	int64_t now = clock_mono_us();

	if (t->full_us < now)
		t->full_us = now;
	t->full_us += THROTTLE_REFILL_US;
}

static enum status
ask(const char *peer, bool take, unsigned *wait_s)
{
	struct tries *t;
	int64_t over;

	pthread_mutex_lock(&lock);
	t = &table[slot_of(peer)];
	over = over_us(t);
	if (over <= 0 && take)
		count(t);
	pthread_mutex_unlock(&lock);
	if (over <= 0)
		return OK;
	*wait_s = (unsigned)(over / SECOND_US) + 1;
	return E_LIMITED;
}

enum status
throttle_take(const char *peer, unsigned *wait_s)
{
	return ask(peer, true, wait_s);
}

void
throttle_give_back(const char *peer)
{
	pthread_mutex_lock(&lock);
	table[slot_of(peer)].full_us -= THROTTLE_REFILL_US;
	pthread_mutex_unlock(&lock);
}

enum status
throttle_check(const char *peer, unsigned *wait_s)
{
	return ask(peer, false, wait_s);
}

void
throttle_failed(const char *peer)
{
	pthread_mutex_lock(&lock);
	count(&table[slot_of(peer)]);
	pthread_mutex_unlock(&lock);
}

int64_t
throttle_delay_us(int failures)
{
	/* Five tries are anybody's typing; then 1 s, 2 s, 4 s … and never more than a minute. */
	if (failures < 5)
		return 0;
	return failures >= 11 ? 60 * SECOND_US : (INT64_C(1) << (failures - 5)) * SECOND_US;
}

int64_t
throttle_trying_us(int number)
{
	return number < 12 ? 0 : throttle_delay_us(number);
}
