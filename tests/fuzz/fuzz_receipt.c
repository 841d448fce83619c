/*
 * fuzz_receipt.c: receipts that strangers paste, and records in the forms in which they leave. The first byte says what
 * the rest is.
 *
 * No text is a receipt under a key that signed nothing. A record that can be said as JSON-LD has no member name in that
 * form but those that we write, whatever its own are called.
 */
#include <string.h>

#include "authd/consent/consent.h"
#include "authd/consent/consent_jsonld.h"
#include "authd/consent/consent_proof.h"
#include "authd/http/json.h"
#include "tests/fuzz/oracle.h"

static struct note_key
silent_key(void)
{
	static struct note_key key;

	if (key.name[0] == '\0') {
		CLEANUP(secret_clear) struct secret text = { 0 };
		struct note_signer *signer = NULL;

		must(note_signer_generate(STR("log.example"), NOTE_ED25519, &text) == OK);
		must(note_signer_new(secret_str(&text), &signer) == OK);
		key = *note_signer_key(signer);
		note_signer_free(signer);
	}
	return key;
}

static void
check_pasted(struct str text)
{
	const struct note_key key = silent_key();
	json_t *receipt = NULL;

	must(consent_proof_check(text, &key, &receipt) != OK && receipt == NULL);
}

static bool
is_ours(const char *name)
{
	static const char *const prefixes[] = {
		"@", "dcat", "dct", "dpv", "loc", "odrl", "rdf", "skos", "spdx", "xsd"
	};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(name, prefixes[i], n) == 0 && (i == 0 || name[n] == ':' || name[n] == '\0'))
			return true;
	}
	return false;
}

static void
check_names(const json_t *node)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)node, name, value)
	{
		must(is_ours(name));
		check_names(value);
	}
	json_array_foreach(node, i, value) check_names(value);
}

static void
check_record(struct str text)
{
	CLEANUP(json_decrefp) json_t *record = NULL, *linked = NULL;
	CLEANUP(buf_clear) struct buf out = BUF(1 << 20);

	if (json_read(text, CONSENT_RECORD_MOST, &record, NULL) != OK)
		return;
	if (consent_jsonld_record(record, STR("https://h.example"), &linked) == OK)
		check_names(linked);
	for (unsigned lang = 0; lang < WORDS_LANGS; lang++)
		must(consent_receipt_text(record, record, (enum words_lang)lang, &out) == OK || out.n > 0 ||
		     buf_status(&out) != OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str text) = { check_pasted, check_record };
	struct str rest;

	checks[oracle_first(data, n, &rest) % ARRAY_LEN(checks)](rest);
	return 0;
}
