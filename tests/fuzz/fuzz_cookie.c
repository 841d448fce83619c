/*
 * fuzz_cookie.c: a Cookie header, against a naive second reader. And addresses that authd might be made to call, which
 * are judged as curl reads them.
 */
#include "authd/http/cookie.h"
#include "authd/notify/outbound.h"
#include "tests/fuzz/oracle.h"

#define NAME "__Host-session"

/* How often the name is there, and the last value. */
static size_t
count_naively(struct str header, struct str *value)
{
	struct str pair;
	size_t count = 0;

	while (str_next(&header, ';', &pair)) {
		size_t eq;

		pair = str_trim(pair);
		eq = str_find_char(pair, '=');
		if (eq == pair.n || !str_is(str_slice(pair, 0, eq), NAME))
			continue;
		*value = str_slice(pair, eq + 1, pair.n);
		count++;
	}
	return count;
}

static void
check_cookie(struct str header)
{
	struct http_request req = { .header_count = 1, .headers = { { STR("cookie"), header } } };
	struct str got = { 0 }, naive = { 0 };
	enum status st = cookie_find(&req, NAME, &got);
	size_t count = count_naively(header, &naive);

	must(st == OK || st == E_NOT_FOUND || st == E_INVALID);
	if (st == OK)
		must(count == 1 && header.n <= COOKIE_HEADER_MOST && str_eq(got, naive));
	if (count > 1)
		must(st != OK);
	req.header_count = 2;
	req.headers[1] = req.headers[0];
	must(cookie_find(&req, NAME, &got) == E_INVALID);
}

static void
check_address(struct str url)
{
	static const struct config_outbound conf = { 0 };
	static struct outbound *o;
	struct str host;
	const char *why = NULL;

	if (o == NULL)
		must(outbound_open(&conf, &o, &why) == OK);
	must(!outbound_is_listed(o, url)); /* the list is empty */
	if (!outbound_is_callable(url))
		return;
	must(url.n > 8 && url.n <= OUTBOUND_URL_MOST && str_eq_nocase(str_slice(url, 0, 8), STR("https://")));
	must(str_find_char(url, '#') == url.n);
	host = str_slice(url, 8, 8 + str_find_char(str_slice(url, 8, url.n), '/'));
	must(host.n > 0 &&
	     str_find_char(str_slice(host, 0, str_find_char(host, '?')), '@') >= str_find_char(host, '?'));
	for (size_t i = 0; i < url.n; i++)
		must((unsigned char)url.p[i] > 0x20 && url.p[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (oracle_first(data, n, &rest) % 2 == 0)
		check_cookie(rest);
	else
		check_address(rest);
	return 0;
}
