/*
 * stray.h: the files of a log directory that its checkpoint does not need: partial tiles of earlier checkpoints, tiles
 * that are ahead of the checkpoint while a log is running, and what does not belong there at all.
 */
#ifndef AUDITLOG_TOOL_STRAY_H
#define AUDITLOG_TOOL_STRAY_H

#include "auditlog/tool/target.h"

struct stray_result {
	uint64_t earlier; /* narrower forms of what is needed */
	uint64_t ahead;   /* beyond the checkpoint */
	uint64_t extra;   /* neither */
};

/*
 * Walks everything below tile/ of a directory. A file that contradicts what the log publishes in another form is always
 * a finding; with strict, every file that is ahead or extra is one too. Meant for after the sweep, which judges what is
 * needed.
 */
void stray_check(const struct target *t, bool strict, struct stray_result *out, struct findings *f);

#endif
