/* test_client.c: a redirect goes where it was registered to go, and a client has what it registered and no more. */
#include <stdio.h>

#include "authd/oauth/client.h"
#include "tests/unit/expect.h"

#define CB     "https://rp.example/cb"
#define NATIVE "http://127.0.0.1/cb"

static struct store_client
client_of_uris(const char *method, const char *uris)
{
	return (struct store_client){ .client_id = STR("c"),
				      .auth_method = str_of(method),
				      .redirect_uris = str_of(uris),
				      .post_logout_uris = str_of(uris),
				      .scopes = STR("openid profile consent:manage offline_access") };
}

static bool
may(const char *method, const char *uris, struct str asked)
{
	struct store_client c = client_of_uris(method, uris);

	return client_may_redirect(&c, asked);
}

/* ---- where a code may be sent ---- */

Test(client, a_registered_address_is_taken_byte_by_byte)
{
	cr_assert(may("private_key_jwt", "[\"" CB "\"]", STR(CB)));
	cr_assert(may("none", "[\"https://other.example/x\",\"" CB "\"]", STR(CB)));
	cr_assert(may("none", "[\"" CB "?tenant=1\"]", STR(CB "?tenant=1")));
}

Test(client, anything_that_differs_from_a_registered_address_is_refused)
{
	static const char *const tries[] = {
		/* R01 */
		"https://rp.example/cb/",
		"https://rp.example/cb/extra",
		"https://rp.example/c",
		"https://rp.example/CB",
		"https://RP.example/cb",
		"https://rp.example",
		"https://rp.example/",
		"https://other.example/cb",
		"",
		"https://rp.example/./cb",
		"https://rp.example/x/../cb",
		"https://rp.example/%63b",
		"https://rp.example//cb",
		" https://rp.example/cb",
		"https://rp.example/cb ",
		"https://rp.example/cb\t",
		"https://rp.example/cb\n",
		/* R04 */
		"https://rp.example/cb?",
		"https://rp.example/cb?x=1",
		"https://rp.example/cb#",
		"https://rp.example/cb#x",
		/* another host by another reading */
		"https://rp.example:443/cb",
		"https://rp.example:8443/cb",
		"https://rp.example.evil.example/cb",
		"https://rp.example@evil.example/cb",
		"https://evil.example/https://rp.example/cb",
		"https://rp.example./cb",
		"https://evil.example\\@rp.example/cb",
		"//rp.example/cb",
		"/cb",
		"rp.example/cb",
		/* R07 */
		"http://rp.example/cb",
		"HTTPS://rp.example/cb",
		"javascript:alert(1)",
		"data:text/html,x",
		"file:///etc/passwd",
		"app:/cb",
	};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		cr_expect_not(may("private_key_jwt", "[\"" CB "\"]", str_of(tries[i])), "\"%s\"", tries[i]);
		cr_expect_not(may("none", "[\"" CB "\"]", str_of(tries[i])), "\"%s\" of a public client", tries[i]);
	}
	cr_assert_not(may("none", "[\"" CB "\"]", (struct str){ 0 }));
	cr_assert_not(may("none", "[\"" CB "\"]", str_from(CB "\0", sizeof(CB))), "a NUL behind it");
	/* R04: the query is part of the string, in its order. */
	cr_assert_not(may("none", "[\"" CB "?a=1&b=2\"]", STR(CB "?b=2&a=1")));
	cr_assert_not(may("none", "[\"" CB "?a=1\"]", STR(CB "?a=1&a=1")));
	cr_assert_not(may("none", "[\"" CB "?a=1\"]", STR(CB)));
}

Test(client, a_native_client_may_vary_the_port_of_a_loopback_address)
{
	cr_assert(may("none", "[\"" NATIVE "\"]", STR(NATIVE)));
	cr_assert(may("none", "[\"" NATIVE "\"]", STR("http://127.0.0.1:1/cb")));
	cr_assert(may("none", "[\"" NATIVE "\"]", STR("http://127.0.0.1:65535/cb")));
	cr_assert(may("none", "[\"http://127.0.0.1:8080/cb\"]", STR("http://127.0.0.1:4711/cb")));
	cr_assert(may("none", "[\"http://[::1]/cb\"]", STR("http://[::1]:4711/cb")));
}

Test(client, of_a_loopback_address_nothing_but_the_port_may_vary)
{
	static const char *const tries[] = {
		/* R06 */
		"http://localhost/cb",
		"http://localhost:4711/cb",
		"http://127.0.0.2:4711/cb",
		"http://127.0.0.1.evil.example/cb",
		"http://127.0.0.1.evil.example:80/cb",
		"http://0x7f.1/cb",
		"http://127.1/cb",
		"http://2130706433/cb",
		"http://[::1]/cb",
		"http://[::1]:4711/cb",
		"http://[::ffff:127.0.0.1]/cb",
		/* ports that are none, or hide a host */
		"http://127.0.0.1:/cb",
		"http://127.0.0.1:0/cb",
		"http://127.0.0.1:65536/cb",
		"http://127.0.0.1:080/cb",
		"http://127.0.0.1:-1/cb",
		"http://127.0.0.1:+80/cb",
		"http://127.0.0.1:80@evil.example/cb",
		"http://127.0.0.1:evil.example/cb",
		"http://127.0.0.1:80:80/cb",
		"http://127.0.0.1 :80/cb",
		"http://127.0.0.1@evil.example/cb",
		"http://x@127.0.0.1:80/cb",
		/* the rest */
		"https://127.0.0.1:4711/cb",
		"http://127.0.0.1:4711/",
		"http://127.0.0.1:4711",
		"http://127.0.0.1:4711/cb/",
		"http://127.0.0.1:4711/cb?x=1",
		"http://127.0.0.1:4711/cb#x",
		"http://127.0.0.1:4711?/cb",
		"HTTP://127.0.0.1:4711/cb",
	};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		cr_expect_not(may("none", "[\"" NATIVE "\"]", str_of(tries[i])), "\"%s\"", tries[i]);
}

