/*
 * report_publish.h: a report (report.h) as everybody reads it: noise, few and rounding, JSON and CSV.
 *
 * Pure: the same report and place give the same bytes.
 */
#ifndef AUTHD_ACCESS_REPORT_PUBLISH_H
#define AUTHD_ACCESS_REPORT_PUBLISH_H

#include <jansson.h>

#include "auditlog/core/checkpoint.h"
#include "authd/access/report.h"

/* Which entries were counted, and a checkpoint that covers them. */
struct report_place {
	bool complete;     /* false: the month was not over (never in production) */
	uint64_t from, to; /* entries from .. to-1 */
	const struct checkpoint *at;
	unsigned fewest;
	json_t *served; /* how decisions were served (service_level.h), borrowed; NULL: not said */
};

/* What is published of a cell: -1 is "fewer than fewest". */
int64_t report_publish_cell(const struct report_cell *cell, unsigned fewest);
/*
 * {"month","complete","rule":{"fewest","round","noise","share_of"},"log":{"origin","size","root","from","to"},
 * "tables":[{"table","rows":[{"row","count"}],"total"}],"shares":[{"share","percent"}],"served":{}}. A count that is
 * null is "fewer than fewest", a percent that is null is of too few. A table whose sum means nothing has no total. The
 * caller owns *out.
 */
MUST_USE enum status report_publish_json(const struct report *r, const struct report_place *place, json_t **out);
/*
 * The same as lines month,table,row,count (RFC 4180), appended; "<10" is fewer than ten, the row "*" is the total,
 * shares are the table "shares" in percent, empty when they are of too few; so are share and times of "served".
 */
MUST_USE enum status report_publish_csv(const json_t *report, struct buf *out);

#endif
