/* keyring.h: the verifier keys that somebody trusts, and checkpoints opened with them. */
#ifndef AUDITLOG_TOOL_KEYRING_H
#define AUDITLOG_TOOL_KEYRING_H

#include "auditlog/core/checkpoint.h"
#include "auditlog/tool/findings.h"

#define KEYRING_MAX 32
#define KEYRING_FILE_MAX ((size_t)64 << 10)
#define KEYRING_CHECKPOINT_MAX ((size_t)64 << 10)

struct keyring {
	size_t n;
	struct note_key key[KEYRING_MAX];
};

/* Adds one log key. E_INVALID, E_UNSUPPORTED (a witness's key: it belongs in a policy), E_TOO_LARGE. Doubles are skipped. */
MUST_USE enum status keyring_add(struct keyring *k, struct str vkey);
/* Adds every line of a text; empty ones and those that start with # do not count. E_NOT_FOUND when none is left. */
MUST_USE enum status keyring_add_lines(struct keyring *k, struct str text);
/* Value of --key: a verifier key, or a file of them. What is wrong is said; CLI_GO, CLI_USAGE or CLI_CANNOT. */
MUST_USE int keyring_add_option(struct keyring *k, const char *program, const char *value);

/*
 * Opens a signed checkpoint: at least one key of the log that it names has signed, and no known key's signature is wrong.
 * The results borrow from bytes. Otherwise notes a finding at place and returns false; *out and *note are then useless.
 */
bool keyring_checkpoint(const struct keyring *k, struct str bytes, const char *place, struct note *note,
                        struct checkpoint *out, struct findings *f);

/* A checkpoint file opened. Start it zeroed, clear it in any case; the parts borrow from bytes. */
struct keyring_file {
	struct buf bytes;
	struct note note;
	struct checkpoint head;
};

/*
 * Reads and opens a checkpoint file. CLI_CANNOT after saying why; CLI_GO otherwise, and *opened says whether it is signed (if
 * not, f has a finding).
 */
MUST_USE int keyring_open_file(const struct keyring *k, const char *program, const char *file, struct keyring_file *out,
                               bool *opened, struct findings *f);
void keyring_file_clear(struct keyring_file *file);

#endif