Test(client, the_port_is_free_for_public_clients_and_loopback_only)
{
	cr_assert_not(may("private_key_jwt", "[\"" NATIVE "\"]", STR("http://127.0.0.1:4711/cb")));
	cr_assert_not(may("client_secret_basic", "[\"" NATIVE "\"]", STR("http://127.0.0.1:4711/cb")));
	cr_assert_not(may("none", "[\"http://rp.example/cb\"]", STR("http://rp.example:4711/cb")));
	cr_assert_not(may("none", "[\"http://localhost/cb\"]", STR("http://localhost:4711/cb")));
}

Test(client, a_list_that_is_no_list_of_texts_permits_nothing)
{
	static const char *const lists[] = { "",           "[]",          "{}", "[1]", "[null]", "[[\"" CB "\"]]",
					     "\"" CB "\"", "[\"" CB "\"", "x" };

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		cr_expect_not(may("none", lists[i], STR(CB)), "%s", lists[i]);
		cr_expect_not(may("none", lists[i], STR("")), "%s", lists[i]);
	}
}

Test(client, an_address_longer_than_any_is_refused)
{
	static char list[12000], uri[6000];

	memset(uri, 'a', sizeof(uri));
	memcpy(uri, "http://127.0.0.1:80/", 20);
	cr_assert_not(may("none", "[\"" NATIVE "\"]", str_from(uri, sizeof(uri))));
	(void)snprintf(list, sizeof(list), "[\"http://127.0.0.1/%.*s\"]", (int)sizeof(uri) - 20, uri + 20);
	cr_assert_not(may("none", list, str_from(uri, sizeof(uri))), "too long to compare without its port");
}

Test(client, after_signing_out_no_port_is_free)
{
	struct store_client c = client_of_uris("none", "[\"" NATIVE "\",\"" CB "\"]");

	cr_assert(client_may_return(&c, STR(CB)));
	cr_assert(client_may_return(&c, STR(NATIVE)));
	cr_assert_not(client_may_return(&c, STR("http://127.0.0.1:4711/cb")));
	cr_assert_not(client_may_return(&c, STR(CB "?x=1")));
	cr_assert_not(client_may_return(&c, STR("")));
}

/* ---- scopes ---- */

static enum status
scope(const char *asked, struct buf *out)
{
	struct store_client c = client_of_uris("none", "[]");

	buf_reset(out);
	return client_scope(&c, str_of(asked), out);
}

Test(client, a_client_gets_the_scopes_it_asks_for)
{
	CLEANUP(buf_clear) struct buf out = BUF(512);

	EXPECT_OK(scope("profile openid", &out));
	EXPECT_BUF("profile openid", &out);
	EXPECT_OK(scope("  openid  offline_access ", &out));
	EXPECT_BUF("openid offline_access", &out);
}

Test(client, without_asking_it_gets_all_but_offline_access)
{
	CLEANUP(buf_clear) struct buf out = BUF(512);

	EXPECT_OK(scope("", &out));
	EXPECT_BUF("openid profile consent:manage", &out);
	EXPECT_OK(scope(NULL, &out));
	EXPECT_BUF("openid profile consent:manage", &out);
}

Test(client, a_scope_that_is_not_its_own_is_refused)
{
	static const char *const tries[] = { "admin",          "openid admin",    "openid openid",   "OPENID",
					     "open",           "openidx",         "consent",         "consent:",
					     "openid,profile", "openid\tprofile", "openid profile\n" };
	CLEANUP(buf_clear) struct buf out = BUF(512);

	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		EXPECT_STATUS(E_INVALID, scope(tries[i], &out));
}

Test(client, a_word_of_a_list_is_a_whole_word)
{
	cr_assert(client_has(STR("a bb ccc"), STR("a")));
	cr_assert(client_has(STR("a bb ccc"), STR("bb")));
	cr_assert(client_has(STR("a bb ccc"), STR("ccc")));
	cr_assert_not(client_has(STR("a bb ccc"), STR("b")));
	cr_assert_not(client_has(STR("a bb ccc"), STR("cc")));
	cr_assert_not(client_has(STR("a bb ccc"), STR("a bb")));
	cr_assert_not(client_has(STR("a  bb"), STR("")), "nothing is no word, also between two spaces");
	cr_assert_not(client_has(STR(""), STR("")));
	cr_assert_not(client_has((struct str){ 0 }, STR("a")));
}

Test(client, public_is_who_is_registered_without_a_credential)
{
	static const char *const methods[] = {
		"private_key_jwt", "tls_client_auth", "client_secret_basic", "client_secret_post", "", "None", "none "
	};
	struct store_client c = client_of_uris("none", "[]");

	cr_assert(client_is_public(&c));
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		c = client_of_uris(methods[i], "[]");
		cr_expect_not(client_is_public(&c), "\"%s\"", methods[i]);
	}
}
