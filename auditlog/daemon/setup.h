/* setup.h: a log directory before its first entry. */
#ifndef AUDITLOG_DAEMON_SETUP_H
#define AUDITLOG_DAEMON_SETUP_H

#include "auditlog/core/note.h"

/*
 * `auditlogd --init`: makes dir (0755, may exist) with wal/ and index/ (0700) and the file origin. E_CONFLICT when
 * there is a log of another origin, or one with entries; E_INVALID when origin is no key name.
 */
MUST_USE enum status setup_init(const char *dir, struct str origin);
/*
 * At every start: the directory belongs to the log of this key, and says so to readers in log.vkey (made when missing).
 * E_CONFLICT: it belongs to another one. E_NOT_FOUND: it was never made.
 */
MUST_USE enum status setup_check(int dirfd, const struct note_key *key);

#endif
