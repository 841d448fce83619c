/* took.h: how long requests took, for the load generators: a counter for each microsecond. */
#ifndef TESTS_BENCH_TOOK_H
#define TESTS_BENCH_TOOK_H

#include <stdint.h>

/* What takes longer counts as this. */
#define TOOK_SLOWEST_US 1000000

struct took {
	uint64_t count;
	uint32_t at[TOOK_SLOWEST_US + 1];
};

static inline void
took_add(struct took *t, int64_t us)
{
	t->count++;
	t->at[us < TOOK_SLOWEST_US ? us : TOOK_SLOWEST_US]++;
}

/* Within how many microseconds so many thousandths of them were over. */
static inline long long
took_quantile(const struct took *t, uint64_t thousandths)
{
	uint64_t seen = 0;

	for (int64_t us = 0; us < TOOK_SLOWEST_US; us++) {
		seen += t->at[us];
		if (seen * 1000 >= t->count * thousandths)
			return us;
	}
	return TOOK_SLOWEST_US;
}

#endif
