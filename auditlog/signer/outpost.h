/*
 * outpost.h: `auditlog-signer --witness`: the witness that another agency runs. Two processes: this one, the core, has
 * the key and the memory and no network; the front (front.h), forked before the key is read, has the network and
 * nothing else.
 */
#ifndef AUDITLOG_SIGNER_OUTPOST_H
#define AUDITLOG_SIGNER_OUTPOST_H

#include "auditlog/base/service.h"

/* The exit statuses of auditlog-signer, both kinds. */
enum signer_exit { SIGNER_FINE = 0, SIGNER_FAULT = 1, SIGNER_USAGE = 2, SIGNER_MEMORY = 4, SIGNER_LOCKED = 6 };

/* Runs until it is told to stop; --check looks at configuration, key and memory. The status to exit with. */
enum signer_exit outpost_run(const struct service_options *opt);

#endif
