/* test_outbound.c: authd calls only whom it may, and nobody can make it wait, read much, or look into our networks. */

#include "auditlog/base/clock.h"
#include "authd/notify/outbound.h"
#include "tests/unit/https_maker.h"

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\n"

static const struct https_page pages[] = {
	{ .path = "/keys", .answer = JSON_HEAD "Cache-Control: public, max-age=77\r\n\r\n{\"keys\":[]}" },
	{ .path = "/no-store", .answer = JSON_HEAD "Cache-Control: max-age=77, no-store\r\n\r\n{}" },
	{ .path = "/redirect",
	  .answer = "HTTP/1.1 302 Found\r\nLocation: /keys\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
	{ .path = "/large", .answer = JSON_HEAD "Content-Length: 100000\r\n\r\n", .filler = 100000 },
	{ .path = "/endless", .answer = JSON_HEAD "\r\n", .filler = 10000000 },
	{ .path = "/slow", .answer = JSON_HEAD "\r\n{}", .wait_s = 20 },
	{ .path = "/page", .answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>" },
	{ .path = "/packed", .answer = JSON_HEAD "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08" },
};
static const char *const json_only[] = { "application/json", "application/jwk-set+json", NULL };

struct fixture {
	struct https server;
	char host[64], bare[64];
	const char *hosts[2], *networks[1];
	struct config_outbound conf;
	struct outbound *o;
	struct outbound_answer answer;
	const char *why;
};

static void
open_with(struct fixture *f, bool with_network)
{
	(void)snprintf(f->host, sizeof(f->host), "localhost:%u", f->server.port);
	(void)snprintf(f->bare, sizeof(f->bare), "127.0.0.1:%u", f->server.port);
	f->hosts[0] = f->host;
	f->hosts[1] = f->bare;
	f->networks[0] = "127.0.0.0/8";
	f->conf.hosts.item = f->hosts;
	f->conf.hosts.n = 2;
	f->conf.networks.item = f->networks;
	f->conf.networks.n = with_network ? 1 : 0;
	f->conf.ca = f->server.ca;
	EXPECT_OK(outbound_open(&f->conf, &f->o, &f->why));
}

static struct fixture *
fixture(bool with_network)
{
	struct fixture *f = calloc(1, sizeof(*f));

	https_start(&f->server, pages, ARRAY_LEN(pages));
	open_with(f, with_network);
	return f;
}

static void
fixture_drop(struct fixture *f)
{
	outbound_answer_clear(&f->answer);
	outbound_close(f->o);
	https_stop(&f->server);
	free(f);
}

static enum status
get(struct fixture *f, const char *host, const char *path, int64_t timeout_us)
{
	char url[300];

	(void)snprintf(url, sizeof(url), "https://%s%s", host, path);
	outbound_answer_clear(&f->answer);
	return outbound_call(
	    f->o,
	    &(struct outbound_call){
		.url = str_of(url), .accept = json_only, .timeout_us = timeout_us, .listed_only = true },
	    &f->answer, &f->why);
}

Test(outbound, a_listed_host_in_a_named_network_answers)
{
	struct fixture *f = fixture(true);

	EXPECT_OK(get(f, f->host, "/keys", 5 * SECOND_US));
	cr_assert_eq(f->answer.http, 200);
	cr_assert_eq(f->answer.max_age_s, 77);
	cr_assert(str_is(buf_str(&f->answer.body), "{\"keys\":[]}"));
	EXPECT_OK(get(f, f->bare, "/no-store", 5 * SECOND_US));
	cr_assert_eq(f->answer.max_age_s, 0);
	fixture_drop(f);
}

Test(outbound, C13_a_name_that_leads_to_loopback_is_not_even_connected_to)
{
	struct fixture *f = fixture(false);

	EXPECT_STATUS(E_DENIED, get(f, f->host, "/keys", 5 * SECOND_US));
	EXPECT_STATUS(E_DENIED, get(f, f->bare, "/keys", 5 * SECOND_US));
	cr_assert_eq(atomic_load(&f->server.connections), 0u);
	fixture_drop(f);
}

Test(outbound, C13_a_host_that_is_not_listed_is_not_connected_to)
{
	struct fixture *f = fixture(true);
	char other[64];

	(void)snprintf(other, sizeof(other), "localhost.:%u", f->server.port);
	EXPECT_STATUS(E_DENIED, get(f, other, "/keys", 5 * SECOND_US));
	EXPECT_STATUS(E_DENIED, get(f, "localhost", "/keys", 5 * SECOND_US)); /* listed with its port only */
	cr_assert_eq(atomic_load(&f->server.connections), 0u);
	fixture_drop(f);
}

Test(outbound, C13_a_redirect_is_an_answer_and_is_not_followed)
{
	struct fixture *f = fixture(true);

	EXPECT_OK(get(f, f->host, "/redirect", 5 * SECOND_US));
	cr_assert_eq(f->answer.http, 302);
	cr_assert_eq(atomic_load(&f->server.requests), 1u);
	fixture_drop(f);
}

Test(outbound, C13_too_much_is_refused_whether_announced_or_not)
{
	struct fixture *f = fixture(true);

	EXPECT_STATUS(E_TOO_LARGE, get(f, f->host, "/large", 5 * SECOND_US));
	EXPECT_STATUS(E_TOO_LARGE, get(f, f->host, "/endless", 5 * SECOND_US));
	fixture_drop(f);
}

Test(outbound, C13_who_does_not_answer_in_time_is_left)
{
	struct fixture *f = fixture(true);

	EXPECT_STATUS(E_TIMEOUT, get(f, f->host, "/slow", SECOND_US / 2));
	fixture_drop(f);
}

Test(outbound, C13_another_media_type_is_refused)
{
	struct fixture *f = fixture(true);

	EXPECT_STATUS(E_UNSUPPORTED, get(f, f->host, "/page", 5 * SECOND_US));
	fixture_drop(f);
}

Test(outbound, a_packed_answer_is_never_unpacked)
{
	struct fixture *f = fixture(true);

	EXPECT_OK(get(f, f->host, "/packed", 5 * SECOND_US));
	cr_assert_eq(f->answer.body.n, 3u);
	fixture_drop(f);
}

Test(outbound, a_certificate_of_nobody_known_is_refused)
{
	struct fixture *f = fixture(true);

	f->conf.ca = NULL;
	EXPECT_STATUS(E_UNAVAILABLE, get(f, f->host, "/keys", 5 * SECOND_US));
	cr_assert_eq(atomic_load(&f->server.requests), 0u);
	fixture_drop(f);
}

Test(outbound, the_environment_cannot_put_a_proxy_in_between)
{
	struct fixture *f = fixture(true);

	(void)setenv("https_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
	EXPECT_OK(get(f, f->host, "/keys", 5 * SECOND_US));
	fixture_drop(f);
}

Test(outbound, only_plain_https_addresses_are_callable)
{
	static const char *const bad[] = {
		"",
		"http://a.test/",
		"ftp://a.test/",
		"file:///etc/passwd",
		"https://",
		"a.test/k",
		"https://u@a.test/k",
		"https://u:p@a.test/k",
		"https://a.test/k#x",
		"https://a.test/ k",
		"//a.test/k",
		"gopher://a.test/x",
		"https://a.test:99999/",
		"https://a.test\\@b/",
		"https:/a.test/k",
		"https:///a.test/k",
		"https:a.test/k",
		"https://a.test/k#",
	};

	cr_assert(outbound_is_callable(STR("https://a.test/keys?x=1")));
	cr_assert(outbound_is_callable(STR("https://[2a00::1]:8443/keys")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(outbound_is_callable(str_of(bad[i])), "%s", bad[i]);
}

Test(outbound, a_network_that_is_none_does_not_open)
{
	const char *networks[] = { "10.0.0.0/8", "10.0.0.1/8" };
	struct config_outbound conf = { .networks = { .item = networks, .n = 2 } };
	struct outbound *o = NULL;
	const char *why = NULL;

	EXPECT_STATUS(E_INVALID, outbound_open(&conf, &o, &why));
	cr_assert_str_eq(why, "10.0.0.1/8");
}
