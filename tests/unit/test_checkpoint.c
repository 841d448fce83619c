#include "auditlog/core/checkpoint.h"

#include <string.h>

#include "auditlog/core/merkle.h"
#include "tests/unit/expect.h"
#include "tests/unit/trees.h"

#define DASH "\xe2\x80\x94 "

static const char log_key[] = "PRIVATE+KEY+audit.example.org/log+30732f47+AYf6s5hPNYmwhOJ8Z+rEG8uKrgAU0UXN4i1WEwjnEXJ4";
static const char log_vkey[] = "audit.example.org/log+30732f47+AauBWIgJEvF7xkKX3vsjwjP9Hoxf6k8c7GfeRZu8b0e2";
static const char witness_key[] =
    "PRIVATE+KEY+witness.example.org/w1+2a978033+BLH9l8/lvrRBsR++P11zEO/jE3YyAyI2cTCMpC4w/6vW";
static const char witness_vkey[] = "witness.example.org/w1+2a978033+BPck7Ua4dLPhmJVWe2MJG+7FPf0ffZ5EmxoPjVCX221W";
static const char signed_checkpoint[] =
    "audit.example.org/log\n130\n8F0vXvJMct1wsKjyjldrOsr5RMAOAUUkxHqkIyXX0cM=\n\n" DASH "audit.example.org/log "
    "MHMvRwFf5bb+8D3vjX+nY6HQusWvGm8Ah/K0cTp5u82rGI83Ni97KyfpmAcJ43Jx9T8eXbpQpjlBLkrb7JCO9AbiCAY=\n" DASH
    "witness.example.org/w1 "
    "KpeAMwAAAABlU/EAsyqM2au56ZpbbEVioPHzLKc8lqgk4CN6ya5r5uBroB8CF0t8kmxGgCT5wsVolLtC47Eb0HOFIWs8dH5GX3"
    "RoAA==\n";

static struct note_key
key_of(const char *vkey)
{
	struct note_key key;

	EXPECT_OK(note_parse_vkey(str_of(vkey), &key));
	return key;
}

static void
put_signature(const char *key, struct str text, uint64_t time_s, struct buf *lines)
{
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;

	EXPECT_OK(note_signer_new(str_of(key), &s));
	EXPECT_OK(note_sign(s, text, time_s, lines));
}

Test(checkpoint, the_tree_of_130_leaves_gives_the_published_bytes)
{
	CLEANUP(buf_clear) struct buf text = BUF(1024), lines = BUF(1024), whole = BUF(4096);
	struct checkpoint c = { .origin = STR_INIT("audit.example.org/log"), .size = 130 };
	struct trees t;

	trees_of_bytes(&t, 130);
	c.root = trees_root(&t, 0, 130);
	checkpoint_put(&text, &c);
	put_signature(log_key, buf_str(&text), 0, &lines);
	put_signature(witness_key, buf_str(&text), 1700000000, &lines);
	EXPECT_OK(note_join(&whole, buf_str(&text), buf_str(&lines)));
	EXPECT_BUF(signed_checkpoint, &whole);
}

Test(checkpoint, the_published_bytes_open)
{
	const struct note_key log = key_of(log_vkey), witness = key_of(witness_vkey);
	struct checkpoint c;
	struct note n;
	struct note_seen seen;

	EXPECT_OK(checkpoint_open(str_of(signed_checkpoint), &log, &c, &n));
	EXPECT_STR(STR("audit.example.org/log"), c.origin);
	cr_assert_eq(c.size, 130U);
	cr_assert_eq(c.extensions.n, 0U);
	EXPECT_OK(note_verify(&n, &witness, 1, &seen));
	cr_assert_eq(seen.time_s, 1700000000U);
}

/* Third party: leaves are "record 0" .. "record 299". */
Test(checkpoint, the_mirror_s_root_is_ours)
{
	struct merkle m = { 0 };
	struct checkpoint c;
	struct hash root;

	for (unsigned i = 0; i < 300; i++) {
		CLEANUP(buf_clear) struct buf record = BUF(32);
		struct hash leaf;

		buf_printf(&record, "record %u", i);
		leaf = hash_leaf(buf_str(&record));
		EXPECT_OK(merkle_add(&m, &leaf, NULL, NULL));
	}
	root = merkle_root(&m);
	EXPECT_OK(
	    checkpoint_parse(STR("rome2026h1.example.org\n300\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=\n"), &c));
	cr_assert_eq(c.size, m.size);
	cr_assert(hash_eq(&c.root, &root));
}

/* tessera testdata/log: fifteen words. */
Test(checkpoint, the_root_of_fifteen_published_words)
{
	static const char *const words[] = { "one",  "two", "three",  "four",  "five",     "six",     "seven", "eit",
					     "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten" };
	CLEANUP(buf_clear) struct buf base64 = BUF(64);
	struct merkle m = { 0 };
	struct hash root;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct hash leaf = hash_leaf(str_of(words[i]));

		EXPECT_OK(merkle_add(&m, &leaf, NULL, NULL));
	}
	root = merkle_root(&m);
	hash_put_base64(&base64, &root);
	EXPECT_BUF("rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=", &base64);
}

