/*
 * fuzz_note.c: signed notes and the keys they are verified with. The first byte says what the rest is: a note, a
 * verifier key, a signer's key, a list of trusted keys.
 *
 * A note that parses is its text, an empty line and its signature lines again; no key of ours has signed it. A key has
 * one spelling.
 */
#include "auditlog/core/trust.h"
#include "tests/fuzz/oracle_key.h"

static void
check_note(struct str bytes)
{
	static struct note_signer *signers[2];
	static struct note note;
	CLEANUP(buf_clear) struct buf lines = BUF(NOTE_MAX), again = BUF(NOTE_MAX);
	struct note_seen seen[2];
	struct note_key keys[2];

	if (signers[0] == NULL) {
		signers[0] = oracle_key_new(NOTE_ED25519);
		signers[1] = oracle_key_new(NOTE_COSIGNATURE);
	}
	if (note_parse(bytes, &note) != OK)
		return;
	must(note.count >= 1 && note.count <= NOTE_SIGNATURES_MAX);
	for (size_t i = 0; i < note.count; i++) {
		must(note_name_ok(note.signature[i].name));
		buf_put(&lines, note.signature[i].line);
	}
	must(note_join(&again, note.text, buf_str(&lines)) == OK && str_eq(buf_str(&again), bytes));
	keys[0] = *note_signer_key(signers[0]);
	keys[1] = *note_signer_key(signers[1]);
	must(note_verify(&note, keys, 2, seen) != OK);
}

static void
check_vkey(struct str text)
{
	CLEANUP(buf_clear) struct buf again = BUF(NOTE_VKEY_MAX);
	struct note_key key;

	if (note_parse_vkey(text, &key) != OK)
		return;
	note_put_vkey(&again, &key);
	must(buf_status(&again) == OK && str_eq(buf_str(&again), text));
}

/* What it signs, it verifies. */
static void
check_signer(struct str text)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(4096);
	struct note_signer *s = NULL;
	struct note_seen seen;
	static struct note note;

	if (note_signer_new(text, &s) != OK)
		return;
	must(oracle_key_sign(s, STR("one\ntwo\n"), 1795300000, &bytes));
	must(note_parse(buf_str(&bytes), &note) == OK);
	must(note_verify(&note, note_signer_key(s), 1, &seen) == OK && seen.verified);
	note_signer_free(s);
}

static void
check_trust(struct str text)
{
	static struct trust trust;

	trust.n = 0;
	if (trust_add_lines(&trust, text) != OK)
		return;
	must(trust.n >= 1 && trust.n <= TRUST_MAX);
	for (size_t i = 0; i < trust.n; i++) {
		must(trust.key[i].type == NOTE_ED25519);
		for (size_t k = 0; k < i; k++)
			must(!note_key_eq(&trust.key[i], &trust.key[k]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_note, check_vkey, check_signer, check_trust };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
