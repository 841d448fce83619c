#include "auditlog/core/bisect.h"

enum status
bisect_times(uint64_t low, uint64_t high, int64_t us, bisect_time_of *time_of, void *ctx, uint64_t *out)
{
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int64_t at = 0;

		TRY(time_of(ctx, middle, &at));
		if (at < us)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}
