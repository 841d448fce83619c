/*
 * quorum.h: a witness policy (C2SP tlog-policy): which witnesses there are, how many of them must have cosigned.
 *
 *   log <vkey> [url] · witness <name> <vkey> [url] · group <name> all|any|<k> <member>… · quorum <name>|none
 *
 * One statement a line, # starts a comment. A name is used after it was given; one key stands for one witness only, or
 * a single key could make up a quorum. Pure: reads no files.
 */
#ifndef AUDITLOG_TOOL_QUORUM_H
#define AUDITLOG_TOOL_QUORUM_H

#include "auditlog/tool/findings.h"
#include "auditlog/tool/trust.h"

#define QUORUM_FILE_MAX  ((size_t)256 << 10)
#define QUORUM_NODES_MAX 128

struct quorum_node {
	struct str name; /* borrowed from the text */
	unsigned need;   /* of a group: how many members; 0 for a witness */
	uint64_t member[QUORUM_NODES_MAX / 64];
	struct note_key key; /* of a witness */
};

struct quorum {
	struct trust logs;
	size_t n;
	struct quorum_node node[QUORUM_NODES_MAX];
	size_t top; /* node that must be satisfied; QUORUM_NODES_MAX for `quorum none` */
};

/* Borrows from text. E_INVALID, with line and reason in why. About 50 KiB: not for the stack of a thread. */
MUST_USE enum status quorum_parse(struct str text, struct quorum *out, char *why, size_t why_size);

struct quorum_result {
	size_t witnesses; /* in the policy */
	size_t cosigned;
	uint64_t newest_s, oldest_s; /* times of the cosignatures, 0 without any */
};

/* Judges the signatures of a checkpoint. A wrong one by a witness we know, or too few, is a finding at place. */
void quorum_check(const struct quorum *q, const struct note *note, const char *place, struct quorum_result *out,
		  struct findings *f);

#endif
