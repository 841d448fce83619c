#include "auditlog/tool/watch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "auditlog/tool/say.h"

void
watch_open(struct watch *w)
{
	w->has_kept = access(w->file, F_OK) == 0;
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
	return w->opened && str_eq(w->target.head.origin, w->kept.head.origin);
}

/*
 * With the keys that the log was opened with: what was kept may be signed by a key that they have introduced, and by
 * none of those that were given.
 */
static int
open_kept(struct watch *w)
{
	vouch_file_clear(&w->kept);
	w->kept = (struct vouch_file){ 0 };
	return vouch_file_open(&w->target.keys, w->program, w->file, &w->kept, &w->opened, &w->found);
}

/* Replaces the kept checkpoint, on disk first: what was seen must not be forgotten by a crash. */
static int
keep(struct watch *w)
{
	if (file_replace_at(AT_FDCWD, w->file, buf_str(&w->target.bytes), 0644) != OK)
		return say(w->program, CLI_CANNOT, "cannot keep the checkpoint in %s", w->file);
	w->has_kept = true;
	return open_kept(w);
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
	if (findings_none(&w->found) && w->has_kept && !w->opened)
		GO(open_kept(w));
	w->before = w->opened ? w->kept.head.size : 0;
	*verdict = verdict_of(&w->found, WATCH_FIRST);
	if (*verdict == WATCH_FIRST && w->opened)
		*verdict = compare(w);
	return *verdict == WATCH_FIRST || *verdict == WATCH_GREW ? keep(w) : CLI_GO;
}
