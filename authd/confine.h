/*
 * confine.h: the end of what authd may reach outside of itself: system calls, and the files that it was configured to
 * use. Before any thread begins, which inherits it.
 */
#ifndef AUTHD_CONFINE_H
#define AUTHD_CONFINE_H

#include "auditlog/base/sandbox.h"
#include "authd/config.h"

/*
 * Gives up the right to become anybody else, then enters the sandbox. SANDBOX_REQUIRE: E_UNSUPPORTED unless the kernel
 * has every layer of it; else what there is, and the operator log says what that was.
 */
MUST_USE enum status confine_enter(const struct config *c, enum sandbox_mode mode);

#endif
