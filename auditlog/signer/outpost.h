/*
 * outpost.h: `auditlog-signer --witness`: the witness that another agency runs. Two processes: this one, the core, has
 * the key and the memory and no network; the front (front.h), forked before the key is read, has the network and
 * nothing else.
 */
#ifndef AUDITLOG_SIGNER_OUTPOST_H
#define AUDITLOG_SIGNER_OUTPOST_H

#include <stdbool.h>

#include "auditlog/base/status.h"

/* The exit statuses of auditlog-signer, both kinds. */
enum signer_exit { SIGNER_FINE = 0, SIGNER_FAULT = 1, SIGNER_USAGE = 2, SIGNER_MEMORY = 4, SIGNER_LOCKED = 6 };

/* Runs until it is told to stop; check_only looks at configuration, key and memory. The status to exit with. */
enum signer_exit outpost_run(const char *config, const char *sandbox, bool check_only);

#endif
