#include "auditlog/tool/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "auditlog/base/clock.h"

#define INTERVAL_US (SECOND_US / 5)

void
meter_start(struct meter *p, uint64_t total, bool wanted)
{
	*p = (struct meter){ .on = wanted && isatty(STDERR_FILENO), .total = total, .start_us = clock_mono_us() };
	p->shown_us = p->start_us;
}

void
meter_show(struct meter *p, uint64_t done)
{
	int64_t now;
	double seconds, rate;

	if (!p->on || (now = clock_mono_us()) - p->shown_us < INTERVAL_US)
		return;
	p->shown_us = now;
	seconds = (double)(now - p->start_us) / (double)SECOND_US;
	rate = (double)done / seconds;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries, %.0f/s, %.0f s left \033[K", done, p->total, rate,
		rate > 0 ? (double)(p->total - done) / rate : 0.0);
}

void
meter_end(struct meter *p)
{
	if (p->on && p->shown_us != p->start_us)
		fputs("\r\033[K", stderr);
	p->on = false;
}
