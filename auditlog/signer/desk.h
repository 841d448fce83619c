/* desk.h: the signer's side of auditlog/client/signing.h: one row per message, answered at once. */
#ifndef AUDITLOG_SIGNER_DESK_H
#define AUDITLOG_SIGNER_DESK_H

#include "auditlog/base/msg.h"
#include "auditlog/signer/witness.h"

/* Opens the socket. The witness outlives the server. Statuses as msg_server_new(). */
MUST_USE enum status desk_open(struct event_base *base, const char *path, const uid_t *uids, size_t uid_count,
			       struct witness *w, struct msg_server **out);
/* A witness's: one peer, on one end of a socketpair, which it takes in any case. */
MUST_USE enum status desk_adopt(struct event_base *base, int fd, struct witness *w, struct msg_server **out);

#endif
