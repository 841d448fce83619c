#include "auditlog/tool/vouch.h"

#include <string.h>

#include "auditlog/tool/say.h"

static int
refuse(const char *program, const char *value, enum status st)
{
	if (st == E_UNSUPPORTED)
		return say(program, CLI_USAGE,
			   "%s: not an Ed25519 log key; the key of a witness belongs in the file of --witness", value);
	if (st == E_TOO_LARGE)
		return say(program, CLI_USAGE, "more than %d keys", TRUST_MAX);
	return say(
	    program, CLI_USAGE,
	    "%s: neither a verifier key (NAME+ID+KEY, with the right ID) nor a file of them; ask the operator or a "
	    "witness for the key of the log",
	    value);
}

int
vouch_option(struct trust *k, const char *program, const char *value)
{
	CLEANUP(buf_clear) struct buf text = BUF(TRUST_FILE_MAX);
	enum status st = trust_add(k, str_of(value));

	if (st == OK)
		return CLI_GO;
	/* Base64 may hold slashes, so a key is told from a file by its two plus signs. */
	if (st != E_INVALID || (strchr(value, '+') && strchr(strchr(value, '+') + 1, '+')))
		return refuse(program, value, st);
	GO(say_read(program, value, &text));
	st = trust_add_lines(k, buf_str(&text));
	return st == OK ? CLI_GO : refuse(program, value, st);
}

static bool
signed_by_its_log(const struct trust *k, const struct note_seen *seen, struct str origin)
{
	for (size_t i = 0; i < k->n; i++)
		if (seen[i].verified && str_is(origin, k->key[i].name))
			return true;
	return false;
}

bool
vouch_checkpoint(const struct trust *k, struct str bytes, const char *place, struct note *note, struct checkpoint *out,
		 struct findings *f)
{
	struct note_seen seen[TRUST_MAX] = { 0 };
	enum status st = note_parse(bytes, note);

	if (st == OK)
		st = note_verify(note, k->key, k->n, seen);
	if (st == OK && checkpoint_parse(note->text, out) != OK)
		st = E_INVALID;
	if (st == OK && signed_by_its_log(k, seen, out->origin))
		return true;
	if (st == OK)
		findings_bad(f, place, "it is for the log %.*s, whose key is none of those given",
			     STR_ARG(out->origin));
	else if (st == E_CORRUPT)
		findings_bad(f, place, "a signature on it is wrong");
	else if (st == E_UNAUTHENTICATED)
		findings_bad(f, place, "none of the given keys has signed it");
	else
		findings_bad(f, place, "it is not a signed checkpoint (%s)", status_name(st));
	return false;
}

int
vouch_file_open(const struct trust *k, const char *program, const char *file, struct vouch_file *out, bool *opened,
		struct findings *f)
{
	*opened = false;
	out->bytes = BUF(VOUCH_CHECKPOINT_MAX);
	GO(say_read(program, file, &out->bytes));
	*opened = vouch_checkpoint(k, buf_str(&out->bytes), file, &out->note, &out->head, f);
	return CLI_GO;
}

void
vouch_file_clear(struct vouch_file *file)
{
	buf_clear(&file->bytes);
}
