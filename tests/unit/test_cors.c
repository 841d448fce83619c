/* test_cors.c: which page of others may read an answer: one on an origin of a registered address, to the byte. */
#include "authd/oauth/cors.h"

#include "tests/unit/expect.h"

static enum status
origin_of(const char *const *lines, size_t count, struct str *out)
{
	struct http_request req = { .header_count = count };

	for (size_t i = 0; i < count; i++)
		req.headers[i] = (struct http_header){ .name = STR("origin"), .value = str_of(lines[i]) };
	return cors_origin(&req, out);
}

Test(cors, an_origin_is_one_https_origin_in_lower_case)
{
	static const char *const good[] = { "https://app.example", "https://localhost:9443", "https://[::1]:8443" };
	static const char *const bad[] = { "null",
					   "http://app.example",
					   "https://",
					   "HTTPS://app.example",
					   "https://App.example",
					   "https://app.example/",
					   "https://app.example/cb",
					   "https://u@app.example",
					   "https://%",
					   "https://a_b",
					   "https://a b",
					   "https://app.example\"",
					   "*",
					   "",
					   "com.example.app:/",
					   "file://" };
	struct str got;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		EXPECT_OK(origin_of(&good[i], 1, &got));
		EXPECT_STR(str_of(good[i]), got);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, origin_of(&bad[i], 1, &got));
	EXPECT_STATUS(E_INVALID, origin_of(good, 2, &got));
	EXPECT_STATUS(E_NOT_FOUND, origin_of(good, 0, &got));
}

static bool
is_of(const char *uris, struct str origin)
{
	const struct store_client c = { .redirect_uris = str_of(uris) };

	return cors_is_of(&c, origin);
}

Test(cors, a_client_shares_with_the_origins_of_its_redirect_uris)
{
	const char *const uris =
	    "[\"https://one.example/cb\",\"https://app.example:8443/cb\",\"https://bare.example\"]";

	cr_assert(is_of(uris, STR("https://one.example")));
	cr_assert(is_of(uris, STR("https://app.example:8443")));
	cr_assert(is_of(uris, STR("https://bare.example")));
}

Test(cors, what_only_begins_alike_is_another_origin)
{
	static const char *const tries[] = { "https://app.example",       "https://app.example:844",
					     "https://app.example:84433", "https://one.exampl",
					     "https://one.example.evil",  "https://evil.example" };
	const char *const uris =
	    "[\"https://one.example/cb?to=https://evil.example/\",\"https://app.example:8443/cb\"]";

	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		cr_expect(!is_of(uris, str_of(tries[i])), "%s", tries[i]);
	cr_assert(!is_of("[]", STR("https://one.example")));
	cr_assert(!is_of("not a list", STR("https://one.example")));
}
