#include "auditlog/core/note.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/expect.h"

#define DASH "\xe2\x80\x94 "

static const char neumann_key[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
static const char neumann_vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char neumann_text[] = "If you think cryptography is the answer to your problem,\n"
				   "then you don't know what your problem is.\n";
static const char neumann_line[] =
    DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqd"
	 "ngotpRZb6KE6RyyBwJnAM=\n";
static const char example_vkey[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char example_note[] =
    "This is an example message.\n\n" DASH
    "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
    "RKuwHjG1Yu72IneyaQM=\n";
static const char mirror_vkey[] = "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O";
static const char mirror_note[] =
    "rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n\n" DASH
    "mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZk"
    "bqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg==\n";

static struct note_key
key_of(const char *vkey)
{
	struct note_key key;

	EXPECT_OK(note_parse_vkey(str_of(vkey), &key));
	return key;
}

static enum status
verify(struct str bytes, const struct note_key *keys, size_t count, struct note_seen *seen)
{
	struct note n;

	TRY(note_parse(bytes, &n));
	return note_verify(&n, keys, count, seen);
}

Test(note, the_published_signer_gives_the_published_note)
{
	CLEANUP(buf_clear) struct buf line = BUF(1024), note = BUF(1024), vkey = BUF(1024);
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	struct note_key key = key_of(neumann_vkey);

	EXPECT_OK(note_signer_new(str_of(neumann_key), &s));
	note_put_vkey(&vkey, note_signer_key(s));
	EXPECT_BUF(neumann_vkey, &vkey);
	EXPECT_OK(note_sign(s, str_of(neumann_text), 0, &line));
	EXPECT_BUF(neumann_line, &line);
	EXPECT_OK(note_join(&note, str_of(neumann_text), buf_str(&line)));
	EXPECT_OK(verify(buf_str(&note), &key, 1, NULL));
}

Test(note, a_note_of_others_verifies)
{
	struct note_key key = key_of(example_vkey);
	struct note_seen seen;

	EXPECT_OK(verify(str_of(example_note), &key, 1, &seen));
	cr_assert(seen.verified);
	cr_assert_eq(seen.time_s, 0U);
}

Test(note, a_cosignature_of_others_verifies_and_tells_its_time)
{
	struct note_key key = key_of(mirror_vkey);
	struct note_seen seen;

	EXPECT_OK(verify(str_of(mirror_note), &key, 1, &seen));
	cr_assert(seen.verified);
	cr_assert_eq(seen.time_s, 1767139200U);
}

Test(note, no_flipped_bit_and_no_cut_note_verifies)
{
	const char *const notes[] = { example_note, mirror_note };
	const struct note_key keys[] = { key_of(example_vkey), key_of(mirror_vkey) };

	for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
		char bytes[512];
		size_t n = strlen(notes[i]);

		for (size_t bit = 0; bit < n * 8; bit++) {
			memcpy(bytes, notes[i], n);
			bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
			cr_assert_neq(verify(str_from(bytes, n), &keys[i], 1, NULL), OK, "bit %zu", bit);
		}
		for (size_t cut = 0; cut < n; cut++)
			cr_assert_neq(verify(str_from(notes[i], cut), &keys[i], 1, NULL), OK, "cut at %zu", cut);
	}
}

Test(note, unknown_signers_are_ignored_but_do_not_count)
{
	CLEANUP(buf_clear) struct buf note = BUF(4096);
	const struct note_key both[] = { key_of(example_vkey), key_of(mirror_vkey) };
	const struct note_key other = key_of(neumann_vkey);
	struct note_seen seen[2];

	buf_put_cstr(&note, example_note);
	buf_put_cstr(&note, DASH "somebody.else/x AAAAAAEC\n" DASH "example.com/foo AAAAAAECAw==\n");
	EXPECT_OK(verify(buf_str(&note), both, 2, seen));
	cr_assert(seen[0].verified);
	cr_assert_not(seen[1].verified);
	EXPECT_STATUS(E_UNAUTHENTICATED, verify(buf_str(&note), &other, 1, NULL));
	EXPECT_STATUS(E_UNAUTHENTICATED, verify(buf_str(&note), NULL, 0, NULL));
}

Test(note, one_wrong_signature_of_a_known_key_spoils_the_note)
{
	CLEANUP(buf_clear) struct buf note = BUF(4096), line = BUF(1024);
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	const struct note_key keys[] = { key_of(example_vkey), key_of(neumann_vkey) };
	struct note_seen seen[2];

	EXPECT_OK(note_signer_new(str_of(neumann_key), &s));
	EXPECT_OK(note_sign(s, STR("another text\n"), 0, &line));
	buf_put_cstr(&note, example_note);
	buf_put(&note, buf_str(&line));
	EXPECT_STATUS(E_CORRUPT, verify(buf_str(&note), keys, 2, seen));
	cr_assert_not(seen[0].verified);
	EXPECT_OK(verify(buf_str(&note), keys, 1, seen));
}

Test(note, a_wrong_second_signature_of_the_same_key_spoils_the_note)
{
	CLEANUP(buf_clear) struct buf note = BUF(4096);
	const struct note_key key = key_of(example_vkey);

	buf_put_cstr(&note, example_note);
	buf_put_cstr(&note, DASH "example.com/foo Uw2QOgAA\n");
	EXPECT_STATUS(E_CORRUPT, verify(buf_str(&note), &key, 1, NULL));
}

Test(note, the_text_ends_at_the_last_empty_line)
{
	CLEANUP(buf_clear) struct buf line = BUF(1024), note = BUF(4096);
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	struct note_key key = key_of(neumann_vkey);
	struct note n;

	EXPECT_OK(note_signer_new(str_of(neumann_key), &s));
	EXPECT_OK(note_sign(s, STR("a\n\nb\n\n"), 0, &line));
	EXPECT_OK(note_join(&note, STR("a\n\nb\n\n"), buf_str(&line)));
	EXPECT_OK(note_parse(buf_str(&note), &n));
	EXPECT_STR(STR("a\n\nb\n\n"), n.text);
	EXPECT_OK(note_verify(&n, &key, 1, NULL));
}

Test(note, malformed_notes_are_refused)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",
		"text\n\n" DASH "name AAAAAAEC",
		"text\n\n" DASH "name AAAAAAEC\n\n",
		"text\n\n" DASH "name AAAAAAEC\nx\n",
		"text\n\n" DASH "name AAAA\n",
		"text\n\n" DASH "name AAAAAA==\n",
		"text\n\n" DASH "name  AAAAAAEC\n",
		"text\n\n" DASH "name AAAAAAEC \n",
		"text\n\n" DASH " AAAAAAEC\n",
		"text\n\n" DASH "na+me AAAAAAEC\n",
		"text\n\n" DASH "name\n",
		"text\n\n" DASH "na\xc2\xa0me AAAAAAEC\n",
		"text\n\n- name AAAAAAEC\n",
		"text\n\n\xe2\x80\x94name AAAAAAEC\n",
		"te\rxt\n\n" DASH "name AAAAAAEC\n",
		"te\txt\n\n" DASH "name AAAAAAEC\n",
		"te\xffxt\n\n" DASH "name AAAAAAEC\n",
		"te\xc0\x80xt\n\n" DASH "name AAAAAAEC\n",
	};
	struct note n;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = note_parse(str_of(bad[i]), &n);

		cr_assert_eq(st, E_INVALID, "number %zu gives %s", i, status_name(st));
	}
	EXPECT_STATUS(E_INVALID, note_parse(str_from("te\0xt\n\n" DASH "name AAAAAAEC\n", 26), &n));
	EXPECT_OK(note_parse(STR("text\n\n" DASH "name AAAAAAEC\n"), &n));
}

