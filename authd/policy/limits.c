#include "authd/policy/limits.h"

/* 9999-12-31T23:59:59Z: what clock_put_rfc3339 can still write. */
#define LIMITS_END_US (INT64_C(253402300799) * SECOND_US)

int64_t
limits_window_start(int64_t start_us, int64_t per_us, int64_t now_us)
{
	if (per_us <= 0 || now_us <= start_us)
		return start_us;
	return start_us + (now_us - start_us) / per_us * per_us;
}

bool
limits_range_within(const struct limits_range *asked, const struct limits_range *allowed)
{
	if (asked->set && asked->from_us > asked->to_us)
		return false;
	if (!allowed->set)
		return true;
	return asked->set && asked->from_us >= allowed->from_us && asked->to_us <= allowed->to_us;
}

uint32_t
limits_left(const struct limits_frequency *limit, uint64_t used)
{
	if (limit->count == 0)
		return UINT32_MAX;
	return used < limit->count ? limit->count - (uint32_t)used : 0;
}

enum status
limits_until(int64_t from_us, int64_t wished_us, int64_t longest_us, int64_t *until_us)
{
	int64_t most = limits_add(from_us, longest_us);

	if (wished_us != 0 && wished_us <= from_us)
		return E_INVALID;
	*until_us = wished_us == 0 || wished_us > most ? most : wished_us;
	return OK;
}

int64_t
limits_add(int64_t a_us, int64_t b_us)
{
	int64_t sum = 0;

	if (__builtin_add_overflow(a_us, b_us, &sum))
		return b_us > 0 ? LIMITS_END_US : 0;
	return sum > LIMITS_END_US ? LIMITS_END_US : sum;
}

void
limits_put_date(struct buf *out, int64_t us)
{
	CLEANUP(buf_clear) struct buf text = BUF(CLOCK_RFC3339_LEN);

	clock_put_rfc3339(&text, us);
	buf_put(out, str_slice(buf_str(&text), 0, sizeof("2026-12-31") - 1));
}
