/*
 * service_level.h: how decisions were served: how many questions of known callers were answered, how many were not and
 * for what, how long the answers took, and in how many minutes no node was there at all. It goes into the open report
 * of the month (reporting.h).
 *
 * No row per decision: a node counts in memory, and upkeep writes its sums down once a minute and when the node ends in
 * good order. One that is killed loses a minute at most, and what is written late may count in the next month. Each
 * run of a node writes rows of its own, always the whole sum, so that a write whose end is not known counts once.
 *
 * A question of several (evaluations) is one. Refusals are answers. What was no question is not counted: no token of
 * ours, bad JSON, limits. Times are from the request being read to its answer being ready, in buckets of about six a
 * decade up to 2 s; a percentile is the upper edge of its bucket. What was missing is what upkeep saw last, so it is
 * right to a second or two only; "other" is one that found everything there and was not answered all the same.
 *
 * A minute has a beat when some node could write then that it was there. Without one nothing is counted of it, or only
 * what nodes that had no database kept in memory: so the share that was answered says nothing of such minutes, and they
 * are said beside it.
 */
#ifndef AUTHD_ACCESS_SERVICE_LEVEL_H
#define AUTHD_ACCESS_SERVICE_LEVEL_H

#include <jansson.h>
#include <stdbool.h>

#include "authd/store/store.h"

#define SERVICE_LEVEL_PERCENT_OF 100 /* a share and percentiles of fewer say nothing */

/* What was missing when a question was not answered. */
enum service_level_away {
	SERVICE_LEVEL_LOG,
	SERVICE_LEVEL_KEYS,
	SERVICE_LEVEL_STORE,
	SERVICE_LEVEL_OTHER,
	SERVICE_LEVEL_AWAYS
};

struct service_level;

MUST_USE enum status service_level_new(struct service_level **out);
/* NULL is fine. */
void service_level_free(struct service_level *s);

/* Any thread; one addition in memory. */
void service_level_answered(struct service_level *s, int64_t took_us);
void service_level_missed(struct service_level *s, enum service_level_away away);

/*
 * Writes the beat of this minute and all sums that have grown; what could not be written is for the next time. One
 * thread at a time.
 */
MUST_USE enum status service_level_flush(struct service_level *s, struct store *db, int64_t now_us);
/* The same when a minute began since it last went well; with `eager` also when a sum has grown. */
MUST_USE enum status service_level_upkeep(struct service_level *s, struct store *db, int64_t now_us, bool eager);

/*
 * Of a month ("2026-11") until now, of all nodes: {"answered", "log_away", "keys_away", "store_away", "other": rounded
 * to REPORT_ROUND, null below REPORT_FEWEST; "answered_percent": text, in hundredths, rounded down, null of fewer than
 * SERVICE_LEVEL_PERCENT_OF; "p50_ms", "p95_ms", "p99_ms": text, ">2000" above the last edge, null alike; "minutes":
 * that are over since the month or the first beat ever began; "minutes_away": those without a beat; "bounds_us":
 * [edges]}. The caller owns *out.
 */
MUST_USE enum status service_level_json(struct store *db, struct str month, int64_t now_us, json_t **out);
/* "answered": name i of the above in the order in which people read them, without bounds_us; NULL behind the last. */
const char *service_level_row(size_t i);
/* Whether null there means fewer than REPORT_FEWEST (and not that a share would be of too few). */
bool service_level_is_count(const char *row);

#endif
