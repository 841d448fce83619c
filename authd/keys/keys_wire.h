/*
 * keys_wire.h: the shape of every request to authd-keyd, as one table for both ends: some fixed bytes, some blocks with
 * a limit each, some fixed bytes. The client refuses what does not fit before it sends; authd-keyd closes the
 * connection of a peer that sends it all the same.
 */
#ifndef AUTHD_KEYS_KEYS_WIRE_H
#define AUTHD_KEYS_KEYS_WIRE_H

#include "authd/keys/keys.h"

#define KEYS_WIRE_BLOCKS_MAX  6
#define KEYS_WIRE_SIGN_HEAD   (1 + 8 + 32 + 32)
#define KEYS_WIRE_ROTATE_HEAD (4 + 8 + 32 + 32)

struct keys_wire {
	struct str head;
	struct str block[KEYS_WIRE_BLOCKS_MAX];
	struct str tail;
};

/* Smallest and largest payload of a request of this type. False for a type that is no request. */
bool keys_wire_range(uint16_t type, uint32_t *least, uint32_t *most);
/* Appends the payload. E_INVALID when a part does not fit the shape. */
MUST_USE enum status keys_wire_put(uint16_t type, const struct keys_wire *parts, struct buf *out);
/* The parts, borrowed from payload. E_INVALID when it is not exactly of the shape. */
MUST_USE enum status keys_wire_get(uint16_t type, struct str payload, struct keys_wire *out);

#endif
