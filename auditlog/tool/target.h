/*
 * target.h: the log that a subcommand is about: a directory or an https URL, the keys it is trusted by, and its
 * checkpoint, opened with them. Every subcommand goes through here, so nothing is ever shown of a log that nobody
 * signed.
 */
#ifndef AUDITLOG_TOOL_TARGET_H
#define AUDITLOG_TOOL_TARGET_H

#include "auditlog/client/logread.h"
#include "auditlog/tool/findings.h"
#include "auditlog/tool/remote.h"
#include "auditlog/tool/vouch.h"

struct target_options {
	struct cli_list keys;
	const char *ca;
	bool pruned;  /* with --pruned: what a log.pruned entry covers may be missing */
	bool own_key; /* without --key, take log.vkey from the log itself and say so */
};

/* The row of a subcommand that reads many entries of a LOG. */
#define TARGET_PRUNED(o)                                                                                               \
	{                                                                                                              \
		.name = "pruned", .type = CLI_FLAG, .out = &(o)->pruned,                                               \
		.help = "accept that old entries are missing, as far as an entry of the log says so (log.pruned)"      \
	}

/* Rows for the table of a subcommand that works on a LOG. */
#define TARGET_OPTIONS(o)                                                                                              \
	{ .name = "key",                                                                                               \
	  .letter = 'k',                                                                                               \
	  .type = CLI_LIST,                                                                                            \
	  .out = &(o)->keys,                                                                                           \
	  .value = "VKEY",                                                                                             \
	  .help = "verifier key of the log, or a file of them; may be given again" },                                  \
	{                                                                                                              \
		.name = "ca", .type = CLI_TEXT, .out = &(o)->ca, .value = "FILE",                                      \
		.help = "PEM file of the certificate authorities to trust for an https LOG"                            \
	}

#define TARGET_LEARNED_MAX 8

/* A key that nobody gave us, introduced in the log by one that we trusted before it. */
struct target_learned {
	struct note_key key;
	uint64_t entry; /* that introduced it */
	uint64_t size;  /* of the tree under the older key's signature: the log must contain it */
	struct hash root;
};

struct target {
	const char *name; /* as given */
	const char *ca;
	bool remote;
	struct trust keys;
	struct target_learned learned[TARGET_LEARNED_MAX];
	size_t learned_count;
	struct pruned pruned; /* as minimum-index says, which proves nothing (prunecheck.h) */
	bool accept_pruned;
	struct buf bytes; /* the published checkpoint as it stands */
	struct note note;
	struct checkpoint head;
};

/* A reader of the log, for one thread. */
struct source {
	struct logread *log;
	struct remote *remote;
};

/*
 * Keys, then the checkpoint. CLI_GO: go on when f has no findings. CLI_USAGE, CLI_CANNOT: it has been said. The target
 * is about 20 KiB; clear it in any case.
 */
MUST_USE int
target_open(struct target *t, const char *program, const char *log, const struct target_options *o, struct findings *f);
void target_clear(struct target *t);

/* Opens a reader of its own. */
MUST_USE enum status target_source(const struct target *t, struct source *out);
void target_source_close(struct source *s);
/* Why the last read failed with this status, for a person. */
const char *target_why(const struct source *s, enum status st);

#endif
