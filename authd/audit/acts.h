/*
 * acts.h: what a representative does stands in the log before the end of their mandate, or not at all, on however many
 * nodes and whoever stands still in between.
 *
 * What changes nothing (pages, downloads, receipts, searches) is fenced: auditlogd refuses it behind the end
 * (auditlog/daemon/fence.h), the mandate is asked anew, and what does not hold any more is not shown.
 *
 * What changes something is committed before its entry is sent, so a refusal would come too late. There the database
 * says what was first: 1. the act's transaction takes the mandate's row and finds it in force (acts_hold), so an end
 * waits for it, or it for the end  2. whoever sends the entry of an end first sends all acts that are still on their
 * way (acts_settle): they were committed before it, and an event sent twice is one entry. forward.c keeps the same
 * order for whoever died in between.
 */
#ifndef AUTHD_AUDIT_ACTS_H
#define AUTHD_AUDIT_ACTS_H

#include "authd/audit/audit.h"
#include "authd/store/store_mandate.h"

/* An act so shortly before a mandate's own end is not taken: its entry could stand behind that. */
#define ACTS_MARGIN_US (INT64_C(2) * SECOND_US)

/* The event is an act under this mandate (borrowed until the draft), which was read after `seen` entries. */
void acts_under(struct audit_event *ev, const struct store_mandate *m, uint64_t seen);
/* An entry with this event ends mandates. */
bool acts_ended_by(enum entry_event event);
/* Inside a transaction: the mandate is in force, and stays so until the commit. E_DENIED: it is not. */
MUST_USE enum status acts_hold(struct store_tx *tx, const struct audit_draft *d);
/* Sends what changes nothing, all drafts of one mandate or none. E_DENIED: the mandate does not hold any more, nothing
 * was written. E_BUSY. */
MUST_USE enum status acts_append(struct authd *a, const struct audit_draft *d, size_t count, struct receipt *out);
/* Sends all acts that are committed and not in the log yet. Statuses as audit_append(). */
MUST_USE enum status acts_settle(struct authd *a);

#endif
