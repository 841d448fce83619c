/* test_totp_key.c: codes as RFC 6238 has them, each step once, seeds that only their person's row opens. */
#include "tests/unit/vault_maker.h"

#include "authd/keys/totp_key.h"

/* RFC 6238 appendix B, SHA-1: the seed is the ASCII text 12345678901234567890. */
#define RFC_SEED "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

struct totp {
	struct vault_maker files;
	struct keyring *ring;
	struct buf sealed; /* of sub_1 */
};

static struct totp
totp_fixture(void)
{
	struct totp t = { 0 };
	struct conf_error why = { 0 };

	vault_maker_files(&t.files);
	EXPECT_OK(totp_key_setup());
	EXPECT_OK(keyring_load(t.files.ring, t.files.receipt_path, &t.ring, &why));
	EXPECT_OK(totp_key_import(t.ring, STR("sub_1"), STR(RFC_SEED), &t.sealed));
	return t;
}

static void
totp_clear(struct totp *t)
{
	keyring_free(t->ring);
	buf_clear(&t->sealed);
	vault_maker_clear(&t->files);
}

static enum status
check(const struct totp *t, const char *code, int64_t last_step, int64_t now_s)
{
	int64_t step = -1;
	enum status st = totp_key_check(t->ring, STR("sub_1"), buf_str(&t->sealed), str_of(code), last_step,
					now_s * SECOND_US, &step);

	cr_assert(st != OK || step > last_step);
	return st;
}

Test(totp_key, the_codes_of_the_rfc_are_right)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	static const struct {
		int64_t time;
		const char *code;
	} rows[] = {
		{ 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { INT64_C(20000000000), "353130" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t step = 0;

		EXPECT_OK(totp_key_check(t.ring, STR("sub_1"), buf_str(&t.sealed), str_of(rows[i].code), -1,
					 rows[i].time * SECOND_US, &step));
		cr_assert_eq(step, rows[i].time / TOTP_KEY_PERIOD_S, "row %zu", i);
	}
}

Test(totp_key, one_step_to_either_side_is_accepted_and_two_are_not)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();

	EXPECT_OK(check(&t, "005924", -1, 1234567890));
	EXPECT_OK(check(&t, "005924", -1, 1234567890 - 30));
	EXPECT_OK(check(&t, "005924", -1, 1234567890 + 30));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&t, "005924", -1, 1234567890 - 60));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&t, "005924", -1, 1234567890 + 60));
}

Test(totp_key, a_step_is_accepted_once)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	int64_t step = 1234567890 / TOTP_KEY_PERIOD_S;

	EXPECT_OK(check(&t, "005924", step - 1, 1234567890));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&t, "005924", step, 1234567890));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&t, "005924", step + 1, 1234567890));
	/* Nor when its window has moved on. */
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&t, "005924", step, 1234567890 + 30));
}

Test(totp_key, only_six_digits_are_a_code)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	static const char *const codes[] = { "",       "5924",     "05924",    " 005924", "005924 ",
					     "00592",  "0005924",  "89005924", "005 924", "00592a",
					     "+05924", "005924\n", "-05924",   "005925",  "００５９２４" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		cr_assert_eq(check(&t, codes[i], -1, 1234567890), E_UNAUTHENTICATED, "\"%s\"", codes[i]);
}

Test(totp_key, a_seed_moved_to_another_person_does_not_open)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	int64_t step = 0;

	EXPECT_STATUS(E_CORRUPT, totp_key_check(t.ring, STR("sub_2"), buf_str(&t.sealed), STR("005924"), -1,
						1234567890 * SECOND_US, &step));
	t.sealed.p[40] = t.sealed.p[40] == 'A' ? 'B' : 'A';
	EXPECT_STATUS(E_CORRUPT, check(&t, "005924", -1, 1234567890));
	EXPECT_STATUS(E_CORRUPT, totp_key_check(t.ring, STR("sub_1"), STR(""), STR("005924"), -1, 0, &step));
}

Test(totp_key, a_new_seed_is_shown_once_and_works)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	CLEANUP(buf_clear) struct buf again = { 0 };
	CLEANUP(buf_clear) struct buf base32 = { 0 };

	EXPECT_OK(totp_key_new(t.ring, STR("sub_3"), &sealed, &base32));
	cr_assert_eq(base32.n, 32);
	cr_assert_eq(str_find(buf_str(&sealed), buf_str(&base32)), sealed.n);
	EXPECT_OK(totp_key_import(t.ring, STR("sub_3"), buf_str(&base32), &again));
	/* The same seed sealed twice looks different. */
	cr_assert(!str_eq(buf_str(&sealed), buf_str(&again)));
}

Test(totp_key, imported_seeds_are_strict_base32_of_a_safe_length)
{
	CLEANUP(totp_clear) struct totp t = totp_fixture();
	CLEANUP(buf_clear) struct buf sealed = { 0 };
	static const char *const bad[] = {
		"",
		"GEZDGNBVGY3TQOJQ",
		"gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
		"GEZDGNBV GY3TQOJQGEZDGNBVGY3TQOJQ",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ======",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(totp_key_import(t.ring, STR("sub_1"), str_of(bad[i]), &sealed), E_INVALID, "%s", bad[i]);
	cr_assert_eq(sealed.n, 0);
}
