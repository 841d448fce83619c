/* network.h: which addresses are other people's: everything that is private, local, reserved or a tunnel is not. */
#ifndef AUTHD_NOTIFY_NETWORK_H
#define AUTHD_NOTIFY_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "auditlog/base/status.h"

/* "10.0.0.0/8", "fd00::/8": an IPv4 network is kept as IPv4-mapped. */
struct network {
	uint8_t address[16];
	unsigned bits; /* 0..128 */
};

/* E_INVALID: no network, or bits set behind its prefix. */
MUST_USE enum status network_parse(const char *text, struct network *out);
bool network_has(const struct network *n, const struct sockaddr *address);
/* An address of the public internet: global unicast, none of the special-purpose ones (RFC 6890). */
bool network_is_public(const struct sockaddr *address);

#endif