Test(checkpoint, texts_come_back)
{
	static const char *const good[] = {
		"o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"go.sum database tree\n3979223\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jw=\n",
		"o\n9223372036854775807\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jw=\n",
		"o\n1\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jw=\nextension 1\nanother\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(buf_clear) struct buf again = BUF(1024);
		struct checkpoint c;

		EXPECT_OK(checkpoint_parse(str_of(good[i]), &c));
		checkpoint_put(&again, &c);
		EXPECT_BUF(good[i], &again);
	}
}

Test(checkpoint, other_spellings_are_refused)
{
#define ROOT "nC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jw="
	static const char *const bad[] = {
		"",
		"\n",
		"o\n",
		"o\n1\n",
		"o\n1\n" ROOT,
		"\n1\n" ROOT "\n",
		"o\n\n" ROOT "\n",
		"o\n01\n" ROOT "\n",
		"o\n+1\n" ROOT "\n",
		"o\n-1\n" ROOT "\n",
		"o\n1 \n" ROOT "\n",
		"o\n 1\n" ROOT "\n",
		"o\n0x1\n" ROOT "\n",
		"o\n9223372036854775808\n" ROOT "\n",
		"o\n18446744073709551617\n" ROOT "\n",
		"o\n0\n" ROOT "\n",
		"o\n1\n" ROOT "\n\n",
		"o\n1\n" ROOT "\nx\n\ny\n",
		"o\n1\n" ROOT "\nx",
		"o\n1\n" ROOT " \n",
		"o\n1\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jx=\n",
		"o\n1\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9/ZUXk8Jw\n",
		"o\n1\nnC29l5UEMkkWsVPJZEC8qPeQJ6T3w8fBHz9_ZUXk8Jw=\n",
		"o\n1\nAAAA\n",
		"o\xff\n1\n" ROOT "\n",
		"o\r\n1\r\n" ROOT "\r\n",
	};
	struct checkpoint c;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = checkpoint_parse(str_of(bad[i]), &c);

		cr_assert_eq(st, E_INVALID, "number %zu gives %s", i, status_name(st));
	}
}

Test(checkpoint, no_flipped_bit_and_no_cut_checkpoint_opens)
{
	const struct note_key log = key_of(log_vkey), witness = key_of(witness_vkey);
	const struct note_key keys[] = { log, witness };
	struct str whole = str_of(signed_checkpoint);
	char bytes[sizeof(signed_checkpoint)];
	struct note_seen seen[2];
	struct checkpoint c;
	struct note n;

	for (size_t bit = 0; bit < whole.n * 8; bit++) {
		bool opens;

		memcpy(bytes, whole.p, whole.n);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		opens = checkpoint_open(str_from(bytes, whole.n), &log, &c, &n) == OK;
		/*
		 * A flip in the witness's line does not touch what the log signed; with both keys asked for it shows.
		 */
		cr_assert(!opens || note_verify(&n, keys, 2, seen) != OK || !seen[0].verified || !seen[1].verified,
			  "bit %zu", bit);
		cr_assert(!opens || bit / 8 > str_find(whole, STR("witness")) - 5);
	}
	for (size_t cut = 0; cut < whole.n; cut++) {
		bool opens = checkpoint_open(str_slice(whole, 0, cut), &log, &c, &n) == OK;

		/* Cut right behind the log's own line it is a checkpoint without a witness. */
		cr_assert_eq(opens, cut == str_find(whole, STR(DASH "witness")), "cut at %zu", cut);
	}
}

Test(checkpoint, a_checkpoint_of_another_origin_under_this_key_is_refused)
{
	CLEANUP(buf_clear) struct buf lines = BUF(1024), whole = BUF(4096);
	const struct note_key log = key_of(log_vkey);
	struct str text = STR("other.example.org/log\n1\n" ROOT "\n");
	struct checkpoint c;

	put_signature(log_key, text, 0, &lines);
	EXPECT_OK(note_join(&whole, text, buf_str(&lines)));
	EXPECT_STATUS(E_CORRUPT, checkpoint_open(buf_str(&whole), &log, &c, NULL));
}

Test(checkpoint, an_unsigned_or_otherwise_signed_checkpoint_does_not_open)
{
	CLEANUP(buf_clear) struct buf lines = BUF(1024), whole = BUF(4096);
	const struct note_key log = key_of(log_vkey);
	struct str text = STR("audit.example.org/log\n1\n" ROOT "\n");
	struct checkpoint c;

	put_signature(witness_key, text, 1, &lines);
	EXPECT_OK(note_join(&whole, text, buf_str(&lines)));
	EXPECT_STATUS(E_UNAUTHENTICATED, checkpoint_open(buf_str(&whole), &log, &c, NULL));
	EXPECT_STATUS(E_INVALID, checkpoint_open(text, &log, &c, NULL));
}
