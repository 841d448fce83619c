#include "auditlog/tool/verify.h"

#include <inttypes.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/say.h"

void
verify_freep(struct verify **v)
{
	if (!*v)
		return;
	target_clear(&(*v)->target);
	buf_clear(&(*v)->policy_text);
	vouch_file_clear(&(*v)->witnessed);
	lawful_free((*v)->replay);
	mapcheck_free((*v)->maps);
	free(*v);
}

/* ---- before the sweep ---- */

static int
load_policy(struct verify *v)
{
	char why[160];

	if (!v->policy)
		return CLI_GO;
	GO(attest_max_age(VERIFY_PROGRAM, v->max_age ? v->max_age : ATTEST_MAX_AGE_DEFAULT, &v->attest.max_age_us));
	v->attest.quorum = &v->quorum;
	v->attest.now_us = clock_now_us();
	v->policy_text = BUF(QUORUM_FILE_MAX);
	GO(say_read(VERIFY_PROGRAM, v->policy, &v->policy_text));
	if (quorum_parse(buf_str(&v->policy_text), &v->quorum, why, sizeof(why)) != OK)
		return say(VERIFY_PROGRAM, CLI_USAGE, "%s: %s", v->policy, why);
	for (size_t i = 0; i < v->quorum.logs.n; i++)
		v->target.keys.key[v->target.keys.n++] = v->quorum.logs.key[i];
	return CLI_GO;
}

static int
load_old(struct verify *v, size_t i)
{
	CLEANUP(vouch_file_clear) struct vouch_file old = { 0 };
	const char *file = v->old.item[i];
	bool opened = false;

	GO(vouch_file_open(&v->target.keys, VERIFY_PROGRAM, file, &old, &opened, &v->found));
	if (!opened)
		return CLI_GO;
	if (!str_eq(old.head.origin, v->target.head.origin))
		findings_bad(&v->found, file, "it is a checkpoint of another log, %.*s", STR_ARG(old.head.origin));
	else if (old.head.size > v->target.head.size)
		findings_bad(&v->found, file,
			     "it has %" PRIu64 " entries and the log only %" PRIu64 ": entries are gone", old.head.size,
			     v->target.head.size);
	v->mark[v->marks].size = old.head.size;
	v->old_root[v->marks] = old.head.root;
	v->mark_name[v->marks++] = file;
	return CLI_GO;
}

/*
 * A busy log signs several times a second, and its witnesses follow some seconds behind: then the tree that they have
 * cosigned is an earlier one, which this log must contain. What is newer has only the word of the log.
 */
static bool
open_witnessed(struct verify *v)
{
	CLEANUP(target_source_close) struct source s = { 0 };
	struct findings unsaid = { 0 };

	v->witnessed.bytes = BUF(LOGREAD_CHECKPOINT_MAX);
	if (target_source(&v->target, &s) != OK || logread_witnessed(s.log, &v->witnessed.bytes) != OK)
		return false;
	return vouch_checkpoint(&v->target.keys, buf_str(&v->witnessed.bytes), "", &v->witnessed.note,
				&v->witnessed.head, &unsaid) &&
	       str_eq(v->witnessed.head.origin, v->target.head.origin);
}

/* It came while we were reading: then it is the newest signed tree that we know. */
static void
take_newer(struct verify *v)
{
	struct buf bytes = v->target.bytes;

	if (v->witnessed.head.size <= v->target.head.size)
		return;
	v->mark[v->marks].size = v->target.head.size; /* what stood in its place must be a beginning of it */
	v->old_root[v->marks] = v->target.head.root;
	v->mark_name[v->marks++] = "checkpoint";
	v->target.bytes = v->witnessed.bytes;
	v->witnessed.bytes = bytes;
	v->target.note = v->witnessed.note;
	v->target.head = v->witnessed.head;
}

static void
check_witnesses(struct verify *v)
{
	v->witnessed_size = v->target.head.size;
	if (attest_holds(&v->attest, &v->target.note) || !open_witnessed(v)) {
		attest_check(&v->attest, &v->target.note, "checkpoint", &v->witnesses, &v->found);
		return;
	}
	attest_check(&v->attest, &v->witnessed.note, "checkpoint.witnessed", &v->witnesses, &v->found);
	v->witnessed_size = v->witnessed.head.size;
	v->mark[v->marks].size = v->witnessed.head.size;
	v->old_root[v->marks] = v->witnessed.head.root;
	v->mark_name[v->marks++] = "checkpoint.witnessed";
	take_newer(v);
}

