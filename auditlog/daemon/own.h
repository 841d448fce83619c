/* own.h: the entries that auditlogd makes about itself: started, stopped, fault, recovered. */
#ifndef AUDITLOG_DAEMON_OWN_H
#define AUDITLOG_DAEMON_OWN_H

#include "auditlog/daemon/batch.h"

/* A job of one entry, ready for the writer. facts as in entry.h. */
MUST_USE enum status
own_job(enum entry_event event, const struct entry_fact *facts, size_t count, struct batch_job **out);
/* The same with an id of its own making, so that saying it again after a crash gives the first one's place. */
MUST_USE enum status own_job_id(enum entry_event event, const struct uuid *id, const struct entry_fact *facts,
				size_t count, struct batch_job **out);

#endif
