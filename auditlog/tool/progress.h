/* progress.h: how far a long read has come, on a terminal: entries, rate, time left. Elsewhere it is silent. */
#ifndef AUDITLOG_TOOL_PROGRESS_H
#define AUDITLOG_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	uint64_t total;
	int64_t start_us, shown_us;
};

/* wanted and stderr a terminal: then on. */
void progress_start(struct progress *p, uint64_t total, bool wanted);
/* Rewrites the line, at most five times a second. */
void progress_show(struct progress *p, uint64_t done);
/* Wipes the line. */
void progress_end(struct progress *p);

#endif
