/* setup.h: a log directory before its first entry. */
#ifndef AUDITLOG_DAEMON_SETUP_H
#define AUDITLOG_DAEMON_SETUP_H

#include "auditlog/core/trust.h"

/*
 * `auditlogd --init`: makes dir (0755, may exist) with wal/ and index/ (0700) and the file origin. E_CONFLICT when
 * there is a log of another origin, or one with entries; E_INVALID when origin is no key name.
 */
MUST_USE enum status setup_init(const char *dir, struct str origin);
/* The keys of this log: the configured one, and those that log.vkey names besides under the same name. */
MUST_USE enum status setup_load_keys(int dirfd, const struct note_key *key, struct trust *out);
/* Adds a key to log.vkey, durably. One that is there is fine. */
MUST_USE enum status setup_add_key(int dirfd, const struct note_key *key);
/*
 * At every start: the directory belongs to the log of this key, and says so to readers in log.vkey (made when missing).
 * E_CONFLICT: it belongs to another one. E_NOT_FOUND: it was never made.
 */
MUST_USE enum status setup_check(int dirfd, const struct note_key *key);

#endif
