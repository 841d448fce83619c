#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/attest.h"
#include "auditlog/tool/commands.h"
#include "auditlog/tool/lawful.h"
#include "auditlog/tool/loglist.h"
#include "auditlog/tool/mapcheck.h"
#include "auditlog/tool/say.h"
#include "auditlog/tool/stray.h"
#include "auditlog/tool/sweep.h"

#define PROGRAM "auditlog verify"

/* Everything about one call, on the heap: the parts are large. */
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

static void
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
	GO(attest_max_age(PROGRAM, v->max_age ? v->max_age : ATTEST_MAX_AGE_DEFAULT, &v->attest.max_age_us));
	v->attest.quorum = &v->quorum;
	v->attest.now_us = clock_now_us();
	v->policy_text = BUF(QUORUM_FILE_MAX);
	GO(say_read(PROGRAM, v->policy, &v->policy_text));
	if (quorum_parse(buf_str(&v->policy_text), &v->quorum, why, sizeof(why)) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: %s", v->policy, why);
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

	GO(vouch_file_open(&v->target.keys, PROGRAM, file, &old, &opened, &v->found));
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
	GO(target_open(&v->target, PROGRAM, log, &v->common, &v->found));
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
	s.look.notice = mapcheck_notice;
	s.hear = mapcheck_hear;
	s.hear_ctx = v->maps;
	if (st == OK)
		st = sweep_run(&s, &v->swept, &v->found);
	if (st != OK)
		return say(PROGRAM, CLI_CANNOT, "cannot go on reading %s (%s)", v->target.name, status_name(st));
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

/* ---- saying it ---- */

static double
seconds(const struct verify *v)
{
	return v->swept.took_us > 0 ? (double)v->swept.took_us / (double)SECOND_US : 1e-6;
}

static void
put_witnesses(struct buf *out, const struct verify *v)
{
	uint64_t behind = v->target.head.size - v->witnessed_size;

	buf_printf(out, "witness  %zu of %zu have cosigned", v->witnesses.cosigned, v->witnesses.witnesses);
	if (behind > 0)
		buf_printf(out, " the first %" PRIu64 " entries; the last %" PRIu64 " have the word of the log alone",
			   v->witnessed_size, behind);
	buf_put_char(out, '\n');
}

static void
put_text(struct buf *out, const struct verify *v)
{
	const struct checkpoint *head = &v->target.head;

	if (head->origin.n == 0) { /* not even a checkpoint to speak of */
		findings_put_text(out, &v->found);
		return;
	}
	buf_printf(out, "log      %.*s in %s\nroot     ", STR_ARG(head->origin), v->target.name);
	hash_put_base64(out, &head->root);
	buf_printf(out, "\nsize     %" PRIu64 " entries", head->size);
	if (v->swept.whole && head->size) {
		buf_put_cstr(out, ", ");
		clock_put_rfc3339(out, v->swept.first_us);
		buf_put_cstr(out, " to ");
		clock_put_rfc3339(out, v->swept.last_us);
	}
	buf_put_char(out, '\n');
	for (size_t i = 0; i < v->target.learned_count; i++)
		buf_printf(out,
			   "key      %s+%08" PRIx32 " was introduced by entry %" PRIu64
			   ", under a key that was trusted before it\n",
			   v->target.learned[i].key.name, v->target.learned[i].key.id, v->target.learned[i].entry);
	if (v->policy)
		put_witnesses(out, v);
	else
		buf_put_cstr(out, "witness  none asked for (--witness)\n");
	buf_printf(out,
		   "checked  %" PRIu64 " entries, %" PRIu64
		   " hash tiles, %zu older checkpoints in %.2f s (%.0f entries/s)\n",
		   v->swept.entries, v->swept.tiles, v->old.n, seconds(v), (double)v->swept.entries / seconds(v));
	if (v->maps && mapcheck_count(v->maps))
		buf_printf(out, "maps     %" PRIu64 " made once more from the entries\n", mapcheck_count(v->maps));
	if (v->stray.ahead + v->stray.extra)
		buf_printf(out,
			   "besides  %" PRIu64 " files ahead of the checkpoint, %" PRIu64 " that do not belong there\n",
			   v->stray.ahead, v->stray.extra);
	if (v->replay)
		lawful_put_text(out, v->replay);
	findings_put_text(out, &v->found);
	if (findings_none(&v->found))
		buf_put_cstr(out, v->lawful ? "HOLDS, and every permit had its ground\n" : "HOLDS\n");
}

static json_t *
json_text(struct str s)
{
	return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *
json_hash(const struct hash *h)
{
	CLEANUP(buf_clear) struct buf b = { 0 };

	hash_put_base64(&b, h);
	return json_text(buf_str(&b));
}

static json_t *
json_findings(const struct findings *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->kept; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "place", f->item[i].place, "what", f->item[i].what,
						"kind", f->item[i].kind == FINDING_UNREAD ? "unread" : "bad"));
	return list;
}

