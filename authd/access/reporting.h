/*
 * reporting.h: open reports are made (report.h) once for each month that is over, from the published log, and kept as
 * they are published (store_report.h). Readers get what is kept: no request counts anything. How decisions were served
 * is not in the log: that comes from service_level.h, beside the tables.
 *
 * A month is over when the published log has an entry of a later one. Its entries are read in bounded batches, about
 * one a second; several nodes may do the same work, and the first to end it is the one that counts. What was pruned in
 * part (minimum-index) is not counted: half a month would be a lie.
 *
 * With reports.running_month, which production refuses, the running month is shown, too, and anew as it grows: whoever
 * adds records of their own and looks again and again can average the noise away.
 */
#ifndef AUTHD_ACCESS_REPORTING_H
#define AUTHD_ACCESS_REPORTING_H

#include "auditlog/base/status.h"

struct authd;
struct reporting;

/* On a thread with a database connection of its own. */
MUST_USE enum status reporting_start(struct authd *a, struct reporting **out);
/* NULL is fine. */
void reporting_stop(struct reporting *g);

#endif
