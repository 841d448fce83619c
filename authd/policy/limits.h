/*
 * limits.h: the arithmetic of terms, frequencies and data ranges. Pure; times in microseconds, dates in days. The
 * decision, the consent record and the receipt all use these, so that what was promised is what is enforced.
 */
#ifndef AUTHD_POLICY_LIMITS_H
#define AUTHD_POLICY_LIMITS_H

#include <stdint.h>

#include "auditlog/base/clock.h"

/* At most count permits in each window of per_us; the first window starts where the consent starts. count 0: no limit.
 */
struct limits_frequency {
	uint32_t count;
	int64_t per_us;
	const char *per; /* as written, "P1M"; NULL when there is no limit */
};

/* Both ends belong to the range. set = false: no range was named. */
struct limits_range {
	bool set;
	int64_t from_us;
	int64_t to_us;
};

/*
 * Where the window that now lies in began, counted from the start of the consent (start_us <= now_us; a later start is
 * the window's start itself). per_us 0 is one window for ever.
 */
int64_t limits_window_start(int64_t start_us, int64_t per_us, int64_t now_us);
/* True when asked is named, is not reversed, and lies within allowed. An allowed range that is not set allows all. */
bool limits_range_within(const struct limits_range *asked, const struct limits_range *allowed);
/* Permits left in the window: 0 when used up. UINT32_MAX without a limit. */
uint32_t limits_left(const struct limits_frequency *limit, uint64_t used);
/*
 * Until when a consent from from_us holds: what was wished, or the longest that the purpose allows when nothing was
 * wished (wished_us 0) or too much. E_INVALID when the wish is not after from_us.
 */
MUST_USE enum status limits_until(int64_t from_us, int64_t wished_us, int64_t longest_us, int64_t *until_us);
/* a + b without overflow: stays at the end of time (year 9999). */
int64_t limits_add(int64_t a_us, int64_t b_us);
/* "2026-12-31": the day in UTC. */
void limits_put_date(struct buf *out, int64_t us);

#endif
