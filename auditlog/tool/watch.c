#include "auditlog/tool/watch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/tool/say.h"

static bool
has_kept(const struct watch *w)
{
	return w->kept.bytes.n > 0;
}

int
watch_open(struct watch *w)
{
	bool opened = false;

	for (size_t i = 0; i < w->common->keys.n; i++)
		GO(vouch_option(&w->keys, w->program, w->common->keys.item[i]));
	if (w->keys.n == 0)
		return say(w->program, CLI_USAGE, "--key is missing: whose signature is to be trusted? See --help");
	if (access(w->file, F_OK) != 0)
		return CLI_GO;
	return vouch_file_open(&w->keys, w->program, w->file, &w->kept, &opened, &w->found);
}

void
watch_close(struct watch *w)
{
	vouch_file_clear(&w->kept);
	target_clear(&w->target);
}

bool
watch_saw_signed(const struct watch *w)
{
	return w->target.head.origin.n > 0;
}

/* Replaces the kept checkpoint, on disk first: what was seen must not be forgotten by a crash. */
static int
keep(struct watch *w)
{
	struct str bytes = buf_str(&w->target.bytes);
	bool opened = false;

	if (file_replace_at(AT_FDCWD, w->file, bytes, 0644) != OK)
		return say(w->program, CLI_CANNOT, "cannot keep the checkpoint in %s", w->file);
	vouch_file_clear(&w->kept);
	w->kept = (struct vouch_file){ 0 };
	return vouch_file_open(&w->keys, w->program, w->file, &w->kept, &opened, &w->found);
}

/* The proof comes from files that nobody checked; a proof of wrong hashes proves nothing. */
static void
check_continues(struct watch *w)
{
	CLEANUP(target_source_close) struct source source = { 0 };
	const struct checkpoint *old = &w->kept.head, *new = &w->target.head;
	struct proof proof;
	enum status st = target_source(&w->target, &source);

	if (st == OK)
		st = logread_consistency(source.log, old->size, new->size, &proof);
	if (st != OK)
		findings_resource(&w->found, w->log, st, target_why(&source, st));
	else if (proof_check_consistency(&proof, old->size, &old->root, new->size, &new->root) != OK)
		findings_bad(&w->found, "checkpoint",
			     "its %" PRIu64 " entries do not continue the %" PRIu64 " that were seen before: a fork",
			     new->size, old->size);
}

static enum watch_verdict
verdict_of(const struct findings *f, enum watch_verdict fine)
{
	if (findings_none(f))
		return fine;
	return f->bad ? WATCH_BROKEN : WATCH_UNREAD;
}

static enum watch_verdict
compare(struct watch *w)
{
	const struct checkpoint *old = &w->kept.head, *new = &w->target.head;

	if (!str_eq(old->origin, new->origin))
		findings_bad(&w->found, w->file, "it is a checkpoint of another log, %.*s", STR_ARG(old->origin));
	else if (new->size < old->size)
		findings_bad(&w->found, "checkpoint",
			     "it has %" PRIu64 " entries and %" PRIu64 " were seen before: a rollback", new->size,
			     old->size);
	else if (new->size == old->size && !hash_eq(&old->root, &new->root))
		findings_bad(&w->found, "checkpoint", "two different roots for %" PRIu64 " entries: a fork", new->size);
	else if (new->size == old->size)
		return WATCH_SAME;
	else
		check_continues(w);
	return verdict_of(&w->found, WATCH_GREW);
}

int
watch_look(struct watch *w, enum watch_verdict *verdict)
{
	target_clear(&w->target);
	memset(&w->target, 0, sizeof(w->target));
	memset(&w->found, 0, sizeof(w->found));
	GO(target_open(&w->target, w->program, w->log, w->common, &w->found));
	*verdict = verdict_of(&w->found, WATCH_FIRST);
	if (*verdict == WATCH_FIRST && has_kept(w))
		*verdict = compare(w);
	return *verdict == WATCH_FIRST || *verdict == WATCH_GREW ? keep(w) : CLI_GO;
}
