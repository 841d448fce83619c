/* test_hotp_key.c: numbered codes as RFC 4226 has them, each for its own number, and never those of sign-in devices. */
#include "tests/unit/vault_maker.h"

#include <liboath/oath.h>

#include "authd/keys/hotp_key.h"
#include "authd/keys/totp_key.h"

#define COUNT 30

struct hotp {
	struct vault_maker files;
	struct keyring *ring;
	struct buf sealed, codes; /* of sub_1 */
};

static struct hotp
hotp_fixture(void)
{
	struct hotp h = { .sealed = BUF(4096), .codes = BUF(4096) };
	struct conf_error why = { 0 };

	vault_maker_files(&h.files);
	EXPECT_OK(totp_key_setup());
	EXPECT_OK(keyring_load(h.files.ring, h.files.receipt_path, &h.ring, &why));
	EXPECT_OK(hotp_key_new(h.ring, STR("sub_1"), COUNT, &h.sealed, &h.codes));
	return h;
}

static void
hotp_clear(struct hotp *h)
{
	keyring_free(h->ring);
	buf_clear(&h->sealed);
	buf_clear(&h->codes);
	vault_maker_clear(&h->files);
}

static struct str
code_of(const struct hotp *h, size_t number)
{
	return str_slice(buf_str(&h->codes), (number - 1) * HOTP_KEY_DIGITS, number * HOTP_KEY_DIGITS);
}

static enum status
check(const struct hotp *h, struct str code, uint64_t number)
{
	return hotp_key_check(h->ring, STR("sub_1"), buf_str(&h->sealed), code, number);
}

/* RFC 4226 appendix D: the values before they are cut, so that eight digits can be compared, too. */
Test(hotp_key, the_library_gives_the_codes_of_the_rfc)
{
	static const char *const codes[] = { "84755224", "94287082", "37359152", "26969429", "40338314",
					     "68254676", "18287922", "82162583", "73399871", "45520489" };

	EXPECT_OK(totp_key_setup());
	for (uint64_t i = 0; i < ARRAY_LEN(codes); i++) {
		char made[HOTP_KEY_DIGITS + 1];

		cr_assert_eq(oath_hotp_generate("12345678901234567890", 20, i, HOTP_KEY_DIGITS, false,
						OATH_HOTP_DYNAMIC_TRUNCATION, made),
			     OATH_OK);
		cr_expect_str_eq(made, codes[i]);
	}
}

Test(hotp_key, every_code_is_good_for_its_number_and_no_other)
{
	CLEANUP(hotp_clear) struct hotp h = hotp_fixture();

	cr_assert_eq(h.codes.n, (size_t)COUNT * HOTP_KEY_DIGITS);
	for (size_t n = 1; n <= COUNT; n++) {
		EXPECT_OK(check(&h, code_of(&h, n), n));
		for (size_t other = 1; other <= COUNT; other++)
			if (!str_eq(code_of(&h, n), code_of(&h, other)))
				EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, code_of(&h, n), other));
	}
}

Test(hotp_key, what_is_no_code_is_none)
{
	CLEANUP(hotp_clear) struct hotp h = hotp_fixture();
	struct str first = code_of(&h, 1);

	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, str_slice(first, 0, 7), 1));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, str_slice(buf_str(&h.codes), 0, 9), 1));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, STR(""), 1));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, STR("1234567x"), 1));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, first, 0));
	EXPECT_STATUS(E_UNAUTHENTICATED, check(&h, first, UINT64_MAX));
	EXPECT_STATUS(E_INVALID, hotp_key_new(h.ring, STR("sub_1"), 0, &h.sealed, &h.codes));
	EXPECT_STATUS(E_INVALID, hotp_key_new(h.ring, STR("sub_1"), 101, &h.sealed, &h.codes));
}

Test(hotp_key, a_list_opens_for_its_person_alone)
{
	CLEANUP(hotp_clear) struct hotp h = hotp_fixture();

	EXPECT_STATUS(E_CORRUPT, hotp_key_check(h.ring, STR("sub_2"), buf_str(&h.sealed), code_of(&h, 1), 1));
}

/* An operator who hears a code must not be able to sign in with it, whatever rows somebody mixed up. */
Test(hotp_key, a_list_is_no_sign_in_device_and_a_device_no_list)
{
	CLEANUP(hotp_clear) struct hotp h = hotp_fixture();
	CLEANUP(buf_clear) struct buf device = BUF(4096), base32 = BUF(256);
	int64_t step;

	EXPECT_OK(totp_key_new(h.ring, STR("sub_1"), &device, &base32));
	EXPECT_STATUS(E_CORRUPT, totp_key_check(h.ring, STR("sub_1"), buf_str(&h.sealed), STR("123456"), -1,
						1000 * SECOND_US, &step));
	EXPECT_STATUS(E_CORRUPT, hotp_key_check(h.ring, STR("sub_1"), buf_str(&device), STR("12345678"), 1));
	EXPECT_STATUS(E_UNAUTHENTICATED, totp_key_check(h.ring, STR("sub_1"), buf_str(&device), code_of(&h, 1), -1,
							1000 * SECOND_US, &step));
}