Test(note, a_hundred_signatures_are_read_and_one_more_is_not)
{
	CLEANUP(buf_clear) struct buf note = BUF(1 << 20);
	struct note n;

	buf_put_cstr(&note, "text\n\n");
	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		buf_put_cstr(&note, DASH "name AAAAAAEC\n");
	EXPECT_OK(note_parse(buf_str(&note), &n));
	cr_assert_eq(n.count, (size_t)NOTE_SIGNATURES_MAX);
	buf_put_cstr(&note, DASH "name AAAAAAEC\n");
	EXPECT_STATUS(E_TOO_LARGE, note_parse(buf_str(&note), &n));
}

Test(note, a_long_signature_of_a_type_we_do_not_know_is_read_past)
{
	CLEANUP(buf_clear) struct buf note = BUF(1 << 20);
	const struct note_key key = key_of(example_vkey);

	buf_put_cstr(&note, example_note);
	buf_put_cstr(&note, DASH "ml-dsa.example ");
	for (int i = 0; i < 4000; i++)
		buf_put_char(&note, 'A');
	buf_put_char(&note, '\n');
	EXPECT_OK(verify(buf_str(&note), &key, 1, NULL));
}

/* ---- keys ---- */

Test(note, vkeys_come_back)
{
	const char *const all[] = { neumann_vkey, example_vkey, mirror_vkey };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CLEANUP(buf_clear) struct buf text = BUF(NOTE_VKEY_MAX);
		struct note_key key = key_of(all[i]);

		note_put_vkey(&text, &key);
		EXPECT_BUF(all[i], &text);
	}
}

