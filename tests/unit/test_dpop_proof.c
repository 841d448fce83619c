/* test_dpop_proof.c: one proof against what it should be for (RFC 9449 4.3; FAPI 2.0 modules on DPoP). */
#include "authd/oauth/dpop_proof.h"

#include "tests/unit/proof_maker.h"

#define TOKEN "at.at.at"

static enum status
check(struct str text, struct str token, struct dpop_proof *out, const char **why)
{
	const struct dpop_proof_asked asked = {
		.method = "POST",
		.uri = STR("https://id.example/oauth2/token"),
		.token = token,
		.now_us = clock_now_us(),
	};

	return dpop_proof_check(text, &asked, out, why);
}

static enum status
offer(const struct maker *m, const struct proof_plan *plan, const char **why)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct dpop_proof p;

	proof_make(m, plan, &text);
	return check(buf_str(&text), plan->token != NULL ? STR(TOKEN) : (struct str){ 0 }, &p, why);
}

Test(dpop_proof, the_three_strong_algorithms_are_accepted_and_give_the_thumbprint)
{
	static const enum jwk_alg algs[] = { JWK_ES256, JWK_PS256, JWK_EDDSA };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct maker m = maker_new(algs[i]);
		CLEANUP(buf_clear) struct buf text = { 0 };
		struct dpop_proof p = { 0 };
		const char *why = "";

		proof_make(&m, &(struct proof_plan){ .jti = "j-1", .more = ",\"nonce\":\"n-1\"" }, &text);
		EXPECT_OK(check(buf_str(&text), (struct str){ 0 }, &p, &why));
		cr_expect(cnf_is_jkt(&p.cnf, jwk_thumbprint(m.jwk)));
		cr_expect_str_eq(p.jti, "j-1");
		cr_expect_str_eq(p.nonce, "n-1");
		cr_expect_leq(p.issued_us, clock_now_us());
		maker_clear(&m);
	}
}

Test(dpop_proof, RS256_is_not_accepted_from_anybody)
{
	struct maker m = maker_new(JWK_RS256);
	const char *why = NULL;

	EXPECT_STATUS(E_INVALID, offer(&m, &(struct proof_plan){ 0 }, &why));
	cr_assert_not_null(why);
	maker_clear(&m);
}

Test(dpop_proof, the_times_are_those_of_FAPI_12)
{
	static const struct {
		int64_t off_s;
		enum status want;
	} times[] = {
		{ 0, OK },         { -10, OK },          { -55, OK },
		{ 8, OK },         { -62, E_INVALID },   { 15, E_INVALID },
		{ 61, E_INVALID }, { -3600, E_INVALID }, { 86400, E_INVALID },
	};
	struct maker m = maker_new(JWK_ES256);
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		EXPECT_STATUS(times[i].want, offer(&m, &(struct proof_plan){ .iat_off_s = times[i].off_s }, &why));
	maker_clear(&m);
}

