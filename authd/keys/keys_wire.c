#include "authd/keys/keys_wire.h"

#define WRAPPED     256
#define EVENT_ID    36
#define MONTH       7
#define CONSENT_ID  128
#define PLACE       64
#define PRIMARY_KEY 256
#define TOTP_BLOB   512
#define TOTP_BASE32 128
/* More than six digits are a wrong code, not a broken message. */
#define TOTP_CODE 64
#define HOTP_HEAD 4
#define PEPPERED  1024
#define ALG       16

static const struct shape {
	uint16_t type;
	uint32_t head, tail;
	uint32_t blocks;
	uint32_t most[KEYS_WIRE_BLOCKS_MAX];
} shapes[] = {
	{ KEYS_MSG_JWKS, 0, 0, 0, { 0 } },
	{ KEYS_MSG_SIGN, KEYS_WIRE_SIGN_HEAD, 0, 2, { KEYS_FRAGMENT_MAX, KEYS_CLAIMS_MAX } },
	{ KEYS_MSG_PERSON_NEW, 0, 0, 1, { KEYS_SUB_MAX } },
	{ KEYS_MSG_SEAL, 0, 0, 6, { KEYS_SUB_MAX, WRAPPED, EVENT_ID, MONTH, KEYS_FRAGMENT_MAX, KEYS_PLAIN_MAX } },
	{ KEYS_MSG_TAGS, 0, 0, 4, { KEYS_SUB_MAX, WRAPPED, MONTH, CONSENT_ID } },
	{ KEYS_MSG_OPEN, 0, 0, 5, { KEYS_SUB_MAX, WRAPPED, EVENT_ID, KEYS_FRAGMENT_MAX, KEYS_BLOB_MAX } },
	{ KEYS_MSG_FIELD_SEAL, 0, 0, 6, { KEYS_SUB_MAX, WRAPPED, PLACE, PLACE, PRIMARY_KEY, KEYS_FIELD_MAX } },
	{ KEYS_MSG_FIELD_OPEN, 0, 0, 6, { KEYS_SUB_MAX, WRAPPED, PLACE, PLACE, PRIMARY_KEY, KEYS_BLOB_MAX } },
	{ KEYS_MSG_TOTP_NEW, 0, 0, 1, { KEYS_SUB_MAX } },
	{ KEYS_MSG_TOTP_IMPORT, 0, 0, 2, { KEYS_SUB_MAX, TOTP_BASE32 } },
	{ KEYS_MSG_TOTP_CHECK, 0, 8, 3, { KEYS_SUB_MAX, TOTP_BLOB, TOTP_CODE } },
	{ KEYS_MSG_PEPPER, 0, 0, 1, { PEPPERED } },
	{ KEYS_MSG_ROTATE, KEYS_WIRE_ROTATE_HEAD, 0, 2, { KEYS_FRAGMENT_MAX, ALG } },
	{ KEYS_MSG_LIST, 0, 0, 0, { 0 } },
	{ KEYS_MSG_HOTP_NEW, HOTP_HEAD, 0, 1, { KEYS_SUB_MAX } },
	{ KEYS_MSG_HOTP_CHECK, HOTP_HEAD, 0, 3, { KEYS_SUB_MAX, TOTP_BLOB, TOTP_CODE } },
};

static const struct shape *
shape_of(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (shapes[i].type == type)
			return &shapes[i];
	}
	return NULL;
}

bool
keys_wire_range(uint16_t type, uint32_t *least, uint32_t *most)
{
	const struct shape *s = shape_of(type);

	if (s == NULL)
		return false;
	*least = s->head + s->tail + 4 * s->blocks;
	*most = *least;
	for (size_t i = 0; i < s->blocks; i++)
		*most += s->most[i];
	return true;
}

enum status
keys_wire_put(uint16_t type, const struct keys_wire *parts, struct buf *out)
{
	const struct shape *s = shape_of(type);

	if (s == NULL || parts->head.n != s->head || parts->tail.n != s->tail)
		return E_INVALID;
	buf_put(out, parts->head);
	for (size_t i = 0; i < s->blocks; i++) {
		if (parts->block[i].n > s->most[i])
			return E_INVALID;
		buf_put_block(out, parts->block[i]);
	}
	buf_put(out, parts->tail);
	return buf_status(out);
}

enum status
keys_wire_get(uint16_t type, struct str payload, struct keys_wire *out)
{
	const struct shape *s = shape_of(type);
	struct keys_wire parts = { 0 };

	if (s == NULL)
		return E_INVALID;
	TRY(buf_get_bytes(&payload, s->head, &parts.head));
	for (size_t i = 0; i < s->blocks; i++) {
		if (buf_get_block(&payload, s->most[i], &parts.block[i]) != OK)
			return E_INVALID;
	}
	TRY(buf_get_bytes(&payload, s->tail, &parts.tail));
	if (payload.n != 0)
		return E_INVALID;
	*out = parts;
	return OK;
}
