#include "auditlog/tool/erasure_act.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/proven.h"
#include "auditlog/tool/say.h"

struct act {
	const char *program, *dir;
	struct proven proven;
	uint64_t erasing, erased;
	int64_t erasing_us, erased_us;
};

static void
act_freep(struct act **a)
{
	if (*a)
		proven_close(&(*a)->proven);
	free(*a);
}

/* ---- which two ---- */

static bool
ends(const struct entry_view *v, uint64_t erasing)
{
	return v->entry.event == ENTRY_SUBJECT_ERASED && v->entry.basis.has_index && v->entry.basis.index == erasing;
}

/* Nothing in the log points forward, so the end is looked for behind the beginning. */
static int
find_end(struct act *a)
{
	const uint64_t size = a->proven.target.head.size;

	for (uint64_t i = a->erasing + 1; i < size; i++) {
		struct entry_view v;
		struct str line;
		enum status st = logread_entry(a->proven.source.log, i, size, &line);

		if (st != OK)
			return say(a->program, CLI_CANNOT, "entry %" PRIu64 ": %s", i,
				   target_why(&a->proven.source, st));
		if (entry_parse(line, &v) != OK || !ends(&v, a->erasing))
			continue;
		a->erased = i;
		return CLI_GO;
	}
	return say(a->program, CLI_DOES_NOT, "the erasure that entry %" PRIu64 " announces is not finished in this log",
		   a->erasing);
}

static int
find_both(struct act *a, uint64_t index)
{
	struct entry_view v;
	struct str line;

	if (!proven_entry(&a->proven, index, &line, &v))
		return say_findings(a->program, &a->proven.found);
	if (v.entry.event == ENTRY_SUBJECT_ERASING) {
		a->erasing = index;
		return find_end(a);
	}
	if (v.entry.event != ENTRY_SUBJECT_ERASED || !v.entry.basis.has_index || v.entry.basis.index >= index)
		return say(a->program, CLI_DOES_NOT, "entry %" PRIu64 " is of no erasure, but %s", index,
			   entry_event_name(v.entry.event));
	a->erasing = v.entry.basis.index;
	a->erased = index;
	return CLI_GO;
}

/* ---- the files ---- */

static int
write_file(const struct act *a, const char *name, struct str text)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", a->dir, name) >= (int)sizeof(path))
		return say(a->program, CLI_USAGE, "%s: the path is too long", a->dir);
	return say_out(a->program, path, text);
}

/* One entry and its proof, after checking both. */
static int
write_entry(struct act *a, uint64_t index, enum entry_event event, const char *entry_file, const char *proof_file,
	    int64_t *time_us)
{
	CLEANUP(buf_clear) struct buf text = BUF(PROOF_FILE_MAX);
	struct proof_file proof = { .index = index };
	struct entry_view v;
	struct str line;

	if (!proven_entry(&a->proven, index, &line, &v))
		return say_findings(a->program, &a->proven.found);
	if (v.entry.event != event)
		return say(a->program, CLI_DOES_NOT, "entry %" PRIu64 " is %s, not %s", index,
			   entry_event_name(v.entry.event), entry_event_name(event));
	proof.path = a->proven.path;
	proof.checkpoint = buf_str(&a->proven.target.bytes);
	proof_put_file(&text, &proof);
	if (buf_status(&text) != OK)
		return say(a->program, CLI_CANNOT, "the proof does not fit (%s)", status_name(buf_status(&text)));
	*time_us = v.time_us;
	GO(write_file(a, entry_file, line));
	return write_file(a, proof_file, buf_str(&text));
}

static int
write_readme(const struct act *a)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	const struct checkpoint *head = &a->proven.target.head;

	buf_printf(&text, "Erasure of a person's data\n\nLog            %.*s\n", STR_ARG(head->origin));
	buf_printf(&text, "Announced      entry %" PRIu64 ", ", a->erasing);
	clock_put_rfc3339(&text, a->erasing_us);
	buf_printf(&text, "\nDone           entry %" PRIu64 ", ", a->erased);
	clock_put_rfc3339(&text, a->erased_us);
	buf_printf(&text,
		   "\nUnder          the signed checkpoint of %" PRIu64 " entries\n\n"
		   "The second entry names the first. Between them the key was destroyed under which the person's\n"
		   "details in this log and in the database were sealed; the entries themselves stay, and so do their\n"
		   "proofs. Anybody can check this without us, with the log's public key:\n\n"
		   "    auditlog check erasing.tlog-proof --entry erasing.json --key VKEY\n"
		   "    auditlog check erased.tlog-proof --entry erased.json --key VKEY\n",
		   head->size);
	if (buf_status(&text) != OK)
		return say(a->program, CLI_CANNOT, "not enough memory");
	return write_file(a, "README.txt", buf_str(&text));
}

int
erasure_act_write(const char *program, const char *log, const struct target_options *o, uint64_t index, const char *dir)
{
	CLEANUP(act_freep) struct act *a = calloc(1, sizeof(*a));

	if (!a)
		return say(program, CLI_CANNOT, "not enough memory");
	a->program = program;
	a->dir = dir;
	GO(proven_open(&a->proven, program, log, o));
	GO(find_both(a, index));
	if (mkdir(dir, 0750) != 0 && errno != EEXIST)
		return say(program, CLI_CANNOT, "cannot make %s: %s", dir, strerror(errno));
	GO(write_entry(a, a->erasing, ENTRY_SUBJECT_ERASING, "erasing.json", "erasing.tlog-proof", &a->erasing_us));
	GO(write_entry(a, a->erased, ENTRY_SUBJECT_ERASED, "erased.json", "erased.tlog-proof", &a->erased_us));
	GO(write_readme(a));
	return CLI_HOLDS;
}
