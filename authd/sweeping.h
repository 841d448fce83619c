/*
 * sweeping.h: work that is done row by row in the background, past rows that fail. A row that cannot be worked off must
 * not hold up those behind it: it is said once, with what it is and what to do, counted, and tried again later, after a
 * second first and then after twice as long each time, SWEEPING_WAIT_MOST_US at most. Nothing rests on a row that waits
 * here: what ends a right has ended by its own term or state, and is only written down by the work.
 *
 * What is remembered is in memory, of this node, bounded: of more than SWEEPING_ROWS_MOST failing rows the others are
 * tried, and said, each round.
 */
#ifndef AUTHD_SWEEPING_H
#define AUTHD_SWEEPING_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/str.h"

#define SWEEPING_ROWS_MOST    512
#define SWEEPING_ROW_MOST     ((size_t)80) /* bytes of a row's name */
#define SWEEPING_WAIT_MOST_US (INT64_C(300) * 1000000)
/* Failures one after the other that look as if database, keys or log were away: then the round is over. */
#define SWEEPING_AWAY_MOST 3

/* One round of one work. */
struct sweeping {
	const char *work; /* constant text, as the operator reads it: "mandates.due" */
	int away;
	size_t passed; /* rows that were not tried in this round */
	size_t failed; /* rows that were, and failed */
};

/* How many rows to ask for, so that `batch` of them may be tried: those that wait come first again and again. */
int sweeping_batch(const struct sweeping *s, int batch);
/* Whether this row has failed and is not to be tried yet. row: its id, nothing personal. */
bool sweeping_passes(struct sweeping *s, struct str row);
/*
 * What came of a row. OK: go on, whatever st was. Else st: database, keys or log seem to be away, and the round is
 * over; the caller logs that.
 */
MUST_USE enum status sweeping_done(struct sweeping *s, struct str row, enum status st);

/* Rows that wait now, of all works, and how often any failed since the start. Any thread. */
struct sweeping_counters {
	uint64_t waiting, failures;
};
struct sweeping_counters sweeping_counters(void);

#endif
