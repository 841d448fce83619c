#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "auditlog/core/note_inner.h"

/* ---- what a key type signs ---- */

static void
message_plain(struct buf *out, struct str text, uint64_t time_s)
{
	(void)time_s;
	buf_put(out, text);
}

static void
message_cosigned(struct buf *out, struct str text, uint64_t time_s)
{
	buf_put_cstr(out, "cosignature/v1\ntime ");
	buf_put_u64_dec(out, time_s);
	buf_put_char(out, '\n');
	buf_put(out, text);
}

static const struct note_algorithm algorithms[] = {
	{ NOTE_ED25519, false, message_plain },
	{ NOTE_COSIGNATURE, true, message_cosigned },
};

const struct note_algorithm *
note_algorithm_of(unsigned type)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if ((unsigned)algorithms[i].type == type)
			return &algorithms[i];
	return NULL;
}

/* ---- names and keys ---- */

/* What Unicode counts as white space beyond ASCII, in UTF-8. */
static const char *const spaces[] = {
	"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
	"\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

bool
note_name_ok(struct str name)
{
	if (name.n == 0 || name.n > NOTE_NAME_MAX || !str_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == '+' || name.p[i] == 0x7f)
			return false;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (str_find(name, str_of(spaces[i])) != name.n)
			return false;
	return true;
}

static uint32_t
id_of(struct str name, unsigned type, const uint8_t *public)
{
	const uint8_t head[] = { '\n', (uint8_t)type };
	const struct str parts[] = { name, str_from(head, sizeof(head)), str_from(public, NOTE_PUBLIC_LEN) };
	struct hash h = hash_sha256_parts(parts, ARRAY_LEN(parts));

	return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

void
note_key_set(struct note_key *key, struct str name, const struct note_algorithm *alg, const uint8_t *public)
{
	*key = (struct note_key){ .type = alg->type };
	memcpy(key->name, name.p, name.n);
	memcpy(key->public, public, NOTE_PUBLIC_LEN);
	key->id = id_of(name, alg->type, public);
}

enum status
note_key_split(struct str text, struct note_key_text *out)
{
	CLEANUP(buf_clear) struct buf id = BUF(NOTE_ID_LEN);
	struct str hex, id_bytes;

	if (!str_next(&text, '+', &out->name) || !str_next(&text, '+', &hex) || text.p == NULL)
		return E_INVALID;
	if (!note_name_ok(out->name) || hex.n != 2 * NOTE_ID_LEN)
		return E_INVALID;
	TRY(decode_hex(hex, &id));
	id_bytes = buf_str(&id);
	out->base64 = text;
	return buf_get_u32(&id_bytes, &out->id);
}

enum status
note_parse_vkey(struct str text, struct note_key *out)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(NOTE_MAX);
	const struct note_algorithm *alg;
	struct note_key_text parts;
	struct note_key key;

	TRY(note_key_split(text, &parts));
	TRY(decode_base64(parts.base64, &bytes));
	if (bytes.n < 1)
		return E_INVALID;
	alg = note_algorithm_of((uint8_t)bytes.p[0]);
	if (alg == NULL)
		return E_UNSUPPORTED;
	if (bytes.n != NOTE_KEY_BYTES)
		return E_INVALID;
	note_key_set(&key, parts.name, alg, (const uint8_t *)bytes.p + 1);
	if (key.id != parts.id)
		return E_INVALID;
	*out = key;
	return OK;
}

void
note_put_vkey(struct buf *out, const struct note_key *key)
{
	uint8_t bytes[NOTE_KEY_BYTES];

	bytes[0] = (uint8_t)key->type;
	memcpy(bytes + 1, key->public, NOTE_PUBLIC_LEN);
	buf_printf(out, "%s+%08x+", key->name, key->id);
	encode_base64(out, str_from(bytes, sizeof(bytes)));
}

bool
note_key_eq(const struct note_key *a, const struct note_key *b)
{
	return a->id == b->id && a->type == b->type && strcmp(a->name, b->name) == 0 &&
	       memcmp(a->public, b->public, NOTE_PUBLIC_LEN) == 0;
}
