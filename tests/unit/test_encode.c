#include "auditlog/base/encode.h"

#include <string.h>

#include "auditlog/base/random.h"
#include "tests/unit/expect.h"

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *base64, *base64url, *base32, *hex;
} published[] = {
	{ "", "", "", "", "" },
	{ "f", "Zg==", "Zg", "MY", "66" },
	{ "fo", "Zm8=", "Zm8", "MZXQ", "666f" },
	{ "foo", "Zm9v", "Zm9v", "MZXW6", "666f6f" },
	{ "foob", "Zm9vYg==", "Zm9vYg", "MZXW6YQ", "666f6f62" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE", "MZXW6YTB", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172" },
};

Test(encode, published_answers)
{
	for (size_t i = 0; i < ARRAY_LEN(published); i++) {
		CLEANUP(buf_clear) struct buf a = BUF(64), b = BUF(64), c = BUF(64), d = BUF(64);
		struct str bytes = str_of(published[i].bytes);

		encode_base64(&a, bytes);
		encode_base64url(&b, bytes);
		encode_base32(&c, bytes);
		encode_hex(&d, bytes);
		EXPECT_BUF(published[i].base64, &a);
		EXPECT_BUF(published[i].base64url, &b);
		EXPECT_BUF(published[i].base32, &c);
		EXPECT_BUF(published[i].hex, &d);
	}
}

Test(encode, published_answers_decode_into_buffers_of_just_that_size)
{
	for (size_t i = 1; i < ARRAY_LEN(published); i++) {
		size_t n = strlen(published[i].bytes);
		CLEANUP(buf_clear) struct buf a = BUF(n), b = BUF(n), c = BUF(n), tight = BUF((n + 2) / 3 * 4);

		EXPECT_OK(decode_base64(str_of(published[i].base64), &a));
		EXPECT_OK(decode_base64url(str_of(published[i].base64url), &b));
		EXPECT_OK(decode_hex(str_of(published[i].hex), &c));
		EXPECT_BUF(published[i].bytes, &a);
		EXPECT_BUF(published[i].bytes, &b);
		EXPECT_BUF(published[i].bytes, &c);
		encode_base64(&tight, buf_str(&a));
		EXPECT_BUF(published[i].base64, &tight);
	}
}

Test(encode, all_bytes_come_back_at_every_length)
{
	unsigned char bytes[130];

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		CLEANUP(buf_clear) struct buf text = BUF(512), back = BUF(512);
		unsigned char into[sizeof(bytes)];

		random_bytes(bytes, sizeof(bytes));
		encode_base64(&text, str_from(bytes, n));
		EXPECT_OK(decode_base64(buf_str(&text), &back));
		EXPECT_STR(str_from(bytes, n), buf_str(&back));
		EXPECT_OK(decode_base64_into(buf_str(&text), into, n));
		cr_assert(memcmp(into, bytes, n) == 0);
		buf_reset(&text);
		encode_base64url(&text, str_from(bytes, n));
		EXPECT_OK(decode_base64url_into(buf_str(&text), into, n));
		cr_assert(memcmp(into, bytes, n) == 0);
	}
}

Test(encode, what_is_not_canonical_base64_is_refused)
{
	static const char *const bad[] = {
		"Z",    "Zg",       "Zg=",   "Zg===",      "=",       "====",        "Zh==",   "Zm9=",
		"Zm8",  "Zm8==",    "Zm9v=", "Z m8=",      " Zm8=",   "Zm8= ",       "Zm8=\n", "Zm8\n=",
		"Zm-_", "Zm8=Zm8=", "Z===",  "\xda\x67==", "\xb4g==", "Zm\xc3\xb6v",
	};
	CLEANUP(buf_clear) struct buf out = BUF(64);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = decode_base64(str_of(bad[i]), &out);

		cr_assert_eq(st, E_INVALID, "\"%s\" gives %s", bad[i], status_name(st));
		cr_assert_eq(out.n, 0U);
	}
	EXPECT_STATUS(E_INVALID, decode_base64(str_from("Zg\0=", 4), &out));
}

Test(encode, what_is_not_canonical_base64url_is_refused)
{
	static const char *const bad[] = { "Z",    "Zg==", "Zg=",   "Zh",    "Zm9",  "Zm8=",
					   "Zm+/", "Zm 8", "Zm8\n", "Zm9vY", "\xdag" };
	CLEANUP(buf_clear) struct buf out = BUF(64);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = decode_base64url(str_of(bad[i]), &out);

		cr_assert_eq(st, E_INVALID, "\"%s\" gives %s", bad[i], status_name(st));
	}
}

/* Every byte value in every place of a group: only the 64 digits are digits. */
Test(encode, only_the_sixty_four_digits_decode)
{
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < 4; at++) {
			CLEANUP(buf_clear) struct buf out = BUF(64);
			char text[] = "AAAA";
			bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
				     c == '+' || c == '/';

			if (c == '=' && at == 3)
				continue;
			text[at] = (char)c;
			EXPECT_STATUS(digit ? OK : E_INVALID, decode_base64(str_from(text, 4), &out));
		}
}

Test(encode, into_takes_exactly_the_length)
{
	unsigned char into[8] = { 0 };

	EXPECT_OK(decode_base64_into(STR("Zm9v"), into, 3));
	EXPECT_STATUS(E_INVALID, decode_base64_into(STR("Zm9v"), into, 2));
	EXPECT_STATUS(E_INVALID, decode_base64_into(STR("Zm9v"), into, 4));
	EXPECT_STATUS(E_INVALID, decode_base64_into(STR("Zm9vYg=="), into, 3));
	EXPECT_STATUS(E_INVALID, decode_base64_into(STR(""), into, 1));
	EXPECT_STATUS(E_INVALID, decode_base64_into(STR("Zg=="), into, 0));
	EXPECT_OK(decode_base64_into(STR(""), into, 0));
	EXPECT_STATUS(E_INVALID, decode_base64url_into(STR("Zm9vYg"), into, 3));
	EXPECT_OK(decode_base64url_into(STR("Zm9vYg"), into, 4));
}

Test(encode, hexadecimal_is_lower_case_and_even)
{
	CLEANUP(buf_clear) struct buf out = BUF(64);

	EXPECT_STATUS(E_INVALID, decode_hex(STR("6"), &out));
	EXPECT_STATUS(E_INVALID, decode_hex(STR("6F"), &out));
	EXPECT_STATUS(E_INVALID, decode_hex(STR("6g"), &out));
	EXPECT_STATUS(E_INVALID, decode_hex(STR("0x"), &out));
	EXPECT_STATUS(E_INVALID, decode_hex(STR(" 6"), &out));
	cr_assert_eq(out.n, 0U);
}

Test(encode, a_full_buffer_says_so)
{
	CLEANUP(buf_clear) struct buf out = BUF(3);

	encode_base64(&out, STR("f"));
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&out));
	buf_reset(&out);
	EXPECT_STATUS(E_TOO_LARGE, decode_base64(STR("Zm9vYg=="), &out));
}
