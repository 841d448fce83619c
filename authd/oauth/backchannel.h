/*
 * backchannel.h: telling clients that a session has ended (OpenID Connect Back-Channel Logout 1.0). The notices are
 * rows that stand there since the session's end (store_logout.h), so nothing is lost by a crash and no page waits:
 * threads of their own take them, each with an entry (auth.logout_sent) before its logout token is signed.
 *
 * A client is told at least once: again after a crash in between, with another jti. 200 and 204 are "told"; anything
 * else is tried again after 5 s, 15 s, 1 min, 5 min, 15 min, and then every hour, until BACKCHANNEL_GIVE_UP_US after
 * the session's end: that is an error in the operator's log and counts in ombud_logout_given_up_total. One call takes
 * BACKCHANNEL_CALL_US at most, a client has one at a time from each node, and while one of its notices fails its others
 * wait with it. Only https, and never an address of our own networks (notify/outbound.h).
 */
#ifndef AUTHD_OAUTH_BACKCHANNEL_H
#define AUTHD_OAUTH_BACKCHANNEL_H

#include <stdint.h>

#include "auditlog/base/status.h"

#define BACKCHANNEL_SENDERS    3
#define BACKCHANNEL_CALL_US    (INT64_C(3) * 1000000)
#define BACKCHANNEL_GIVE_UP_US (INT64_C(24) * 3600 * 1000000)

struct authd;
struct backchannel;

/* Starts the threads, each with a database connection of its own. They also end lapsed sessions (identity/lapse.h). */
MUST_USE enum status backchannel_start(struct authd *a, struct backchannel **out);
/* Returns when a call that is under way has ended. NULL is fine. */
void backchannel_stop(struct backchannel *b);

/* How long to wait after so many failed attempts; attempts >= 1. */
int64_t backchannel_delay_us(int attempts);

/* Of this node since its start; waiting and oldest_us are everybody's. */
struct backchannel_state {
	uint64_t told, failed, given_up;
	int64_t waiting;
	int64_t oldest_us; /* when the session of the oldest ended; 0: none waits */
};
struct backchannel_state backchannel_state(struct backchannel *b);

#endif
