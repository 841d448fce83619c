/*
 * use.h: one use of a frequency, between the decision and the answer. It is taken before the permit exists, atomically
 * in the database: of N parallel requests, on however many nodes, exactly as many pass as are left. It is given back
 * when nothing was released, once. Whoever dies in between, or gives up on a database that did not answer, has used it
 * up: the person is then looked at once less than they allowed, never once more.
 */
#ifndef AUTHD_ACCESS_USE_H
#define AUTHD_ACCESS_USE_H

#include "authd/access/decision.h"

struct authd;

/* An entry so long after the window that its use was taken in is not written: a replay allows for 10 s (auditlog(1)).
 */
#define USE_LATE_US (INT64_C(5) * 1000000)

/* What is counted, borrowed: a consent, or, when record_id is empty, a service's purpose about a person. */
struct use_of {
	struct str record_id;
	struct str sub, service;
	const struct purpose *purpose; /* its frequency is the limit */
	int64_t from_us;               /* where its windows start: of the consent; 0 without one */
	int64_t now_us;
};

/* Zeroed: nothing taken. Counted memory. */
struct use {
	struct use_job *job;
};

/* E_LIMITED when none is left. *used counts this one. Anything else than OK: nothing is held. */
MUST_USE enum status use_take(struct authd *a, const struct use_of *of, struct use *u, uint64_t *used);
/* How many are taken, without taking one. */
MUST_USE enum status use_count(struct authd *a, const struct use_of *of, uint64_t *used);
/* The permit is released, or its entry may be in the log: what was taken stays taken. */
void use_keep(struct use *u);
/* Nothing was released. Nothing happens when nothing is held. */
void use_give_back(struct authd *a, struct use *u);

#endif