/* What each of these says is wrong; all are refused with words for the client. */
static const struct {
	const char *what;
	struct proof_plan plan;
} wrong[] = {
	{ "typ JWT", { .typ = "JWT" } },
	{ "typ at+jwt", { .typ = "at+jwt" } },
	{ "typ with another case", { .typ = "DPOP+JWT" } },
	{ "no typ", { .typ = "" } },
	{ "method of another request", { .htm = "GET" } },
	{ "method with another case", { .htm = "post" } },
	{ "method with more", { .htm = "POST " } },
	{ "address of another endpoint", { .htu = "https://id.example/oauth2/revoke" } },
	{ "address of another server", { .htu = "https://evil.example/oauth2/token" } },
	{ "plain http", { .htu = "http://id.example/oauth2/token" } },
	{ "address without a server", { .htu = "/oauth2/token" } },
	{ "no claims but the token's", { .claims = "{\"jti\":\"x\",\"iat\":1}" } },
	{ "no jti", { .claims = "{\"htm\":\"POST\",\"htu\":\"https://id.example/oauth2/token\",\"iat\":4102444800}" } },
	{ "jti is a number",
	  { .claims = "{\"jti\":1,\"htm\":\"POST\",\"htu\":\"https://id.example/oauth2/token\",\"iat\":1}" } },
	{ "iat is a text",
	  { .claims = "{\"jti\":\"1\",\"htm\":\"POST\",\"htu\":\"https://id.example/oauth2/token\",\"iat\":\"1\"}" } },
	{ "two jti", { .claims = "{\"jti\":\"1\",\"jti\":\"2\",\"htm\":\"POST\",\"htu\":\"x\",\"iat\":1}" } },
	{ "no JSON", { .claims = "x" } },
	{ "jti of 129 bytes",
	  { .jti =
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678" } },
	{ "jti with NUL", { .jti = "a\\u0000b" } },
	{ "expired by its own word", { .more = ",\"exp\":1" } },
	{ "not yet by its own word", { .more = ",\"nbf\":4102444800" } },
	{ "crit", { .extra = ",\"crit\":[\"x\"],\"x\":1" } },
	{ "jku", { .extra = ",\"jku\":\"https://evil.example\"" } },
	{ "x5u", { .extra = ",\"x5u\":\"https://evil.example\"" } },
	{ "two jwk", { .extra = ",\"jwk\":{}" } },
	{ "no key", { .head = "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}" } },
	{ "key is a text", { .head = "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":\"x\"}" } },
	{ "symmetric key",
	  { .head = "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}" } },
	{ "alg none", { .head = "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":{}}" } },
	{ "alg HS256",
	  { .head = "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}" } },
};

Test(dpop_proof, nothing_else_is_one)
{
	struct maker m = maker_new(JWK_ES256);

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		const char *why = NULL;
		enum status st = offer(&m, &wrong[i].plan, &why);

		cr_expect(st == E_INVALID, "%s: %s", wrong[i].what, status_name(st));
		cr_expect_not_null(why, "%s", wrong[i].what);
	}
	maker_clear(&m);
}

Test(dpop_proof, the_key_in_the_header_is_the_one_that_signed)
{
	struct maker m = maker_new(JWK_ES256), other = maker_new(JWK_ES256), rsa = maker_new(JWK_PS256);
	const char *why = NULL;

	EXPECT_OK(offer(&m, &(struct proof_plan){ 0 }, &why));
	EXPECT_STATUS(E_INVALID, offer(&m, &(struct proof_plan){ .jwk = &other }, &why));
	EXPECT_STATUS(E_INVALID, offer(&m, &(struct proof_plan){ .jwk = &rsa }, &why));
	maker_clear(&m);
	maker_clear(&other);
	maker_clear(&rsa);
}

Test(dpop_proof, a_private_key_in_the_header_is_refused)
{
	struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf head = BUF(4096), key = BUF(2048);
	const char *why = NULL;

	proof_put_key(&m, &key);
	buf_printf(&head, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s,\"d\":\"AAAA\"}}", (int)key.n - 1,
		   key.p);
	buf_put_char(&head, '\0');
	EXPECT_STATUS(E_INVALID, offer(&m, &(struct proof_plan){ .head = head.p }, &why));
	maker_clear(&m);
}

Test(dpop_proof, at_a_resource_it_is_for_this_token)
{
	struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf none = { 0 };
	struct dpop_proof p;
	const char *why = NULL;

	EXPECT_OK(offer(&m, &(struct proof_plan){ .token = TOKEN }, &why));
	EXPECT_STATUS(E_INVALID, offer(&m, &(struct proof_plan){ .token = "another.token.x" }, &why));
	proof_make(&m, &(struct proof_plan){ 0 }, &none);
	EXPECT_STATUS(E_INVALID, check(buf_str(&none), STR(TOKEN), &p, &why));
	maker_clear(&m);
}

Test(dpop_proof, one_that_is_bent_a_little_is_none)
{
	struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct dpop_proof p;
	const char *why = NULL;

	proof_make(&m, &(struct proof_plan){ 0 }, &text);
	EXPECT_OK(check(buf_str(&text), (struct str){ 0 }, &p, &why));
	for (size_t at = 0; at < text.n; at += 7) {
		char kept = text.p[at];

		text.p[at] = kept == 'A' ? 'B' : 'A';
		EXPECT_STATUS(E_INVALID, check(buf_str(&text), (struct str){ 0 }, &p, &why));
		text.p[at] = kept;
	}
	for (size_t n = 0; n < text.n; n += 11)
		EXPECT_STATUS(E_INVALID, check(str_from(text.p, n), (struct str){ 0 }, &p, &why));
	maker_clear(&m);
}
