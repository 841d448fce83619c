#include "authd/http/accept.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/expect.h"

static const char *const forms[] = { "application/json", "text/html", "text/plain", "application/ld+json" };
enum { JSON, HTML, TEXT, LD, NONE };

static int
chosen(const char *const *headers, size_t n)
{
	static struct http_request req;
	size_t out = 99;

	req.header_count = n;
	for (size_t i = 0; i < n; i++)
		req.headers[i] = (struct http_header){ STR("accept"), str_of(headers[i]) };
	if (accept_choose(&req, forms, ARRAY_LEN(forms), &out) != OK) {
		cr_assert_eq(out, 99, "nothing is chosen");
		return NONE;
	}
	return (int)out;
}

static const struct {
	const char *accept;
	int wanted;
} rows[] = {
	{ "*/*", JSON },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML },
	{ "text/*", HTML },
	{ "text/*, text/html;q=0", TEXT },
	{ "application/ld+json", LD },
	{ "application/ld+json;profile=\"http://www.w3.org/ns/json-ld#compacted, x\"", LD },
	{ "application/ld+json; profile=\"a\\\"b,c;q=0\"", LD },
	{ "text/plain;q=0.5, application/ld+json;q=0.501", LD },
	{ "text/plain;q=0.5, application/ld+json;q=0.5", TEXT },
	{ "TEXT/Plain; Q=1.000", TEXT },
	{ "*/*;q=0.1, application/json;q=0, text/html;q=0", TEXT },
	{ "application/*;q=0.2, text/plain;q=0.1", JSON },
	/* none of ours */
	{ "application/pdf", NONE },
	{ "text/html;q=0", NONE },
	{ "*/*;q=0", NONE },
	{ "*/*;q=0.000", NONE },
	{ "", NONE },
	{ "image/*, audio/*", NONE },
	/* what is no range or no weight does not count */
	{ "text/html;q=2", NONE },
	{ "text/html;q=1.001", NONE },
	{ "text/html;q=0.1234", NONE },
	{ "text/html;q=-1", NONE },
	{ "text/html;q=", NONE },
	{ "text/html;q", NONE },
	{ "*/html", NONE },
	{ "text", NONE },
	{ "text/", NONE },
	{ "/html", NONE },
	{ "text/html/x", NONE },
	{ "te xt/html", NONE },
	{ ",,,text/plain,,", TEXT },
	{ "text/html;q=nan, text/plain", TEXT },
	{ "\"text/html\", text/plain", TEXT },
};

Test(accept, the_closest_range_and_the_highest_weight_choose)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect_eq(chosen(&rows[i].accept, 1), rows[i].wanted, "%s: %d", rows[i].accept,
			     chosen(&rows[i].accept, 1));
}

Test(accept, without_a_header_the_first_and_several_headers_are_one_list)
{
	static const char *const two[] = { "text/plain;q=0.3", "text/html;q=0.4" };

	cr_assert_eq(chosen(NULL, 0), JSON);
	cr_assert_eq(chosen(two, 2), HTML);
}

Test(accept, ranges_beyond_the_most_are_not_read)
{
	char many[ACCEPT_RANGES_MOST * 8 + 32] = "";
	const char *header = many;

	for (size_t i = 0; i < ACCEPT_RANGES_MOST; i++)
		strcat(many, "a/b,");
	strcat(many, "text/html");
	cr_assert_eq(chosen(&header, 1), NONE);
	cr_assert_eq(chosen((const char *const[]){ header + 4 }, 1), HTML);
}
