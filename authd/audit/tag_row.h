/*
 * tag_row.h: the rows that lead from a tag in an entry to the person. They are written before the entry is sent:
 * without them nobody could tell later whose entry it is, neither the person's page nor the erasure.
 *
 * Each is one write on a worker, done within AUDIT_DEADLINE_US; E_UNAVAILABLE, E_TIMEOUT otherwise, and then nothing
 * may be sent.
 */
#ifndef AUTHD_AUDIT_TAG_ROW_H
#define AUTHD_AUDIT_TAG_ROW_H

#include "authd/audit/audit.h"

/* The tag of a month ("2026-11") is sub's. What this process has written already is not written again. */
MUST_USE enum status tag_row_remember(struct authd *a, struct str tag, struct str sub, struct str month);
/*
 * The tag of one look alone (ev->later): whose it is, and when they see it. Of a decoy, too, to nobody: a question
 * about somebody unknown costs the same write.
 */
MUST_USE enum status tag_row_later(struct authd *a, const struct audit_event *ev, struct str tag, struct str month);

#endif
