/*
 * rate.h: how often a service may ask, as its row of services.yaml says (`rate: 50/min`): decisions, each of a batch by
 * itself, searches and requests for consent. By service, whichever of its clients asks; in memory, and each node counts
 * for itself. About whom it asks does not count, so what is left tells nothing about anybody.
 */
#ifndef AUTHD_ACCESS_RATE_H
#define AUTHD_ACCESS_RATE_H

#include <stddef.h>
#include <stdint.h>

#include "authd/policy/policy.h"

struct request;

/* How many times what the policy says: 1, and more where one machine asks as everybody at once. Once at start. */
void rate_open(uint64_t factor);
/* As many times a bound of ours; at most INT_MAX. */
int rate_times(int most);

/*
 * `count` questions of the service that asks. E_LIMITED, with when to come again, said in the response: its rate is
 * used up, and nothing was taken. A batch is let in while one question is left, and what it took too much is waited
 * for. OK for who is no service, and for a service without a rate.
 */
MUST_USE enum status rate_take(struct request *rq, size_t count);

/* The same at a moment of the monotonic clock. *wait_s is set with E_LIMITED alone. */
MUST_USE enum status rate_spend(const struct service *s, size_t count, int64_t mono_us, unsigned *wait_s);

#endif