static json_t *
json_learned(const struct verify *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->target.learned_count; i++) {
		CLEANUP(buf_clear) struct buf vkey = BUF(NOTE_VKEY_MAX);

		note_put_vkey(&vkey, &v->target.learned[i].key);
		json_array_append_new(list, json_pack("{s:s%, s:I}", "vkey", vkey.p, vkey.n, "entry",
						      (json_int_t)v->target.learned[i].entry));
	}
	return list;
}

static void
put_json(struct buf *out, const struct verify *v)
{
	const struct checkpoint *head = &v->target.head;
	json_t *j = json_object();
	char *text = NULL;

	json_object_set_new(j, "holds", json_boolean(findings_none(&v->found)));
	json_object_set_new(j, "log", json_string(v->target.name));
	json_object_set_new(j, "origin", json_text(head->origin));
	json_object_set_new(j, "size", json_integer((json_int_t)head->size));
	json_object_set_new(j, "root", json_hash(&head->root));
	json_object_set_new(j, "entries_checked", json_integer((json_int_t)v->swept.entries));
	json_object_set_new(j, "tiles_checked", json_integer((json_int_t)v->swept.tiles));
	json_object_set_new(j, "seconds", json_real(seconds(v)));
	json_object_set_new(j, "old_checkpoints", json_integer((json_int_t)v->old.n));
	json_object_set_new(j, "witnesses", json_integer((json_int_t)v->witnesses.witnesses));
	json_object_set_new(j, "cosigned", json_integer((json_int_t)v->witnesses.cosigned));
	if (v->policy)
		json_object_set_new(j, "witnessed", json_integer((json_int_t)v->witnessed_size));
	json_object_set_new(j, "learned", json_learned(v));
	json_object_set_new(j, "files_ahead", json_integer((json_int_t)v->stray.ahead));
	json_object_set_new(j, "files_extra", json_integer((json_int_t)v->stray.extra));
	json_object_set_new(j, "bad", json_integer((json_int_t)v->found.bad));
	json_object_set_new(j, "unread", json_integer((json_int_t)v->found.unread));
	json_object_set_new(j, "findings", json_findings(&v->found));
	if (v->maps)
		json_object_set_new(j, "maps", json_integer((json_int_t)mapcheck_count(v->maps)));
	if (v->replay)
		lawful_put_json(j, v->replay);
	text = json_dumps(j, JSON_COMPACT);
	buf_put_cstr(out, text ? text : "{\"holds\":false}");
	buf_put_char(out, '\n');
	free(text);
	json_decref(j);
}

/* ---- one log, or all of a list ---- */

/* The exit status; what there is to say is appended. */
static int
verify_one(struct verify *v, const char *log, struct buf *out)
{
	GO(prepare(v, log));
	if (findings_none(&v->found))
		GO(sweep(v));
	if (v->json)
		put_json(out, v);
	else
		put_text(out, v);
	return (int)findings_exit(&v->found);
}

static int
say_result(const struct buf *out, int exit)
{
	if (buf_status(out) != OK)
		return say(PROGRAM, CLI_CANNOT, "not enough memory to say the result");
	GO(say_out(PROGRAM, NULL, buf_str(out)));
	return exit;
}

static int
verify_single(struct verify *v, const char *log)
{
	CLEANUP(buf_clear) struct buf out = { 0 };
	int exit = verify_one(v, log, &out);

	return out.n > 0 ? say_result(&out, exit) : exit;
}

/* What does not hold weighs more than what could not be read, and that more than what was asked wrongly. */
static int
worse(int a, int b)
{
	static const int weight[] = { [CLI_HOLDS] = 0, [CLI_USAGE] = 1, [CLI_CANNOT] = 2, [CLI_DOES_NOT] = 3 };

	return weight[a] >= weight[b] ? a : b;
}

/* A log of the list, with the options that were given for all of them. */
static int
verify_item(const struct verify *options, const struct loglist_item *item, struct buf *out)
{
	CLEANUP(verify_freep) struct verify *v = calloc(1, sizeof(*v));

	if (!v)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	*v = *options; /* nothing but options is set in it yet */
	v->common.keys = (struct cli_list){ .item = { item->vkey }, .n = 1 };
	v->origin = str_slice(str_of(item->vkey), 0, str_find_char(str_of(item->vkey), '+'));
	return verify_one(v, item->place, out);
}

/* One log's object without its newline; one that nothing could be said of does not hold either. */
static void
put_json_item(struct buf *out, const struct loglist_item *item, struct str one)
{
	json_t *j = one.n > 0 ? NULL : json_pack("{s:b, s:s}", "holds", 0, "log", item->place);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

	if (out->n > 0)
		buf_put_char(out, ',');
	buf_put(out, text ? str_of(text) : str_trim(one));
	free(text);
	json_decref(j);
}

