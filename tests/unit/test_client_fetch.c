/* test_client_fetch.c: keys at a jwks_uri are leased: asked for when needed, not more often, and never for ever. */
#include "auditlog/base/clock.h"
#include "authd/notify/outbound.h"
#include "authd/oauth/client_fetch.h"
#include "tests/unit/https_maker.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/jwk-set+json\r\nConnection: close\r\n"
/* RFC 7517 A.1, and the Ed25519 key of RFC 8037 A.2. */
#define KEY_A                                                                                                          \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","       \
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"
#define KEY_B                                                                                                          \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"b\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static struct https_page pages[] = {
	{ .path = "/a", .answer = HEAD "Cache-Control: max-age=600\r\n\r\n{\"keys\":[" KEY_A "]}" },
	{ .path = "/private",
	  .answer = HEAD "\r\n{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"b\",\"d\":"
			 "\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\":"
			 "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}" },
	{ .path = "/gone", .answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
};

static struct https server;
static struct outbound *outbound;
static struct config_outbound conf;
static char host[64];
static const char *hosts[] = { host }, *networks[] = { "127.0.0.0/8" };

static void
start(void)
{
	const char *why;

	https_start(&server, pages, ARRAY_LEN(pages));
	(void)snprintf(host, sizeof(host), "localhost:%u", server.port);
	conf = (struct config_outbound){ .hosts = { .item = hosts, .n = 1 },
					 .networks = { .item = networks, .n = 1 },
					 .ca = server.ca };
	EXPECT_OK(outbound_open(&conf, &outbound, &why));
}

static void
stop(void)
{
	outbound_close(outbound);
	https_stop(&server);
}

/* How many keys there are, 0 for none. */
static size_t
ask(const char *path, const char *kid, int64_t now_us)
{
	CLEANUP(client_keys_dropp) struct client_keys *keys = NULL;
	char uri[200];

	(void)snprintf(uri, sizeof(uri), "https://%s%s", host, path);
	enum status st = client_fetch(outbound, str_of(uri), str_of(kid), now_us, &keys);

	cr_assert(st == OK || st == E_UNAVAILABLE);
	return st == OK ? jwk_set_count(client_keys_set(keys)) : 0;
}

static unsigned
asked(void)
{
	return atomic_load(&server.requests);
}

TestSuite(client_fetch, .init = start, .fini = stop);

Test(client_fetch, keys_are_fetched_once_for_as_long_as_they_last)
{
	const int64_t t = (3600 * SECOND_US);

	cr_assert_eq(ask("/a", "a", t), 1u);
	cr_assert_eq(ask("/a", "a", t + 599 * SECOND_US), 1u);
	cr_assert_eq(asked(), 1u);
	cr_assert_eq(ask("/a", "a", t + 601 * SECOND_US), 1u);
	cr_assert_eq(asked(), 2u);
}

Test(client_fetch, a_kid_that_is_not_there_is_looked_for_again_but_not_at_every_request)
{
	const int64_t t = (3600 * SECOND_US);

	cr_assert_eq(ask("/a", "a", t), 1u);
	for (int i = 0; i < 20; i++)
		cr_assert_eq(ask("/a", "unknown", t + SECOND_US), 1u);
	cr_assert_eq(asked(), 1u);
	cr_assert_eq(ask("/a", "unknown", t + CLIENT_FETCH_RETRY_US), 1u);
	cr_assert_eq(asked(), 2u);
	pages[0].answer = HEAD "\r\n{\"keys\":[" KEY_A "," KEY_B "]}";
	cr_assert_eq(ask("/a", "b", t + 2 * CLIENT_FETCH_RETRY_US), 2u);
}

Test(client_fetch, when_the_site_is_away_the_old_keys_serve_for_an_hour_and_no_longer)
{
	const int64_t t = (3600 * SECOND_US);

	cr_assert_eq(ask("/a", "a", t), 1u);
	pages[0].answer = pages[2].answer;
	cr_assert_eq(ask("/a", "a", t + CLIENT_FETCH_MOST_US - 1), 1u);
	cr_assert_eq(ask("/a", "a", t + CLIENT_FETCH_MOST_US + CLIENT_FETCH_RETRY_US), 0u);
}

Test(client_fetch, a_site_without_keys_is_not_asked_at_every_request)
{
	const int64_t t = (3600 * SECOND_US);

	for (int i = 0; i < 20; i++)
		cr_assert_eq(ask("/gone", "a", t + i), 0u);
	cr_assert_eq(asked(), 1u);
}

Test(client_fetch, a_set_with_a_private_key_is_no_set)
{
	cr_assert_eq(ask("/private", "b", (3600 * SECOND_US)), 0u);
	cr_assert_eq(asked(), 1u);
}

Test(client_fetch, a_key_that_was_taken_out_is_gone_at_the_next_look)
{
	const int64_t t = (3600 * SECOND_US);

	pages[0].answer = HEAD "\r\n{\"keys\":[" KEY_A "," KEY_B "]}";
	cr_assert_eq(ask("/a", "b", t), 2u);
	pages[0].answer = HEAD "\r\n{\"keys\":[" KEY_A "]}";
	cr_assert_eq(ask("/a", "b", t + CLIENT_FETCH_LEAST_US + 1), 1u);
}
