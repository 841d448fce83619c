/*
 * upkeep.h: what authd does without being asked: asks authd-keyd for new keys, tries database and log, sweeps expired
 * single-use rows in small batches, writes down how decisions were served, and knows from all that what is ready.
 */
#ifndef AUTHD_UPKEEP_H
#define AUTHD_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/status.h"
#include "auditlog/client/append.h"

struct authd;
struct upkeep;

/* The parts that must be there for an answer, as they were at the last look (at most a second ago). */
struct upkeep_state {
	bool store, keys, log, policy;
	uint64_t log_size, log_published;
	struct append_witness
	    log_witness;          /* as auditlogd said last; what it said of witnesses stays when it is silent */
	int64_t outbox_waiting;   /* entries that the log does not have yet */
	int64_t outbox_refused;   /* and those that it refuses for good */
	int64_t outbox_oldest_us; /* when the oldest of them was made; 0: none */
};

/* Looks once at once, then each second, on a thread with a database connection of its own. */
MUST_USE enum status upkeep_start(struct authd *a, struct upkeep **out);
void upkeep_stop(struct upkeep *u);
struct upkeep_state upkeep_state(struct upkeep *u);
/* The first part that is not ready as a short word, or NULL. */
const char *upkeep_not_ready(const struct upkeep_state *s);

#endif
