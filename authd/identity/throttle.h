/*
 * throttle.h: how fast anybody may guess. By source address, in memory, bounded; what is counted by account is in the
 * database (store_password.h, store_totp.h). An address is an IPv4 address or an IPv6 /64.
 */
#ifndef AUTHD_IDENTITY_THROTTLE_H
#define AUTHD_IDENTITY_THROTTLE_H

#include <stdint.h>

#include "auditlog/base/status.h"

/* Wrong tries that an address has before it must wait, and how long one takes to be forgotten. */
#define THROTTLE_BURST     100
#define THROTTLE_REFILL_US INT64_C(3000000)

/* How many wrong tries an address has instead of THROTTLE_BURST; 0 changes nothing. Once at start. */
void throttle_open(unsigned burst);

/*
 * Takes one of the address's tries before it is made, so that many at the same moment are no more than one after the
 * other. E_LIMITED when it has used them up; *wait_s says for how long. Any thread.
 */
MUST_USE enum status throttle_take(const char *peer, unsigned *wait_s);
/* The try was right, or none was made. */
void throttle_give_back(const char *peer);

/*
 * For what is too long to be guessed and comes by hundreds at the same moment from one address: only wrong ones count,
 * when they are known to be.
 */
MUST_USE enum status throttle_check(const char *peer, unsigned *wait_s);
void throttle_failed(const char *peer);

/* How long an account waits after that many wrong passwords in a row: gentle, so that nobody locks another person out.
 */
int64_t throttle_delay_us(int failures);
/*
 * The same for one that is being tried: nobody knows yet whether it is wrong, and somebody may sign in at several
 * windows at once; so it begins with the twelfth at the same moment.
 */
int64_t throttle_trying_us(int number);

#endif
