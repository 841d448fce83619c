/* verify.h: one verification of one log: what was asked, what was found, and how that is said. */
#ifndef AUDITLOG_TOOL_VERIFY_H
#define AUDITLOG_TOOL_VERIFY_H

#include "auditlog/tool/attest.h"
#include "auditlog/tool/lawful.h"
#include "auditlog/tool/mapcheck.h"
#include "auditlog/tool/stray.h"
#include "auditlog/tool/sweep.h"

#define VERIFY_PROGRAM "auditlog verify"

/* Everything about one verification, on the heap: the parts are large. Options first; the rest starts as zeroes. */
struct verify {
	struct target_options common;
	struct cli_list old;
	const char *policy, *max_age, *list;
	struct str origin; /* that LOG must have; empty: any that the keys sign for */
	bool strict, lawful, json;
	uint64_t jobs;

	struct findings found;
	struct target target;
	struct buf policy_text;
	struct quorum quorum;
	struct attest attest;
	struct quorum_result witnesses;
	struct vouch_file witnessed; /* checkpoint.witnessed, when `checkpoint` is newer than what the witnesses saw */
	uint64_t witnessed_size;
	struct sweep_mark mark[SWEEP_MARKS_MAX];
	struct hash old_root[SWEEP_MARKS_MAX];
	const char *mark_name[SWEEP_MARKS_MAX];
	size_t marks;
	struct sweep_result swept;
	struct stray_result stray;
	struct lawful *replay;
	struct mapcheck *maps;
};

void verify_freep(struct verify **v);

/* verify_say.c: appends the result, as text or as one JSON object and a newline. */
void verify_say(struct buf *out, const struct verify *v);
/* Reads, checks, appends the result. The exit status. */
MUST_USE int verify_one(struct verify *v, const char *log, struct buf *out);
/* Writes a result to standard output. exit, or CLI_CANNOT after saying why. */
MUST_USE int verify_print(const struct buf *out, int exit);
/* verify_list.c: every log of the file v->list, with these options. The exit status, everything said. */
MUST_USE int verify_list(const struct verify *options);

#endif
