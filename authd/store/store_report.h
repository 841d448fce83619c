/* store_report.h: open reports as they are published (access/reporting.h), one a month. Nobody's data is in them. */
#ifndef AUTHD_STORE_STORE_REPORT_H
#define AUTHD_STORE_STORE_REPORT_H

#include "authd/store/store.h"

struct store_report {
	struct str month; /* "2026-11" */
	bool complete;    /* false: the month is not over, and the row is written again */
	struct str body;  /* JSON; empty in lists */
	int64_t made_us;
	struct store_result *mem;
};

struct store_report_list {
	struct store_report *items;
	size_t count;
	struct store_result *mem;
};

void store_report_clear(struct store_report *r);
void store_report_list_clear(struct store_report_list *l);

/* Adds it, or replaces one that is not complete. A complete one stays as it is, whoever comes later: OK, too. */
MUST_USE enum status store_report_put(struct store *db, const struct store_report *r);
/* E_NOT_FOUND. */
MUST_USE enum status store_report_find(struct store *db, struct str month, struct store_report *out);
/* All, newest first, at most STORE_LIST_MAX; without their bodies. */
MUST_USE enum status store_report_all(struct store *db, struct store_report_list *out);

#endif
