/*
 * parts.h: what struct authd points to, opened in the order in which one needs another, and closed in the opposite one.
 */
#ifndef AUTHD_PARTS_H
#define AUTHD_PARTS_H

#include "authd/authd.h"

/*
 * Everything that a request needs: the database (brought to the newest schema), workers, policy, authd-keyd, auditlogd.
 * After confine_enter(). On failure parts_close() frees what is there; the log says what failed.
 */
MUST_USE enum status parts_open(struct authd *a);
/* What goes on without being asked, each on a thread of its own. */
MUST_USE enum status parts_start(struct authd *a);
/* Ends both; of parts that were never opened, too. The server has stopped before. */
void parts_close(struct authd *a);

#endif
