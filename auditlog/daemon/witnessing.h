/* witnessing.h: the witnesses that the settings name: the courier to them (courier.h), and whoever asks them
 * (gather.h). */
#ifndef AUDITLOG_DAEMON_WITNESSING_H
#define AUDITLOG_DAEMON_WITNESSING_H

#include "auditlog/base/sandbox.h"
#include "auditlog/daemon/gather.h"
#include "auditlog/daemon/settings.h"

/*
 * First of all, before anything else is opened: the courier that carries requests to witnesses, when the settings name
 * any. E_TOO_LARGE: more witnesses than it serves, or too long a path.
 */
MUST_USE enum status witnessing_fork(const struct settings *conf, enum sandbox_mode sandbox);

/*
 * parts: dirfd, heads, progress and queue; the rest is in the settings. No witness named: said in the operator's log,
 * OK, and *out stays. Otherwise as gather_start().
 */
MUST_USE enum status
witnessing_start(const struct settings *conf, const struct gather_parts *parts, struct gather **out);

#endif
