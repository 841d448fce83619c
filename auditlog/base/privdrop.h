/* privdrop.h: what every daemon gives up before it reads its first byte from outside. */
#ifndef AUDITLOG_BASE_PRIVDROP_H
#define AUDITLOG_BASE_PRIVDROP_H

#include "auditlog/base/status.h"

/*
 * First thing in main: umask 077, no core dumps, not dumpable (no ptrace by our own user, /proc/self owned by root), no
 * new privileges through exec. E_SYSTEM when the kernel refuses one. Sanitizer builds stay dumpable: their leak check
 * needs it.
 */
MUST_USE enum status privdrop_start(void);
/*
 * For good: become user (NULL or "" keeps the present one) with its own group only, then drop every capability from all
 * sets and the bounding set. As root without a user the capabilities go all the same. Checks afterwards that nothing
 * came back. E_NOT_FOUND for an unknown user, E_DENIED when not allowed to change, E_SYSTEM.
 */
MUST_USE enum status privdrop_finish(const char *user);

#endif