Test(note, no_changed_character_of_a_vkey_is_taken_for_the_same_key)
{
	char text[sizeof(example_vkey)];
	struct note_key key;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			memcpy(text, example_vkey, sizeof(text));
			text[i] = (char)(text[i] ^ 1 << bit);
			cr_assert_neq(note_parse_vkey(str_from(text, sizeof(text) - 1), &key), OK, "byte %zu bit %d", i,
				      bit);
		}
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		cr_assert_neq(note_parse_vkey(str_from(example_vkey, n), &key), OK);
}

Test(note, a_vkey_of_a_type_without_a_row_is_unsupported)
{
	struct note_key key;

	/* type 0x06, and an id that nobody checked because nobody knows how */
	EXPECT_STATUS(E_UNSUPPORTED, note_parse_vkey(STR("w.example+00000000+BgAAAA=="), &key));
	EXPECT_STATUS(E_INVALID, note_parse_vkey(STR("w.example+00000000+AQAAAA=="), &key));
	EXPECT_STATUS(E_INVALID, note_parse_vkey(STR("w.example+00000000+"), &key));
}

Test(note, names_that_could_be_misread_are_no_names)
{
	static const char *const bad[] = { "",          "a b",          "a+b",           "a\nb", "a\tb",
					   "a\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\xa8x", "\xff" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(note_name_ok(str_of(bad[i])), "number %zu", i);
	cr_assert(note_name_ok(STR("log.example.org/ombud")));
	cr_assert(note_name_ok(STR("\xd0\xb6\xd1\x83\xd1\x80\xd0\xbd\xd0\xb0\xd0\xbb")));
}

Test(note, a_generated_key_signs_what_its_vkey_verifies)
{
	const enum note_type types[] = { NOTE_ED25519, NOTE_COSIGNATURE };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		CLEANUP(buf_clear) struct buf line = BUF(1024), note = BUF(4096);
		CLEANUP(note_signer_freep) struct note_signer *s = NULL;
		CLEANUP(secret_clear) struct secret text = { 0 };
		struct note_seen seen;

		EXPECT_OK(note_signer_generate(STR("log.example.org/ombud"), types[i], &text));
		EXPECT_OK(note_signer_new(secret_str(&text), &s));
		EXPECT_OK(note_sign(s, STR("x\n"), 1700000000, &line));
		EXPECT_OK(note_join(&note, STR("x\n"), buf_str(&line)));
		EXPECT_OK(verify(buf_str(&note), note_signer_key(s), 1, &seen));
		cr_assert_eq(seen.time_s, types[i] == NOTE_COSIGNATURE ? 1700000000U : 0U);
	}
}

Test(note, two_generated_keys_differ)
{
	CLEANUP(secret_clear) struct secret a = { 0 }, b = { 0 };

	EXPECT_OK(note_signer_generate(STR("x"), NOTE_ED25519, &a));
	EXPECT_OK(note_signer_generate(STR("x"), NOTE_ED25519, &b));
	cr_assert_not(secret_equal(secret_str(&a), secret_str(&b)));
}

Test(note, a_cut_or_changed_signer_key_is_refused)
{
	char text[sizeof(neumann_key)];
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		cr_assert_neq(note_signer_new(str_from(neumann_key, n), &s), OK);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		memcpy(text, neumann_key, sizeof(text));
		text[i] ^= 1;
		cr_assert_neq(note_signer_new(str_from(text, sizeof(text) - 1), &s), OK, "byte %zu", i);
	}
	EXPECT_STATUS(E_INVALID, note_signer_new(STR("PRIVATE+KEY+a b+00000000+AAAA"), &s));
}

Test(note, a_key_file_may_end_in_one_newline)
{
	char text[sizeof(neumann_key) + 1];
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;

	(void)snprintf(text, sizeof(text), "%s\n", neumann_key);
	EXPECT_OK(note_signer_new(str_of(text), &s));
}

Test(note, what_is_no_text_is_not_signed)
{
	CLEANUP(buf_clear) struct buf line = BUF(1024);
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;

	EXPECT_OK(note_signer_new(str_of(neumann_key), &s));
	EXPECT_STATUS(E_INVALID, note_sign(s, STR(""), 0, &line));
	EXPECT_STATUS(E_INVALID, note_sign(s, STR("no newline"), 0, &line));
	EXPECT_STATUS(E_INVALID, note_sign(s, STR("\x01\n"), 0, &line));
	EXPECT_STATUS(E_INVALID, note_sign(s, STR("\xff\n"), 0, &line));
	EXPECT_STATUS(E_INVALID, note_sign(s, STR("x\n"), UINT64_MAX, &line));
	cr_assert_eq(line.n, 0U);
}
