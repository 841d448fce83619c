/* sandbox_parts.h: the two halves of sandbox.c. Used by sandbox*.c only. */
#ifndef AUDITLOG_BASE_SANDBOX_PARTS_H
#define AUDITLOG_BASE_SANDBOX_PARTS_H

#include "auditlog/base/sandbox.h"

/* The kernel's Landlock version, 0 when it has none or keeps it switched off. */
int sandbox_landlock_abi(void);
/* E_UNSUPPORTED without Landlock; E_NOT_FOUND for a missing path when mode requires it; E_SYSTEM. */
MUST_USE enum status
sandbox_landlock(enum sandbox_profile profile, enum sandbox_mode mode, const struct sandbox_path *paths, size_t count);
/* For all threads. E_UNSUPPORTED when the kernel cannot; E_NOMEM. */
MUST_USE enum status sandbox_seccomp(enum sandbox_profile profile);

#endif
