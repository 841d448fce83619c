/* oracle_key.h: a key of this process alone: what an input brings was never signed with it. */
#ifndef TESTS_FUZZ_ORACLE_KEY_H
#define TESTS_FUZZ_ORACLE_KEY_H

#include "auditlog/core/note.h"
#include "tests/fuzz/oracle.h"

#define ORACLE_ORIGIN "log.example.org/fuzz"

static inline struct note_signer *
oracle_key_new(enum note_type type)
{
	CLEANUP(secret_clear) struct secret text = { 0 };
	struct note_signer *s = NULL;

	must(note_signer_generate(STR(ORACLE_ORIGIN), type, &text) == OK);
	must(note_signer_new(secret_str(&text), &s) == OK);
	return s;
}

/* text, signed. False when it is not the text of a note. */
static inline bool
oracle_key_sign(const struct note_signer *s, struct str text, uint64_t time_s, struct buf *out)
{
	CLEANUP(buf_clear) struct buf line = BUF(NOTE_MAX);

	if (note_sign(s, text, time_s, &line) != OK)
		return false;
	must(note_join(out, text, buf_str(&line)) == OK);
	return true;
}

#endif
