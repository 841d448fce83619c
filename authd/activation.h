/*
 * activation.h: keeps the policy in force the one that was activated last. The database says which, and holds the texts
 * of its files: a node or a restart needs no directory, and what lies in one changes nothing. Whatever is loaded must
 * have the hash that its activation has in the log.
 */
#ifndef AUTHD_ACTIVATION_H
#define AUTHD_ACTIVATION_H

#include "auditlog/base/conf.h"
#include "auditlog/base/status.h"

struct authd;
struct policy;
struct store;

/*
 * A bundle from the JSON text of its files (policy_files()), if it has that hash. E_CORRUPT: it is no bundle, or
 * another one.
 */
MUST_USE enum status activation_load(struct str files, struct str sha256, struct policy **out);

/*
 * Compares what is in force with the newest activation that is in the log, and switches. OK also when nothing was ever
 * activated. On anything else the policy in force stays, or there is none and nothing is permitted; said once in the
 * operator log, not at every look. Any thread.
 */
MUST_USE enum status activation_sync(struct authd *a, struct store *db);

#endif
