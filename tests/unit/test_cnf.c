/* test_cnf.c: what a token is bound to, in a claim and in a column; anything half understood is refused. */
#include "authd/oauth/cnf.h"

#include "tests/unit/expect.h"

#define JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static struct cnf
bound(void)
{
	struct cnf c;

	EXPECT_OK(cnf_of_jkt(STR(JKT), &c));
	return c;
}

static json_t *
claims(const char *cnf)
{
	json_t *c = json_object();

	if (cnf != NULL)
		json_object_set_new(c, "cnf", json_loads(cnf, JSON_DECODE_ANY, NULL));
	return c;
}

static enum status
read_claims(const char *cnf, struct cnf *out)
{
	json_t *c = claims(cnf);
	enum status st = cnf_of_claims(c, out);

	json_decref(c);
	return st;
}

Test(cnf, a_thumbprint_is_43_characters_of_base64url)
{
	static const char
	    *const wrong[] = { "",
			       "x",
			       JKT "x",
			       "0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
			       "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4=",
			       "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J" /* bits behind the last byte */ };
	struct cnf c;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_STATUS(E_INVALID, cnf_of_jkt(str_of(wrong[i]), &c));
	cr_assert(cnf_is_jkt(&(struct cnf){ .kind = CNF_DPOP, .value = JKT }, STR(JKT)));
}

Test(cnf, a_key_a_certificate_and_nothing_are_three_things)
{
	const uint8_t zeros[32] = { 0 };
	struct cnf key = bound(), cert = cnf_of_cert(zeros), none = { .kind = CNF_NONE };
	struct cnf same = bound(), look_alike = { .kind = CNF_TLS, .value = JKT };
	struct cnf empty = { .kind = CNF_DPOP };

	cr_expect(cnf_equal(&key, &same));
	cr_expect(cnf_equal(&none, &none));
	cr_expect_not(cnf_equal(&key, &none));
	cr_expect_not(cnf_equal(&key, &cert));
	cr_expect_not(cnf_equal(&key, &look_alike), "the same text of another kind");
	cr_expect_not(cnf_equal(&empty, &empty), "a binding to nothing holds for nobody");
	cr_expect_not(cnf_is_jkt(&look_alike, STR(JKT)));
	cr_expect_not(cnf_is_jkt(&none, STR("")));
	cr_expect_str_eq(cnf_token_type(&key), "DPoP");
	cr_expect_str_eq(cnf_token_type(&cert), "Bearer");
	cr_expect_str_eq(cnf_token_type(&none), "Bearer");
}

Test(cnf, a_claim_comes_back_as_it_was)
{
	const uint8_t zeros[32] = { 0 };
	const struct cnf all[] = { bound(), cnf_of_cert(zeros) };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		bool failed = false;
		json_t *c = json_pack("{s:o}", "cnf", cnf_claim(&all[i], &failed));
		struct cnf back;

		cr_assert_not(failed);
		EXPECT_OK(cnf_of_claims(c, &back));
		cr_expect(cnf_equal(&all[i], &back));
		json_decref(c);
	}
}

Test(cnf, a_token_without_a_binding_has_no_claim)
{
	const struct cnf none = { .kind = CNF_NONE };
	struct cnf c;
	bool failed = false;

	cr_assert_null(cnf_claim(&none, &failed));
	cr_assert_not(failed);
	EXPECT_OK(read_claims(NULL, &c));
	cr_assert_eq(c.kind, CNF_NONE);
}

Test(cnf, a_claim_that_nobody_here_can_check_is_no_bearer_token)
{
	static const char *const wrong[] = {
		"{}",
		"null",
		"\"" JKT "\"",
		"[]",
		"{\"jwk\":{}}",
		"{\"kid\":\"x\"}",
		"{\"jkt\":7}",
		"{\"jkt\":\"\"}",
		"{\"jkt\":\"short\"}",
		"{\"JKT\":\"" JKT "\"}",
		"{\"x5t\":\"" JKT "\"}",
		"{\"jkt\":\"" JKT "\",\"x5t#S256\":\"" JKT "\"}",
		"{\"jkt\":\"" JKT "\",\"jwk\":{}}",
	};
	struct cnf c;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_STATUS(E_INVALID, read_claims(wrong[i], &c));
}

Test(cnf, a_column_comes_back_as_it_was_and_nothing_else_does)
{
	static const char *const wrong[] = {
		" ", "x", "jkt:", "jkt:short", "JKT:" JKT, JKT, "x5t" JKT, "jkt:" JKT " "
	};
	const uint8_t zeros[32] = { 0 };
	const struct cnf all[] = { bound(), cnf_of_cert(zeros), { .kind = CNF_NONE } };
	struct cnf back;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		CLEANUP(buf_clear) struct buf text = BUF(CNF_TEXT_MOST);

		cnf_put(&all[i], &text);
		EXPECT_OK(buf_status(&text));
		EXPECT_OK(cnf_parse(buf_str(&text), &back));
		cr_expect(cnf_equal(&all[i], &back));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_STATUS(E_CORRUPT, cnf_parse(str_of(wrong[i]), &back));
}
