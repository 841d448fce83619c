#include "authd/sweeping.h"

#include <pthread.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"

#define AWAY_SAID 8 /* after some four minutes */

struct failing {
	const char *work; /* NULL: free */
	char row[SWEEPING_ROW_MOST];
	size_t len;
	int times;
	int64_t next_us; /* on the monotonic clock */
};

static struct failing table[SWEEPING_ROWS_MOST];
static uint64_t waiting, failures;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool
is_it(const struct failing *f, const char *work, struct str row)
{
	return f->work != NULL && strcmp(f->work, work) == 0 && str_eq(str_from(f->row, f->len), row);
}

/* Under the lock. work NULL: a free one. */
static struct failing *
find(const char *work, struct str row)
{
	for (size_t i = 0; i < SWEEPING_ROWS_MOST; i++)
		if (work == NULL ? table[i].work == NULL : is_it(&table[i], work, row))
			return &table[i];
	return NULL;
}

/* Under the lock. NULL: there is no room, or the name is none of ours. */
static struct failing *
add(const char *work, struct str row)
{
	struct failing *f = row.n > 0 && row.n <= SWEEPING_ROW_MOST ? find(NULL, row) : NULL;

	if (f == NULL)
		return NULL;
	*f = (struct failing){ .work = work, .len = row.n };
	memcpy(f->row, row.p, row.n);
	waiting++;
	return f;
}

static int64_t
wait_us(int times)
{
	return times > 8 ? SWEEPING_WAIT_MOST_US : SECOND_US << (times - 1);
}

/* How often it has failed; of one that is not remembered, 1. */
static int
note_failure(const char *work, struct str row)
{
	struct failing *f;
	int times = 1;

	pthread_mutex_lock(&lock);
	failures++;
	f = find(work, row);
	if (f == NULL)
		f = add(work, row);
	if (f != NULL) {
		times = ++f->times;
		f->next_us = clock_mono_us() + wait_us(times);
	}
	pthread_mutex_unlock(&lock);
	return times;
}

static void
note_success(const char *work, struct str row)
{
	struct failing *f;

	pthread_mutex_lock(&lock);
	f = waiting == 0 ? NULL : find(work, row);
	if (f != NULL) {
		*f = (struct failing){ 0 };
		waiting--;
	}
	pthread_mutex_unlock(&lock);
}

/* Under the lock. What was done by another node, or is gone, comes up no more. */
static void
forget(void)
{
	const int64_t before = clock_mono_us() - 2 * SWEEPING_WAIT_MOST_US;

	for (size_t i = 0; waiting > 0 && i < SWEEPING_ROWS_MOST; i++)
		if (table[i].work != NULL && table[i].next_us < before) {
			table[i] = (struct failing){ 0 };
			waiting--;
		}
}

int
sweeping_batch(const struct sweeping *s, int batch)
{
	pthread_mutex_lock(&lock);
	forget();
	for (size_t i = 0; waiting > 0 && i < SWEEPING_ROWS_MOST; i++)
		batch += table[i].work != NULL && strcmp(table[i].work, s->work) == 0;
	pthread_mutex_unlock(&lock);
	return batch;
}

bool
sweeping_passes(struct sweeping *s, struct str row)
{
	const struct failing *f;
	bool passes;

	pthread_mutex_lock(&lock);
	f = waiting == 0 ? NULL : find(s->work, row);
	passes = f != NULL && f->next_us > clock_mono_us();
	pthread_mutex_unlock(&lock);
	s->passed += passes;
	return passes;
}

static bool
is_away(enum status st)
{
	return st == E_UNAVAILABLE || st == E_TIMEOUT || st == E_BUSY || st == E_IO || st == E_NOMEM;
}

/* Once. While the house is away its own messages say so; a row that stays is not that. */
static bool
is_said(enum status st, int times)
{
	return times == (is_away(st) ? AWAY_SAID : 1);
}

enum status
sweeping_done(struct sweeping *s, struct str row, enum status st)
{
	if (st == OK) {
		s->away = 0;
		note_success(s->work, row);
		return OK;
	}
	s->failed++;
	if (is_said(st, note_failure(s->work, row)))
		log_warn(st, "upkeep.row",
			 "work=%s row=%.*s what=\"the others go on; this one is tried again, later each time; if it "
			 "stays, look at the row and at what this status says\"",
			 s->work, STR_ARG(row));
	s->away = is_away(st) ? s->away + 1 : 0;
	return s->away < SWEEPING_AWAY_MOST ? OK : st;
}

struct sweeping_counters
sweeping_counters(void)
{
	struct sweeping_counters c;

	pthread_mutex_lock(&lock);
	forget();
	c = (struct sweeping_counters){ .waiting = waiting, .failures = failures };
	pthread_mutex_unlock(&lock);
	return c;
}
