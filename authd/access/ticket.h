/*
 * ticket.h: what a service carries to those who hold the data: a JWS that says who may see what of whom, for what,
 * until when, and at which index of the log it stands. They check it offline and deliver nothing without it. authd-keyd
 * signs it against the receipt of the entry alone, so there is no ticket that is not in the log. A service whose access
 * token is bound to a key gets a ticket bound to the same one (`cnf`): a stolen one opens nothing.
 */
#ifndef AUTHD_ACCESS_TICKET_H
#define AUTHD_ACCESS_TICKET_H

#include "authd/access/evaluation.h"

/* Appends the ticket of a permit whose entry is durable. keys.h statuses. */
MUST_USE enum status ticket_sign(const struct evaluation *e, struct buf *out);

#endif