/* The tree under which a key was introduced must be a beginning of this log. */
static void
mark_learned(struct verify *v)
{
	for (size_t i = 0; i < v->target.learned_count; i++) {
		const struct target_learned *l = &v->target.learned[i];

		if (l->size > v->target.head.size)
			findings_bad(&v->found, "log.vkey",
				     "the key was introduced under %" PRIu64 " entries, and the log has only %" PRIu64,
				     l->size, v->target.head.size);
		v->mark[v->marks].size = l->size;
		v->old_root[v->marks] = l->root;
		v->mark_name[v->marks++] = "the handover of the key";
	}
}

/* With the keys of several logs at hand (a policy may name them all), one log must not stand for another. */
static void
check_origin(struct verify *v)
{
	if (v->origin.n > 0 && v->target.head.origin.n > 0 && !str_eq(v->target.head.origin, v->origin))
		findings_bad(&v->found, "checkpoint", "it is of the log %.*s, and the list says %.*s",
			     STR_ARG(v->target.head.origin), STR_ARG(v->origin));
}

static int
prepare(struct verify *v, const char *log)
{
	v->common.own_key = false;
	GO(load_policy(v));
	GO(target_open(&v->target, VERIFY_PROGRAM, log, &v->common, &v->found));
	check_origin(v);
	if (!findings_none(&v->found))
		return CLI_GO;
	if (v->policy)
		check_witnesses(v);
	mark_learned(v);
	for (size_t i = 0; i < v->old.n; i++)
		GO(load_old(v, i));
	return CLI_GO;
}

/* ---- the sweep and what follows from it ---- */

static void
compare_old(struct verify *v)
{
	for (size_t i = 0; i < v->marks; i++)
		if (v->mark[i].reached && !hash_eq(&v->mark[i].root, &v->old_root[i]))
			findings_bad(&v->found, v->mark_name[i],
				     "the first %" PRIu64
				     " entries of the log do not give its root: the log was rewritten",
				     v->mark[i].size);
}

static int
sweep(struct verify *v)
{
	struct sweep s = {
		.target = &v->target,
		.jobs = (unsigned)v->jobs,
		.progress = !v->json,
		.look = { .whole = v->strict },
		.marks = v->mark,
		.mark_count = v->marks,
	};
	enum status st = mapcheck_new(&v->maps);

	if (st == OK && v->lawful) {
		st = lawful_new(&v->replay);
		s.look = (struct chunk_look){ .whole = true, .extract = lawful_extract, .ctx = v->replay };
		s.absorb = lawful_absorb;
	}
	if (st == OK && v->lawful && v->target.accept_pruned) {
		lawful_pruned(v->replay, v->target.pruned.minimum);
	}
	s.look.notice = mapcheck_notice;
	s.hear = mapcheck_hear;
	s.hear_ctx = v->maps;
	if (st == OK)
		st = sweep_run(&s, &v->swept, &v->found);
	if (st != OK)
		return say(VERIFY_PROGRAM, CLI_CANNOT, "cannot go on reading %s (%s)", v->target.name, status_name(st));
	compare_old(v);
	/* Maps speak of entries: those of a log that does not hold are neither right nor wrong. */
	if (v->swept.whole && findings_none(&v->found))
		mapcheck_finish(v->maps, &v->found);
	if (!v->target.remote)
		stray_check(&v->target, v->strict, &v->stray, &v->found);
	if (v->lawful)
		lawful_finish(v->replay, v->swept.last_us, &v->found);
	return CLI_GO;
}

static int
run(struct verify *v, const char *log)
{
	GO(prepare(v, log));
	return findings_none(&v->found) ? sweep(v) : CLI_GO;
}

int
verify_one(struct verify *v, const char *log, struct buf *out)
{
	GO(run(v, log));
	verify_say(out, v);
	return (int)findings_exit(&v->found);
}

int
verify_print(const struct buf *out, int exit)
{
	if (buf_status(out) != OK)
		return say(VERIFY_PROGRAM, CLI_CANNOT, "not enough memory to say the result");
	GO(say_out(VERIFY_PROGRAM, NULL, buf_str(out)));
	return exit;
}
