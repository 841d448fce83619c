/* meter.h: how far a long read has come, on a terminal: entries, rate, time left. Elsewhere it is silent. */
#ifndef AUDITLOG_TOOL_METER_H
#define AUDITLOG_TOOL_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
	bool on;
	uint64_t total;
	int64_t start_us, shown_us;
};

/* wanted and stderr a terminal: then on. */
void meter_start(struct meter *p, uint64_t total, bool wanted);
/* Rewrites the line, at most five times a second. */
void meter_show(struct meter *p, uint64_t done);
/* Wipes the line. */
void meter_end(struct meter *p);

#endif
