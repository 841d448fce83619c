#include "authd/policy/policy_data.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * A mutex rather than an atomic pointer: between reading a pointer and taking a reference the last reference could go.
 * Uncontended it costs some twenty nanoseconds a decision.
 */
struct policy_slot {
	pthread_mutex_t lock;
	struct policy *active;
	uint64_t epoch;
};

enum status
policy_slot_new(struct policy_slot **out)
{
	struct policy_slot *slot = calloc(1, sizeof(*slot));

	if (slot == NULL)
		return E_NOMEM;
	if (pthread_mutex_init(&slot->lock, NULL) != 0) {
		free(slot);
		return E_SYSTEM;
	}
	*out = slot;
	return OK;
}

struct policy *
policy_slot_get(struct policy_slot *slot)
{
	struct policy *p = NULL;

	pthread_mutex_lock(&slot->lock);
	if (slot->active != NULL)
		p = policy_ref(slot->active);
	pthread_mutex_unlock(&slot->lock);
	return p;
}

static enum status
check(struct policy *old, const struct policy *next, struct buf *report)
{
	if (next->case_count == 0) {
		buf_put_cstr(report, "the bundle has no tests; write some in tests/*.yaml\n");
		return E_CONFLICT;
	}
	TRY(policy_test(next, NULL, report));
	return old != NULL ? policy_succeeds(old, next, report) : OK;
}

/* Puts next in the place of old, unless another thread was faster. */
static enum status
swap(struct policy_slot *slot, const struct policy *old, struct policy *next)
{
	struct policy *gone = NULL;
	enum status st = E_BUSY;

	pthread_mutex_lock(&slot->lock);
	if (slot->active == old) {
		gone = slot->active;
		slot->active = policy_ref(next);
		slot->epoch++;
		st = OK;
	}
	pthread_mutex_unlock(&slot->lock);
	policy_unref(gone);
	return st;
}

enum status
policy_slot_activate(struct policy_slot *slot, struct policy *p, struct buf *report)
{
	enum status st = E_BUSY;

	/* The checks take their time, so readers are not held up by them; whoever loses the race checks again. */
	while (st == E_BUSY) {
		CLEANUP(policy_unrefp) struct policy *old = policy_slot_get(slot);

		TRY(check(old, p, report));
		st = swap(slot, old, p);
	}
	return st;
}

uint64_t
policy_slot_epoch(struct policy_slot *slot)
{
	uint64_t epoch = 0;

	pthread_mutex_lock(&slot->lock);
	epoch = slot->epoch;
	pthread_mutex_unlock(&slot->lock);
	return epoch;
}

void
policy_slot_free(struct policy_slot *slot)
{
	if (slot == NULL)
		return;
	policy_unref(slot->active);
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}
