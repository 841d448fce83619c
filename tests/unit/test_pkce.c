/* test_pkce.c: whoever has the challenge cannot make the verifier, and nothing that is nearly one passes. */
#include "authd/oauth/pkce.h"
#include "tests/unit/expect.h"

/* RFC 7636 appendix B. */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* The first n characters of a long good verifier. */
static struct str
verifier_of(size_t n)
{
	static char text[200];

	memset(text, 'a', sizeof(text));
	return str_from(text, n);
}

Test(pkce, the_known_answer_of_the_rfc_holds)
{
	cr_assert(pkce_is_verifier(STR(VERIFIER)));
	cr_assert(pkce_is_challenge(STR(CHALLENGE)));
	EXPECT_OK(pkce_check(STR(VERIFIER), STR(CHALLENGE)));
}

Test(pkce, another_verifier_is_refused)
{
	EXPECT_STATUS(E_DENIED, pkce_check(STR("eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), STR(CHALLENGE)));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(VERIFIER "A"), STR(CHALLENGE)));
	EXPECT_STATUS(E_DENIED, pkce_check(verifier_of(43), STR(CHALLENGE)));
}

Test(pkce, the_challenge_itself_is_no_verifier)
{
	/* What method `plain` would have accepted. */
	cr_assert(pkce_is_verifier(STR(CHALLENGE)));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(CHALLENGE), STR(CHALLENGE)));
}

Test(pkce, part_of_a_challenge_or_none_is_refused)
{
	EXPECT_STATUS(E_DENIED, pkce_check(STR(VERIFIER), STR("")));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(VERIFIER), (struct str){ 0 }));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(VERIFIER), STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(VERIFIER), STR(CHALLENGE "=")));
	EXPECT_STATUS(E_DENIED, pkce_check(STR(""), STR(CHALLENGE)));
	EXPECT_STATUS(E_DENIED, pkce_check((struct str){ 0 }, STR(CHALLENGE)));
}

Test(pkce, a_verifier_has_43_to_128_characters)
{
	cr_assert_not(pkce_is_verifier(verifier_of(0)));
	cr_assert_not(pkce_is_verifier(verifier_of(42)));
	cr_assert(pkce_is_verifier(verifier_of(43)));
	cr_assert(pkce_is_verifier(verifier_of(128)));
	cr_assert_not(pkce_is_verifier(verifier_of(129)));
}

Test(pkce, a_verifier_takes_the_unreserved_characters_and_no_other)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char text[43];

	memset(text, 'a', sizeof(text));
	for (int c = 0; c < 256; c++) {
		text[20] = (char)c;
		cr_assert_eq(pkce_is_verifier(str_from(text, sizeof(text))), c != 0 && strchr(unreserved, c) != NULL,
			     "byte %d", c);
	}
}

Test(pkce, a_challenge_is_exactly_the_base64url_of_32_bytes)
{
	cr_assert_not(pkce_is_challenge(STR("")));
	cr_assert_not(pkce_is_challenge(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")));
	cr_assert_not(pkce_is_challenge(STR(CHALLENGE "A")));
	cr_assert_not(pkce_is_challenge(STR(CHALLENGE "=")));
	cr_assert_not(pkce_is_challenge(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")),
		      "the alphabet of plain base64");
	cr_assert_not(pkce_is_challenge(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM")));
	/* 43 characters are 258 bits: the last two must be zero, or two texts would be one value. */
	cr_assert_not(pkce_is_challenge(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN")));
}
