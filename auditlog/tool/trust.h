/* trust.h: the verifier keys that somebody trusts, and checkpoints opened with them. */
#ifndef AUDITLOG_TOOL_TRUST_H
#define AUDITLOG_TOOL_TRUST_H

#include "auditlog/core/checkpoint.h"
#include "auditlog/tool/findings.h"

#define TRUST_MAX            32
#define TRUST_FILE_MAX       ((size_t)64 << 10)
#define TRUST_CHECKPOINT_MAX ((size_t)64 << 10)

struct trust {
	size_t n;
	struct note_key key[TRUST_MAX];
};

/* Adds one log key. E_INVALID, E_UNSUPPORTED (a witness's key: it belongs in a policy), E_TOO_LARGE. Doubles are
 * skipped. */
MUST_USE enum status trust_add(struct trust *k, struct str vkey);
/* Adds every line of a text; empty ones and those that start with # do not count. E_NOT_FOUND when none is left. */
MUST_USE enum status trust_add_lines(struct trust *k, struct str text);
/* Value of --key: a verifier key, or a file of them. What is wrong is said; CLI_GO, CLI_USAGE or CLI_CANNOT. */
MUST_USE int trust_add_option(struct trust *k, const char *program, const char *value);

/*
 * Opens a signed checkpoint: at least one key of the log that it names has signed, and no known key's signature is
 * wrong. The results borrow from bytes. Otherwise notes a finding at place and returns false; *out and *note are then
 * useless.
 */
bool trust_checkpoint(const struct trust *k, struct str bytes, const char *place, struct note *note,
		      struct checkpoint *out, struct findings *f);

/* A checkpoint file opened. Start it zeroed, clear it in any case; the parts borrow from bytes. */
struct trust_file {
	struct buf bytes;
	struct note note;
	struct checkpoint head;
};

/*
 * Reads and opens a checkpoint file. CLI_CANNOT after saying why; CLI_GO otherwise, and *opened says whether it is
 * signed (if not, f has a finding).
 */
MUST_USE int trust_open_file(const struct trust *k, const char *program, const char *file, struct trust_file *out,
			     bool *opened, struct findings *f);
void trust_file_clear(struct trust_file *file);

#endif
