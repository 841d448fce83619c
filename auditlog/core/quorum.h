/*
 * quorum.h: a witness policy (C2SP tlog-policy): which witnesses there are, how many of them must have cosigned.
 *
 *   log <vkey> [url] · witness <name> <vkey> [url] · group <name> all|any|<k> <member>… · quorum <name>|none
 *
 * One statement a line, # starts a comment. A name is used after it was given; one key stands for one witness only, or
 * a single key could make up a quorum, and never for a log and a witness. Pure: reads no files.
 */
#ifndef AUDITLOG_CORE_QUORUM_H
#define AUDITLOG_CORE_QUORUM_H

#include "auditlog/core/trust.h"

#define QUORUM_FILE_MAX  ((size_t)256 << 10)
#define QUORUM_NODES_MAX 128

struct quorum_node {
	struct str name; /* borrowed from the text */
	unsigned need;   /* of a group: how many members; 0 for a witness */
	uint64_t member[QUORUM_NODES_MAX / 64];
	struct note_key key; /* of a witness */
	struct str url;      /* of a witness: its submission prefix, borrowed; empty when none is given */
};

struct quorum {
	struct trust logs;
	size_t n;
	struct quorum_node node[QUORUM_NODES_MAX];
	size_t top; /* node that must be satisfied; QUORUM_NODES_MAX for `quorum none` */
};

/* Borrows from text. E_INVALID, with line and reason in why. About 50 KiB: not for the stack of a thread. */
MUST_USE enum status quorum_parse(struct str text, struct quorum *out, char *why, size_t why_size);

/* Times in POSIX seconds. A cosignature made outside of [from_s, to_s] is there, and does not count. */
struct quorum_window {
	uint64_t from_s, to_s;
};
#define QUORUM_ANY_TIME ((struct quorum_window){ 0, UINT64_MAX })

struct quorum_result {
	bool satisfied;     /* enough cosignatures made within the window */
	size_t witnesses;   /* in the policy */
	size_t cosigned;    /* of those, at any time */
	uint64_t newest_s;  /* of those within the window; 0 without any */
	const char *forged; /* name of a witness whose cosignature is wrong, or NULL; borrowed from the policy */
};

/* Judges the signatures under a checkpoint. */
void
quorum_judge(const struct quorum *q, const struct note *note, struct quorum_window window, struct quorum_result *out);

#endif
