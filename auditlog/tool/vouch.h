/* vouch.h: whose signature vouches for a log: keys from the command line, and checkpoints opened with them. */
#ifndef AUDITLOG_TOOL_VOUCH_H
#define AUDITLOG_TOOL_VOUCH_H

#include "auditlog/core/checkpoint.h"
#include "auditlog/core/trust.h"
#include "auditlog/tool/findings.h"

#define VOUCH_CHECKPOINT_MAX ((size_t)64 << 10)

/* Value of --key: a verifier key, or a file of them. What is wrong is said; CLI_GO, CLI_USAGE or CLI_CANNOT. */
MUST_USE int vouch_option(struct trust *k, const char *program, const char *value);

/*
 * Opens a signed checkpoint: at least one key of the log that it names has signed, and no known key's signature is
 * wrong. The results borrow from bytes. Otherwise notes a finding at place and returns false; *out and *note are then
 * useless.
 */
bool vouch_checkpoint(const struct trust *k, struct str bytes, const char *place, struct note *note,
		      struct checkpoint *out, struct findings *f);

/* A checkpoint file opened. Start it zeroed, clear it in any case; the parts borrow from bytes. */
struct vouch_file {
	struct buf bytes;
	struct note note;
	struct checkpoint head;
};

/*
 * Reads and opens a checkpoint file. CLI_CANNOT after saying why; CLI_GO otherwise, and *opened says whether it is
 * signed (if not, f has a finding).
 */
MUST_USE int vouch_file_open(const struct trust *k, const char *program, const char *file, struct vouch_file *out,
			     bool *opened, struct findings *f);
void vouch_file_clear(struct vouch_file *file);

#endif
