/*
 * activation.h: keeps the policy in force the one that was activated last. The database says which (version and hash,
 * with the log index of its activation); the files come from the configured directory. A directory that holds anything
 * else changes nothing: the policy in force stays, or there is none and nothing is permitted.
 */
#ifndef AUTHD_ACTIVATION_H
#define AUTHD_ACTIVATION_H

#include "auditlog/base/conf.h"
#include "auditlog/base/status.h"

struct authd;
struct store;

/*
 * Compares what is in force with the newest activation that is in the log, and switches when the directory has it. OK
 * also when nothing was ever activated. E_CONFLICT: the directory's bundle is another one; its own statuses when it
 * cannot be loaded. Said once in the operator log, not at every look. Any thread.
 */
MUST_USE enum status activation_sync(struct authd *a, struct store *db);

#endif
