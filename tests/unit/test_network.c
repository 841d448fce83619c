/* test_network.c: which addresses authd may call. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "authd/notify/network.h"
#include "tests/unit/expect.h"

static bool
is_public(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return network_is_public((const struct sockaddr *)&v4);
	cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
	return network_is_public((const struct sockaddr *)&v6);
}

Test(network, addresses_of_the_internet_are_public)
{
	static const char *const addresses[] = {
		"8.8.8.8",        "93.184.216.34",   "172.15.255.255",      "172.32.0.0",
		"100.63.255.255", "2606:4700::1111", "2a00:1450:4001::200e"
	};

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		cr_assert(is_public(addresses[i]), "%s", addresses[i]);
}

Test(network, C13_our_own_and_special_addresses_are_not)
{
	static const char *const addresses[] = {
		"127.0.0.1",
		"127.255.255.254",
		"0.0.0.0",
		"10.1.2.3",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"169.254.169.254",
		"100.64.0.1",
		"192.0.0.1",
		"198.18.0.1",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::1",
		"::",
		"fe80::1",
		"fc00::1",
		"fd12::1",
		"ff02::1",
		"::ffff:8.8.8.8",
		"::ffff:127.0.0.1",
		"64:ff9b::7f00:1",
		"2002:7f00:1::",
		"2001:0:1::1",
		"2001:db8::1",
	};

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		cr_assert_not(is_public(addresses[i]), "%s", addresses[i]);
}

Test(network, a_network_has_its_addresses_and_no_others)
{
	struct network n;
	struct sockaddr_in in = { .sin_family = AF_INET };

	EXPECT_OK(network_parse("10.20.16.0/20", &n));
	inet_pton(AF_INET, "10.20.31.255", &in.sin_addr);
	cr_assert(network_has(&n, (const struct sockaddr *)&in));
	inet_pton(AF_INET, "10.20.32.0", &in.sin_addr);
	cr_assert_not(network_has(&n, (const struct sockaddr *)&in));
}

Test(network, an_ipv4_network_is_no_wider_than_ipv4)
{
	struct network n;
	struct sockaddr_in6 in = { .sin6_family = AF_INET6 };

	EXPECT_OK(network_parse("0.0.0.0/0", &n));
	inet_pton(AF_INET6, "fd00::1", &in.sin6_addr);
	cr_assert_not(network_has(&n, (const struct sockaddr *)&in));
}

Test(network, texts_that_are_no_network_are_refused)
{
	static const char *const texts[] = { "",           "10.0.0.0", "10.0.0.0/",  "10.0.0.0/33",
					     "10.0.0.1/8", "10.0.0/8", "fd00::/129", "fd00::1/8",
					     "host/8",     "/8",       "10.0.0.0/08" };
	struct network n;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		EXPECT_STATUS(E_INVALID, network_parse(texts[i], &n));
}