static int
say_list(const struct verify *options, const struct loglist *list, const struct buf *all, size_t bad, const char *first)
{
	CLEANUP(buf_clear) struct buf out = { 0 };

	if (options->json)
		buf_printf(&out, "{\"holds\":%s,\"logs\":[%.*s]}\n", bad ? "false" : "true", STR_ARG(buf_str(all)));
	else if (bad == 0)
		buf_printf(&out, "%.*sHOLDS: all %zu logs\n", STR_ARG(buf_str(all)), list->n);
	else
		buf_printf(&out, "%.*sDOES NOT HOLD: %zu of %zu logs, the first is %s\n", STR_ARG(buf_str(all)), bad,
			   list->n, first);
	return say_result(buf_status(all) == OK ? &out : all, CLI_GO);
}

static int
verify_items(const struct verify *options, const struct loglist *list)
{
	CLEANUP(buf_clear) struct buf all = { 0 };
	const char *first = NULL;
	int exit = CLI_HOLDS;
	size_t bad = 0;

	for (size_t i = 0; i < list->n; i++) {
		CLEANUP(buf_clear) struct buf one = { 0 };
		int held = verify_item(options, &list->item[i], &one);

		if (held != CLI_HOLDS && bad++ == 0)
			first = list->item[i].place;
		exit = worse(exit, held);
		if (options->json)
			put_json_item(&all, &list->item[i], buf_str(&one));
		else
			buf_printf(&all, "%.*s\n", STR_ARG(buf_str(&one)));
	}
	GO(say_list(options, list, &all, bad, first));
	return exit;
}

static int
verify_list(const struct verify *options)
{
	CLEANUP(loglist_clear) struct loglist list = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(LOGLIST_FILE_MAX);
	char why[320];

	if (options->common.keys.n || options->old.n)
		return say(PROGRAM, CLI_USAGE,
			   "--list brings the key of each log; --key and --old are for a single one");
	GO(say_read(PROGRAM, options->list, &text));
	if (loglist_parse(buf_str(&text), &list, why, sizeof(why)) != OK)
		return say(PROGRAM, CLI_USAGE, "%s: %s", options->list, why);
	return verify_items(options, &list);
}

int
cmd_verify(int argc, char **argv)
{
	CLEANUP(verify_freep) struct verify *v = calloc(1, sizeof(*v));
	int operand = 0;

	if (!v)
		return say(PROGRAM, CLI_CANNOT, "not enough memory");
	/* clang-format off */
	const struct cli_option options[] = {
		TARGET_OPTIONS(&v->common),
		{ .name = "old", .type = CLI_LIST, .out = &v->old, .value = "FILE",
		  .help = "an earlier checkpoint that the log must continue; may be given again" },
		{ .name = "list", .type = CLI_TEXT, .out = &v->list, .value = "FILE",
		  .help = "check every log that FILE names (lines \"log VKEY PLACE\") instead of LOG" },
		{ .name = "witness", .type = CLI_TEXT, .out = &v->policy, .value = "FILE",
		  .help = "witness policy (tlog-policy) whose quorum must have cosigned" },
		{ .name = "max-age", .type = CLI_TEXT, .out = &v->max_age, .value = "DURATION",
		  .help = "with --witness: cosignatures of the quorum may be this old (P1D); PT0S for any age" },
		{ .name = "strict", .type = CLI_FLAG, .out = &v->strict,
		  .help = "also judge how entries are written; files that are extra or ahead of the checkpoint are failures" },
		{ .name = "lawful", .type = CLI_FLAG, .out = &v->lawful,
		  .help = "also replay consents and policies: every permit must have had its ground" },
		{ .name = "jobs", .letter = 'j', .type = CLI_UINT, .out = &v->jobs, .value = "N", .most = SWEEP_JOBS_MAX,
		  .least = 1, .help = "threads (as many as processors)" },
		{ .name = "json", .type = CLI_FLAG, .out = &v->json, .help = "the result as one JSON object" },
	};
	/* clang-format on */
	const struct cli cli = {
		.program = PROGRAM,
		.operands = "[LOG]",
		.summary = "Check every entry and every file of a log against its signed checkpoint. LOG is a "
			   "directory or an https URL.",
		.options = options,
		.count = ARRAY_LEN(options),
		.operands_most = 1,
	};
	GO(cli_parse(&cli, argc, argv, &operand));
	if ((operand < argc) == (v->list != NULL))
		return cli_usage_error(PROGRAM, "one LOG, or --list and none");
	return v->list ? verify_list(v) : verify_single(v, argv[operand]);
}
