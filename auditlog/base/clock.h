/* clock.h: the two clocks and RFC 3339. Times are microseconds in int64_t: `_us` in every name. */
#ifndef AUDITLOG_BASE_CLOCK_H
#define AUDITLOG_BASE_CLOCK_H

#include <stdint.h>

#include "auditlog/base/buf.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (INT64_C(86400) * SECOND_US)

/* Since 1970-01-01T00:00:00Z. */
int64_t clock_now_us(void);
/* Never goes back; for deadlines. */
int64_t clock_mono_us(void);

/* "2026-11-21T22:54:19.123456Z", always 27 bytes. Years 1970..9999. */
#define CLOCK_RFC3339_LEN 27
void clock_put_rfc3339(struct buf *out, int64_t us);
/* "2026-11-21T22:54:19Z", 20 bytes. */
void clock_put_rfc3339_seconds(struct buf *out, int64_t us);
/* "2026-11": the month of audit tags, in UTC. */
void clock_put_month(struct buf *out, int64_t us);
/*
 * A date-time with Z or a numeric offset and up to 9 digits of fraction, or a bare date (its midnight in UTC). Strict.
 */
MUST_USE enum status clock_parse_rfc3339(struct str text, int64_t *us);
/*
 * An ISO 8601 duration: P[nY][nM][nW][nD][T[nH][nM][nS]], at least one part, whole numbers. A year counts 365 days and
 * a month 30. E_INVALID otherwise or past 100 years.
 */
MUST_USE enum status clock_parse_duration(struct str text, int64_t *us);

#endif
