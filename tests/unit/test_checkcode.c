#include "authd/consent/checkcode.h"

#include "tests/unit/expect.h"

static enum status
typed(struct str text, struct buf *out)
{
	buf_reset(out);
	return checkcode_parse(text, out);
}

Test(checkcode, a_check_code_is_understood_however_it_is_typed)
{
	CLEANUP(buf_clear) struct buf code = BUF(64);
	CLEANUP(buf_clear) struct buf back = BUF(64);
	char lower[CHECKCODE_LEN + 8] = "";
	size_t n = 0;

	checkcode_put(&code);
	cr_assert_eq(code.n, CHECKCODE_LEN);
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == '-')
			lower[n++] = ' ';
		else
			lower[n++] = code.p[i] == '0' ? 'o' : code.p[i] == '1' ? 'l' : (char)(code.p[i] | 0x20);
	}
	EXPECT_OK(typed(str_from(lower, n), &back));
	EXPECT_STR(buf_str(&code), buf_str(&back));
}

Test(checkcode, every_single_slip_and_every_swap_in_a_check_code_is_found)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	CLEANUP(buf_clear) struct buf code = BUF(64);
	CLEANUP(buf_clear) struct buf back = BUF(64);

	checkcode_put(&code);
	for (size_t i = 0; i < code.n; i++) {
		char was = code.p[i];

		for (size_t a = 0; was != '-' && alphabet[a] != '\0'; a++) {
			code.p[i] = alphabet[a];
			EXPECT_STATUS(alphabet[a] == was ? OK : E_INVALID, typed(buf_str(&code), &back));
		}
		code.p[i] = was;
		for (size_t k = 0; k < i; k++) {
			char other = code.p[k];

			if (was == '-' || other == '-' || was == other)
				continue;
			code.p[i] = other;
			code.p[k] = was;
			EXPECT_STATUS(E_INVALID, typed(buf_str(&code), &back));
			code.p[i] = was;
			code.p[k] = other;
		}
	}
}

Test(checkcode, what_is_no_check_code_is_refused)
{
	static const struct str bad[] = { STR_INIT(""),
					  STR_INIT("0000-0000-0"),
					  STR_INIT("0000-0000-000"),
					  STR_INIT("U000-0000-00"),
					  STR_INIT("0000-0000-0\0"),
					  STR_INIT("0000_0000_00"),
					  STR_INIT("0000-0000-01") };
	CLEANUP(buf_clear) struct buf back = BUF(64);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, typed(bad[i], &back));
	EXPECT_OK(typed(STR("0000-0000-00"), &back));
}

Test(checkcode, two_check_codes_differ)
{
	CLEANUP(buf_clear) struct buf a = BUF(64);
	CLEANUP(buf_clear) struct buf b = BUF(64);

	checkcode_put(&a);
	checkcode_put(&b);
	cr_assert(!str_eq(buf_str(&a), buf_str(&b)));
}
