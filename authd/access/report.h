/*
 * report.h: open reports: a fixed list of tables, one report a month, counted from the log alone. Nobody asks it
 * anything: whoever reads a report reads the bytes that everybody reads (reporting.h makes and keeps them).
 *
 * A number that is published says nothing exact about few people:
 *
 *	1 noise     each record has a 64-bit key for ever: a keyed hash of its entry's id. The key of a cell is the sum
 *	            of its records' keys, and its noise, −2 … +2, each as likely (variance 2), follows from that: the
 *	            same records give the same noise wherever and however often they are counted.
 *	2 few       below `fewest` (10; 5 at the least), before or after the noise, the number is not said: "fewer than
 *	            10". None is few, too.
 *	3 rounding  the rest is rounded to the nearest multiple of 5.
 *
 * A total is a cell like the others, counted from all records: noise, few and rounding are its own, so subtracting does
 * not lead back. The rows are those of the rules in force, whether anything was counted in them or not, and "other".
 * There is no table by organisation, service, operator or person, and none finer than a month. A share is made of what
 * is published, so it says nothing more, and only of REPORT_SHARE_OF or more.
 *
 * Pure: no clock, no I/O. The same entries, key, rules and checkpoint give the same bytes.
 */
#ifndef AUTHD_ACCESS_REPORT_H
#define AUTHD_ACCESS_REPORT_H

#include "auditlog/core/entry.h"
#include "authd/policy/policy.h"

#define REPORT_FEWEST       10 /* by itself */
#define REPORT_FEWEST_LEAST 5
#define REPORT_ROUND        5
#define REPORT_NOISE_MOST   2
#define REPORT_KEY_LEN      32
#define REPORT_TEXT_MOST    ((size_t)1 << 20) /* of JSON or CSV */
#define REPORT_SHARE_OF     50                /* a share of fewer says too much of one, and too little of all */
#define REPORT_MONTH_LEN    7                 /* "2026-11" */

/* X(id, rows): rows are of the rules (purposes, statutes) or a list of report.c. */
#define REPORT_TABLES(X)                                                                                               \
	X(consents_given)                                                                                              \
	X(consents_refused)                                                                                            \
	X(consents_withdrawn)                                                                                          \
	X(consents_expired)                                                                                            \
	X(accesses_by_ground)                                                                                          \
	X(refusals_by_reason)                                                                                          \
	X(shown_later)                                                                                                 \
	X(withheld_by_law)                                                                                             \
	X(emergencies)                                                                                                 \
	X(contracts)                                                                                                   \
	X(objections)                                                                                                  \
	X(questions)                                                                                                   \
	X(help)                                                                                                        \
	X(deaths)

enum report_table {
#define X(id) REPORT_##id,
	REPORT_TABLES(X)
#undef X
	    REPORT_TABLE_COUNT
};

struct report_cell {
	uint64_t count, key;
};

struct report;

/* A report of one month by these rules (referenced until report_free); key is the installation's secret. E_INVALID: no
 * month. */
MUST_USE enum status
report_new(struct policy *rules, struct str month, const uint8_t key[REPORT_KEY_LEN], struct report **out);
void report_free(struct report *r);
void report_freep(struct report **r);
/* Counts one entry; its month is the caller's matter. */
void report_count(struct report *r, const struct entry *e);

/* "consents_given". */
const char *report_table_name(enum report_table t);
/* Row i of a table and its cell; NULL behind the last. */
const char *report_row(const struct report *r, enum report_table t, size_t i, const struct report_cell **cell);
/* Of all records of the table; NULL where a sum would mean nothing. */
const struct report_cell *report_total(const struct report *r, enum report_table t);
struct str report_month(const struct report *r);

#endif
