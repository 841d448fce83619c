#include "auditlog/tool/target.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "auditlog/base/file.h"
#include "auditlog/tool/learn.h"
#include "auditlog/tool/say.h"

enum status
target_source(const struct target *t, struct source *out)
{
	struct source s = { 0 };

	if (!t->remote) {
		TRY(logread_open(t->name, &out->log));
		return OK;
	}
	TRY(remote_open(t->name, t->ca, &s.remote));
	if (logread_open_source(remote_source(s.remote), &s.log) != OK) {
		remote_free(s.remote);
		return E_NOMEM;
	}
	*out = s;
	return OK;
}

void
target_source_close(struct source *s)
{
	logread_free(s->log);
	remote_free(s->remote);
	*s = (struct source){ 0 };
}

const char *
target_why(const struct source *s, enum status st)
{
	return s->remote && st == E_UNAVAILABLE ? remote_why(s->remote) : status_name(st);
}

/* A key that lies beside what it signs proves that the log is whole, not whose it is: that is said each time. */
static int
key_from_log(struct target *t, const char *program)
{
	CLEANUP(buf_clear) struct buf path = { 0 };
	CLEANUP(buf_clear) struct buf text = BUF(TRUST_FILE_MAX);

	buf_printf(&path, "%s/log.vkey", t->name);
	buf_put_char(&path, '\0');
	if (t->remote || buf_status(&path) != OK || file_read_at(AT_FDCWD, path.p, &text) != OK ||
	    trust_add_lines(&t->keys, buf_str(&text)) != OK)
		return say(program, CLI_USAGE,
			   "say with --key whose signature to trust; %s brings no readable log.vkey", t->name);
	say(program, 0, "taking the key from the log itself (%s): it shows that the log is whole, not whose it is",
	    path.p);
	return CLI_GO;
}

/*
 * The tree under which a key was introduced must be a beginning of what it signs: else whoever has the new key shows
 * another history to those who know the old one.
 */
static void
check_learned(const struct target *t, struct logread *log, struct findings *f)
{
	for (size_t i = 0; i < t->learned_count; i++) {
		const struct target_learned *l = &t->learned[i];
		struct proof proof;
		enum status st = logread_consistency(log, l->size, t->head.size, &proof);

		if (st == OK)
			st = proof_check_consistency(&proof, l->size, &l->root, t->head.size, &t->head.root);
		if (st == E_INVALID || st == E_CORRUPT)
			findings_bad(f, "checkpoint",
				     "it does not continue the tree of %" PRIu64
				     " entries under which its key was introduced",
				     l->size);
		else if (st != OK)
			findings_resource(f, "checkpoint", st, status_name(st));
	}
}

/* With the keys given; if none of them has signed, with those that they have introduced, one after the other. */
static void
open_head(struct target *t, const struct source *s, struct findings *f)
{
	struct findings unsaid = { 0 };

	if (!vouch_checkpoint(&t->keys, buf_str(&t->bytes), "checkpoint", &t->note, &t->head, &unsaid))
		learn_keys(t, s->log);
	if (vouch_checkpoint(&t->keys, buf_str(&t->bytes), "checkpoint", &t->note, &t->head, f))
		check_learned(t, s->log, f);
}

/* Before the checkpoint: a minimum index that is written while we read is under a later one. */
static void
read_minimum(struct target *t, const struct source *s, struct findings *f)
{
	enum status st = logread_pruned(s->log, &t->pruned);

	if (st != OK)
		findings_resource(f, PRUNED_FILE, st, target_why(s, st));
}

static void
read_head(struct target *t, struct findings *f)
{
	CLEANUP(target_source_close) struct source s = { 0 };
	enum status st = target_source(t, &s);

	if (st != OK) {
		findings_unread(f, t->name, "%s (%s)", st == E_NOT_FOUND ? "there is no such log" : "cannot be opened",
				status_name(st));
		return;
	}
	read_minimum(t, &s, f);
	st = logread_checkpoint(s.log, &t->bytes);
	if (st == E_NOT_FOUND)
		findings_unread(f, "checkpoint", "there is none in %s, so this is no published log", t->name);
	else if (st != OK)
		findings_resource(f, "checkpoint", st, target_why(&s, st));
	else
		open_head(t, &s, f);
}

int
target_open(struct target *t, const char *program, const char *log, const struct target_options *o, struct findings *f)
{
	t->name = log;
	t->ca = o->ca;
	t->accept_pruned = o->pruned;
	t->remote = remote_is_url(log);
	t->bytes = BUF(LOGREAD_CHECKPOINT_MAX);
	if (!t->remote && strstr(log, "://"))
		return say(program, CLI_USAGE, "%s: a log is a directory or an https URL", log);
	if (t->remote && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return say(program, CLI_CANNOT, "the HTTP library does not start");
	for (size_t i = 0; i < o->keys.n; i++)
		GO(vouch_option(&t->keys, program, o->keys.item[i]));
	if (t->keys.n == 0 && !o->own_key)
		return say(program, CLI_USAGE, "--key is missing: whose signature is to be trusted? See --help");
	if (t->keys.n == 0)
		GO(key_from_log(t, program));
	read_head(t, f);
	return CLI_GO;
}

void
target_clear(struct target *t)
{
	buf_clear(&t->bytes);
}
