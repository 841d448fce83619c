#include "authd/notify/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/attr.h"
#include "auditlog/base/str.h"

#define MAPPED_BITS 96

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* Every address as 16 bytes. False for anything that is no internet address. */
static bool
bytes_of(const struct sockaddr *address, uint8_t out[16])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&v4, address, sizeof(v4));
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + sizeof(mapped), &v4.sin_addr, 4);
		return true;
	case AF_INET6:
		memcpy(&v6, address, sizeof(v6));
		memcpy(out, &v6.sin6_addr, 16);
		return true;
	default:
		return false;
	}
}

static bool
begins_with(const uint8_t address[16], const struct network *n)
{
	size_t whole = n->bits / 8;
	unsigned rest = n->bits % 8;

	if (memcmp(address, n->address, whole) != 0)
		return false;
	return rest == 0 || (address[whole] >> (8 - rest)) == (n->address[whole] >> (8 - rest));
}

static bool
is_clean(const struct network *n)
{
	for (unsigned bit = n->bits; bit < 128; bit++)
		if ((n->address[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return false;
	return true;
}

enum status
network_parse(const char *text, struct network *out)
{
	struct str all = str_of(text);
	size_t slash = str_find_char(all, '/');
	struct network n = { { 0 }, 0 };
	char address[INET6_ADDRSTRLEN];
	bool is_v4;
	uint64_t bits;

	if (slash >= sizeof(address) || slash == all.n)
		return E_INVALID;
	memcpy(address, text, slash);
	address[slash] = '\0';
	is_v4 = inet_pton(AF_INET, address, n.address + sizeof(mapped)) == 1;
	if (is_v4)
		memcpy(n.address, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, address, n.address) != 1)
		return E_INVALID;
	TRY(str_to_u64(str_slice(all, slash + 1, all.n), is_v4 ? 32 : 128, &bits));
	n.bits = (unsigned)bits + (is_v4 ? MAPPED_BITS : 0);
	if (!is_clean(&n))
		return E_INVALID;
	*out = n;
	return OK;
}

bool
network_has(const struct network *n, const struct sockaddr *address)
{
	uint8_t bytes[16];

	return bytes_of(address, bytes) && begins_with(bytes, n);
}

/* RFC 6890 and its registry: what is not for everybody, or leads through a tunnel to who knows whom. */
static const char *const special_v4[] = {
	"0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
};
static const char *const special_v6[] = { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" };

static bool
is_in(const char *const *list, size_t count, const struct sockaddr *address)
{
	for (size_t i = 0; i < count; i++) {
		struct network n;

		/* A row that does not parse must not let anything through. */
		if (network_parse(list[i], &n) != OK || network_has(&n, address))
			return true;
	}
	return false;
}

bool
network_is_public(const struct sockaddr *address)
{
	struct network global;

	if (address->sa_family == AF_INET)
		return !is_in(special_v4, ARRAY_LEN(special_v4), address);
	/* IPv4-mapped and NAT64 addresses are outside of it, so no IPv4 address comes in by another name. */
	return address->sa_family == AF_INET6 && network_parse("2000::/3", &global) == OK &&
	       network_has(&global, address) && !is_in(special_v6, ARRAY_LEN(special_v6), address);
}
