/*
 * report_log.h: the published log as open reports are counted from it (reporting.h): which month is next, where it
 * begins, and its entries in batches. Months are those of the log's clock, in UTC.
 */
#ifndef AUTHD_ACCESS_REPORT_LOG_H
#define AUTHD_ACCESS_REPORT_LOG_H

#include "auditlog/client/logread.h"
#include "authd/access/report.h"
#include "authd/store/store_report.h"

/* As it was when it was opened; later entries are for the next look. */
struct report_log {
	struct logread *log;
	struct buf text;      /* at borrows from it */
	struct checkpoint at; /* our own log's directory: its signature is the auditor's matter */
	uint64_t kept;        /* the first entry that was not pruned */
};

struct report_month {
	char text[REPORT_MONTH_LEN + 1]; /* "2026-11" */
};

/* E_NOT_FOUND: nothing was published yet. Clear in any case. */
MUST_USE enum status report_log_open(const char *dir, struct report_log *out);
void report_log_clear(struct report_log *s);

/* For logs that are not empty. The month of the newest entry: it is not over. */
MUST_USE enum status report_log_newest(struct report_log *s, struct report_month *out);
/* The oldest month that is over, that is there from its begin on, and whose report is not in the list; else the newest.
 */
MUST_USE enum status
report_log_missing(struct report_log *s, const struct store_report_list *made, struct report_month *out);
/* The first entry that is not before the month. */
MUST_USE enum status report_log_first(struct report_log *s, struct report_month month, uint64_t *out);
/* Counts entries from *next on, `most` at most, and moves *next. *over: an entry of a later month was met. */
MUST_USE enum status report_log_count(struct report_log *s, struct report *r, uint64_t *next, size_t most, bool *over);

#endif
