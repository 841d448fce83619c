#include "auditlog/core/hash.h"

#include <pthread.h>

#include "tests/unit/expect.h"

static void
expect_hex(const char *want, struct hash h)
{
	CLEANUP(buf_clear) struct buf hex = BUF(64);

	hash_put_hex(&hex, &h);
	EXPECT_BUF(want, &hex);
}

Test(hash, sha256_of_nothing_and_of_abc)
{
	expect_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash_sha256(STR("")));
	expect_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hash_empty());
	expect_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash_sha256(STR("abc")));
}

Test(hash, parts_are_hashed_as_if_joined)
{
	const struct str parts[] = { STR("a"), STR(""), STR("bc") };
	struct hash whole = hash_sha256(STR("abc")), joined = hash_sha256_parts(parts, ARRAY_LEN(parts));

	cr_assert(hash_eq(&whole, &joined));
}

Test(hash, leaves_of_rfc_6962)
{
	expect_hex("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56", hash_leaf(STR("L123456")));
	expect_hex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", hash_leaf(STR("")));
}

Test(hash, a_node_is_hashed_with_its_prefix)
{
	const struct hash left = hash_leaf(STR("a")), right = hash_leaf(STR("b"));
	const struct str parts[] = { STR("\x01"), hash_str(&left), hash_str(&right) };
	const struct hash want = hash_sha256_parts(parts, ARRAY_LEN(parts)), got = hash_node(&left, &right);
	/* The published answer is over raw bytes that are not 32 long; the same prefix gives it. */
	const struct str raw[] = { STR("\x01"), STR("N123"), STR("N456") };

	cr_assert(hash_eq(&want, &got));
	expect_hex("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
		   hash_sha256_parts(raw, ARRAY_LEN(raw)));
}

Test(hash, swapped_children_give_another_node)
{
	const struct hash a = hash_leaf(STR("a")), b = hash_leaf(STR("b"));
	const struct hash ab = hash_node(&a, &b), ba = hash_node(&b, &a);

	cr_assert_not(hash_eq(&ab, &ba));
}

/* RFC 4231, test cases 1, 2, 6. */
Test(hash, hmac_of_rfc_4231)
{
	char key20[20], key131[131];

	memset(key20, 0x0b, sizeof(key20));
	memset(key131, 0xaa, sizeof(key131));
	expect_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		   hash_hmac(str_from(key20, sizeof(key20)), STR("Hi There")));
	expect_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		   hash_hmac(STR("Jefe"), STR("what do ya want for nothing?")));
	expect_hex(
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	    hash_hmac(str_from(key131, sizeof(key131)), STR("Test Using Larger Than Block-Size Key - Hash Key First")));
}

Test(hash, an_empty_key_does_not_reuse_the_one_before)
{
	const struct hash first = hash_hmac(STR(""), STR("x"));
	const struct hash other = hash_hmac(STR("key"), STR("x"));
	const struct hash again = hash_hmac(STR(""), STR("x"));

	cr_assert(hash_eq(&first, &again));
	cr_assert_not(hash_eq(&first, &other));
}

Test(hash, text_forms_come_back)
{
	CLEANUP(buf_clear) struct buf hex = BUF(64), base64 = BUF(64);
	const struct hash h = hash_leaf(STR("x"));
	struct hash back;

	hash_put_hex(&hex, &h);
	hash_put_base64(&base64, &h);
	EXPECT_OK(hash_from_hex(buf_str(&hex), &back));
	cr_assert(hash_eq(&h, &back));
	cr_assert_eq(base64.n, HASH_BASE64_LEN);
	EXPECT_OK(hash_from_base64(buf_str(&base64), &back));
	cr_assert(hash_eq(&h, &back));
}

Test(hash, every_foreign_or_missing_base64_character_is_refused)
{
	CLEANUP(buf_clear) struct buf base64 = BUF(64);
	const struct hash h = hash_leaf(STR("x"));
	struct hash back;

	hash_put_base64(&base64, &h);
	for (size_t n = 0; n < base64.n; n++)
		EXPECT_STATUS(E_INVALID, hash_from_base64(str_slice(buf_str(&base64), 0, n), &back));
	for (size_t i = 0; i < base64.n; i++) {
		char kept = base64.p[i];

		base64.p[i] = '*';
		EXPECT_STATUS(E_INVALID, hash_from_base64(buf_str(&base64), &back));
		base64.p[i] = kept;
	}
}

Test(hash, base64_with_trailing_bits_is_refused)
{
	struct hash back;

	/* 32 bytes end in four significant bits: B..P after a final group would say the same bytes. */
	EXPECT_OK(hash_from_base64(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), &back));
	EXPECT_STATUS(E_INVALID, hash_from_base64(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="), &back));
	EXPECT_STATUS(E_INVALID, hash_from_base64(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="), &back));
	EXPECT_STATUS(E_INVALID, hash_from_base64(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &back));
}

static void *
hash_much(void *arg)
{
	const struct hash want = hash_leaf(STR("thread"));
	bool *good = arg;

	*good = true;
	for (int i = 0; i < 2000; i++) {
		const struct hash got = hash_leaf(STR("thread"));

		*good = *good && hash_eq(&want, &got);
	}
	return NULL;
}

Test(hash, threads_do_not_share_a_context)
{
	pthread_t thread[4];
	bool good[4] = { false };

	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, hash_much, &good[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(thread[i], NULL), 0);
		cr_assert(good[i]);
	}
}
