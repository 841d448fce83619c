/* test_htu.c: the address in a DPoP proof (RFC 9449 4.3, RFC 3986 6.2): what is the same, and what only looks it. */
#include "authd/oauth/htu.h"

#include "tests/unit/expect.h"

#define OURS "https://id.example/oauth2/token"

static const struct {
	const char *proof, *ours;
} same[] = {
	{ OURS, OURS },
	{ "https://id.example/oauth2/token?x=1", OURS },
	{ "https://id.example/oauth2/token#x", OURS },
	{ "https://id.example/oauth2/token?", OURS },
	{ "https://id.example/oauth2/token?a#b?c", OURS },
	{ "HTTPS://id.example/oauth2/token", OURS },
	{ "https://ID.EXAMPLE/oauth2/token", OURS },
	{ "https://id.example:443/oauth2/token", OURS },
	{ "https://id.example:/oauth2/token", OURS },
	{ "https://id.example/oauth2/%74oken", OURS },
	{ "https://id.example/oauth2/t%6Fken", OURS },
	{ "https://id.example", "https://id.example/" },
	{ "https://id.example?x", "https://id.example/" },
	{ "https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a" },
	{ "http://127.0.0.1:80/a", "http://127.0.0.1/a" },
	{ "https://id.example/a%2fb", "https://id.example/a%2Fb" },
	{ "https://localhost:8443/x", "https://localhost:8443/x" },
};

Test(htu, spellings_of_one_address_are_one)
{
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		cr_expect(htu_same(str_of(same[i].proof), str_of(same[i].ours)), "%s", same[i].proof);
}

static const char *const others[] = {
	"",
	"x",
	"/oauth2/token",
	"id.example/oauth2/token",
	"//id.example/oauth2/token",
	"http://id.example/oauth2/token",
	"ftp://id.example/oauth2/token",
	"https:/id.example/oauth2/token",
	"https:///oauth2/token",
	"https://id.example/oauth2/token/",
	"https://id.example/oauth2/Token",
	"https://id.example//oauth2/token",
	"https://id.example/oauth2/./token",
	"https://id.example/x/../oauth2/token",
	"https://id.example/x/%2e%2e/oauth2/token",
	"https://id.example/oauth2%2Ftoken",
	"https://id.example/oauth2/token%",
	"https://id.example/oauth2/token%2",
	"https://id.example/oauth2/token%zz",
	"https://id.example/oauth2/token ",
	" https://id.example/oauth2/token",
	"https://id.example/oauth2\\token",
	"https://id.example:8443/oauth2/token",
	"https://id.example:0443/oauth2/token",
	"https://id.example:99999/oauth2/token",
	"https://id.example:x/oauth2/token",
	"https://id.example.evil.example/oauth2/token",
	"https://evil.example@id.example/oauth2/token",
	"https://id.example@evil.example/oauth2/token",
	"https://id.example:443@evil.example/oauth2/token",
	"https://evil.example/https://id.example/oauth2/token",
	"https://evil.example?https://id.example/oauth2/token",
	"https://id.example\t/oauth2/token",
	"https://id.ex\u0430mple/oauth2/token",
	"https://id.example/oauth2/revoke",
	"https://id.example",
};

Test(htu, what_only_looks_like_ours_is_not)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		cr_expect_not(htu_same(str_of(others[i]), STR(OURS)), "%s", others[i]);
}

Test(htu, two_that_are_no_addresses_are_not_the_same_either)
{
	cr_expect_not(htu_same(STR(""), STR("")));
	cr_expect_not(htu_same(STR("://"), STR("://")));
	cr_expect_not(htu_same(STR("https://a/%"), STR("https://a/%")));
}

Test(htu, a_long_address_is_refused_and_not_read_past_its_bound)
{
	static char text[HTU_MOST + 64] = "https://id.example/";
	CLEANUP(buf_clear) struct buf out = BUF(HTU_MOST + 1);

	memset(text + 19, 'a', sizeof(text) - 20);
	EXPECT_STATUS(E_INVALID, htu_normal(str_of(text), &out));
	cr_expect_eq(out.n, 0);
}
