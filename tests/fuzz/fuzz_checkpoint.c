/*
 * fuzz_checkpoint.c: the text that a log signs, and the whole way to a verified one. An even first byte: the rest is a
 * checkpoint file; an odd one: it is a text, signed here with a good key.
 *
 * What reads is written again to the same bytes; what was not signed here never opens; what was opens exactly when its
 * text reads and names the key, and with any bit changed it does not open any more.
 */
#include "auditlog/core/checkpoint.h"
#include "tests/fuzz/oracle_key.h"

static struct note_signer *signer;

static void
check_text(struct str text)
{
	CLEANUP(buf_clear) struct buf again = BUF(NOTE_MAX);
	struct checkpoint c = { 0 }, read = { 0 };
	struct hash nothing = hash_empty();

	if (checkpoint_parse(text, &c) != OK)
		return;
	must(c.size > 0 || hash_eq(&c.root, &nothing));
	must(checkpoint_read(text, &read) == OK && read.size == c.size && hash_eq(&read.root, &c.root));
	checkpoint_put(&again, &c);
	must(buf_status(&again) == OK && str_eq(buf_str(&again), text));
}

static void
check_signed(struct str text, size_t n)
{
	CLEANUP(buf_clear) struct buf note = BUF(NOTE_MAX + 1024), bent = BUF(NOTE_MAX + 1024);
	struct checkpoint c = { 0 };
	bool good = checkpoint_parse(text, &c) == OK && str_eq(c.origin, STR(ORACLE_ORIGIN));

	if (!oracle_key_sign(signer, text, 0, &note))
		return;
	must((checkpoint_open(buf_str(&note), note_signer_key(signer), &c, NULL) == OK) == good);
	oracle_flip(buf_str(&note), n * 2654435761u, &bent);
	must(checkpoint_open(buf_str(&bent), note_signer_key(signer), &c, NULL) != OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct checkpoint c = { 0 };
	struct str rest;

	if (signer == NULL)
		signer = oracle_key_new(NOTE_ED25519);
	if (oracle_first(data, n, &rest) % 2 == 0) {
		must(checkpoint_open(rest, note_signer_key(signer), &c, NULL) != OK);
		check_text(str_slice(rest, 0, str_find(rest, STR("\n\n")) + 1));
		return 0;
	}
	check_text(rest);
	check_signed(rest, n);
	return 0;
}
