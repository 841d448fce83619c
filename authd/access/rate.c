#include "authd/access/rate.h"

#include <limits.h>
#include <pthread.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/request.h"

#define SLOTS 1024

/* By the service's id; a table of fixed size, so a collision makes two services share. */
static struct {
	pthread_mutex_t lock;
	int64_t full_us[SLOTS]; /* when all questions are there again, on the monotonic clock */
} spent = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint64_t times = 1;

void
rate_open(uint64_t factor)
{
	if (factor > 0)
		times = factor;
}

int
rate_times(int most)
{
	return times > (uint64_t)(INT_MAX / most) ? INT_MAX : most * (int)times;
}

enum status
rate_spend(const struct service *s, size_t count, int64_t mono_us, unsigned *wait_s)
{
	const struct hash h = hash_sha256(str_of(s->id));
	int64_t *full = &spent.full_us[(size_t)(h.b[0] | h.b[1] << 8) % SLOTS];
	int64_t each, over;

	if (s->rate_count == 0)
		return OK;
	each = s->rate_per_us / (int64_t)(s->rate_count * times);
	pthread_mutex_lock(&spent.lock);
	if (*full < mono_us)
		*full = mono_us;
	over = *full + each - mono_us - s->rate_per_us;
	if (over <= 0)
		*full += each * (int64_t)count;
	pthread_mutex_unlock(&spent.lock);
	if (over <= 0)
		return OK;
	*wait_s = (unsigned)(over / SECOND_US) + 1;
	return E_LIMITED;
}

enum status
rate_take(struct request *rq, size_t count)
{
	const struct service *s = rq->policy == NULL ? NULL : policy_service(rq->policy, str_of(rq->who.service));

	if (s == NULL || rate_spend(s, count, clock_mono_us(), &rq->rsp->retry_after_s) == OK)
		return OK;
	return request_fail(rq, E_LIMITED, "rate_limited", "this service asks more often than it may");
}
