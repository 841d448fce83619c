#include "auditlog/core/note.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"

/* U+2014 and the space that start a signature line. */
static const struct str dash = STR_INIT("\xe2\x80\x94 ");
static const struct str private_head = STR_INIT("PRIVATE+KEY+");

#define ID_LEN   4
#define TIME_LEN 8
/* The type byte and the key behind it, both for public keys and for seeds. */
#define KEY_BYTES      (1 + NOTE_PUBLIC_LEN)
#define KEY_BASE64_LEN 44
#define SIGNATURE_MAX  (ID_LEN + TIME_LEN + crypto_sign_BYTES)

_Static_assert(crypto_sign_PUBLICKEYBYTES == NOTE_PUBLIC_LEN, "public keys");
_Static_assert(crypto_sign_SEEDBYTES == NOTE_PUBLIC_LEN, "seeds are as long as public keys");

struct note_signer {
	struct note_key key;
	struct secret secret; /* libsodium's form: seed and public key */
};

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

static const struct algorithm {
	enum note_type type;
	bool timed; /* eight bytes of time stand before the signature */
	void (*message)(struct buf *out, struct str text, uint64_t time_s);
} algorithms[] = {
	{ NOTE_ED25519, false, message_plain },
	{ NOTE_COSIGNATURE, true, message_cosigned },
};

static const struct algorithm *
algorithm_of(unsigned type)
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

static void
key_set(struct note_key *key, struct str name, const struct algorithm *alg, const uint8_t *public)
{
	*key = (struct note_key){ .type = alg->type };
	memcpy(key->name, name.p, name.n);
	memcpy(key->public, public, NOTE_PUBLIC_LEN);
	key->id = id_of(name, alg->type, public);
}

/* The parts of "name+hex8+base64"; base64 may hold more of '+'. */
struct key_text {
	struct str name, base64;
	uint32_t id;
};

static enum status
split_key(struct str text, struct key_text *out)
{
	CLEANUP(buf_clear) struct buf id = BUF(ID_LEN);
	struct str hex, id_bytes;

	if (!str_next(&text, '+', &out->name) || !str_next(&text, '+', &hex) || text.p == NULL)
		return E_INVALID;
	if (!note_name_ok(out->name) || hex.n != 2 * ID_LEN)
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
	const struct algorithm *alg;
	struct key_text parts;
	struct note_key key;

	TRY(split_key(text, &parts));
	TRY(decode_base64(parts.base64, &bytes));
	if (bytes.n < 1)
		return E_INVALID;
	alg = algorithm_of((uint8_t)bytes.p[0]);
	if (alg == NULL)
		return E_UNSUPPORTED;
	if (bytes.n != KEY_BYTES)
		return E_INVALID;
	key_set(&key, parts.name, alg, (const uint8_t *)bytes.p + 1);
	if (key.id != parts.id)
		return E_INVALID;
	*out = key;
	return OK;
}

void
note_put_vkey(struct buf *out, const struct note_key *key)
{
	uint8_t bytes[KEY_BYTES];

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

/* ---- signers ---- */

/* seed is type || seed, in locked memory. */
static enum status
signer_of(struct str name, const struct secret *seed, struct note_signer **out)
{
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	const struct algorithm *alg = algorithm_of(seed->p[0]);
	uint8_t public[NOTE_PUBLIC_LEN];

	if (alg == NULL)
		return E_UNSUPPORTED;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return E_NOMEM;
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &s->secret));
	if (crypto_sign_seed_keypair(public, s->secret.p, seed->p + 1) != 0)
		return E_SYSTEM;
	key_set(&s->key, name, alg, public);
	*out = STEAL(&s);
	return OK;
}

enum status
note_signer_new(struct str text, struct note_signer **out)
{
	CLEANUP(secret_clear) struct secret seed = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	struct key_text parts;

	if (str_ends(text, STR("\n")))
		text = str_slice(text, 0, text.n - 1);
	if (!str_starts(text, private_head))
		return E_INVALID;
	TRY(split_key(str_slice(text, private_head.n, text.n), &parts));
	TRY(secret_new(KEY_BYTES, &seed));
	TRY(decode_base64_into(parts.base64, seed.p, seed.n));
	TRY(signer_of(parts.name, &seed, &s));
	if (s->key.id != parts.id)
		return E_INVALID;
	*out = STEAL(&s);
	return OK;
}

enum status
note_signer_generate(struct str name, enum note_type type, struct secret *text)
{
	CLEANUP(secret_clear) struct secret seed = { 0 }, made = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	char id[2 * ID_LEN + 1];
	unsigned char *to;

	if (!note_name_ok(name))
		return E_INVALID;
	TRY(secret_random(KEY_BYTES, &seed));
	seed.p[0] = (unsigned char)type;
	TRY(signer_of(name, &seed, &s));
	/* Straight into locked memory; sodium_bin2base64 wants room for its NUL. */
	TRY(secret_new(private_head.n + name.n + 1 + 2 * ID_LEN + 1 + KEY_BASE64_LEN + 1, &made));
	to = made.p;
	memcpy(to, private_head.p, private_head.n);
	to += private_head.n;
	memcpy(to, name.p, name.n);
	to += name.n;
	*to++ = '+';
	for (int i = 0; i < ID_LEN; i++)
		id[i] = (char)(s->key.id >> (24 - 8 * i));
	sodium_bin2hex((char *)to, 2 * ID_LEN + 1, (const unsigned char *)id, ID_LEN);
	to += 2 * ID_LEN;
	*to++ = '+';
	sodium_bin2base64((char *)to, KEY_BASE64_LEN + 1, seed.p, seed.n, sodium_base64_VARIANT_ORIGINAL);
	return secret_copy(str_from(made.p, made.n - 1), text);
}

const struct note_key *
note_signer_key(const struct note_signer *s)
{
	return &s->key;
}

void
note_signer_free(struct note_signer *s)
{
	if (s == NULL)
		return;
	secret_clear(&s->secret);
	free(s);
}

void
note_signer_freep(struct note_signer **s)
{
	note_signer_free(*s);
}

/* ---- signing ---- */

/* UTF-8 without control characters but newline. */
static bool
is_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n')
			return false;
	return str_is_utf8(s);
}

static bool
is_text(struct str s)
{
	return s.n > 0 && s.n < NOTE_MAX && str_ends(s, STR("\n")) && is_clean(s);
}

enum status
note_sign(const struct note_signer *s, struct str text, uint64_t time_s, struct buf *line)
{
	CLEANUP(buf_clear) struct buf message = BUF(NOTE_MAX + 64), bytes = BUF(SIGNATURE_MAX);
	const struct algorithm *alg = algorithm_of(s->key.type);
	uint8_t signature[crypto_sign_BYTES];

	if (!is_text(text) || time_s > INT64_MAX || alg == NULL)
		return E_INVALID;
	alg->message(&message, text, time_s);
	TRY(buf_status(&message));
	if (crypto_sign_detached(signature, NULL, (const uint8_t *)message.p, message.n, s->secret.p) != 0)
		return E_SYSTEM;
	buf_put_u32(&bytes, s->key.id);
	if (alg->timed)
		buf_put_u64(&bytes, time_s);
	buf_put_bytes(&bytes, signature, sizeof(signature));
	TRY(buf_status(&bytes));
	buf_put(line, dash);
	buf_put_cstr(line, s->key.name);
	buf_put_char(line, ' ');
	encode_base64(line, buf_str(&bytes));
	buf_put_char(line, '\n');
	return buf_status(line);
}

enum status
note_join(struct buf *out, struct str text, struct str lines)
{
	if (!is_text(text) || lines.n == 0)
		return E_INVALID;
	buf_put(out, text);
	buf_put_char(out, '\n');
	buf_put(out, lines);
	return buf_status(out);
}

/* ---- reading ---- */

static enum status
parse_signature(struct str line, struct note_signature *out)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(NOTE_MAX);
	struct str rest, decoded;
	size_t space;

	if (!str_starts(line, dash) || !str_ends(line, STR("\n")))
		return E_INVALID;
	rest = str_slice(line, dash.n, line.n - 1);
	space = str_find_char(rest, ' ');
	out->line = line;
	out->name = str_slice(rest, 0, space);
	out->base64 = str_slice(rest, space + 1, rest.n);
	if (space == rest.n || !note_name_ok(out->name))
		return E_INVALID;
	TRY(decode_base64(out->base64, &bytes));
	decoded = buf_str(&bytes);
	if (decoded.n <= ID_LEN)
		return E_INVALID;
	return buf_get_u32(&decoded, &out->id);
}

/* Where the last empty line is: the position behind the text. */
static enum status
find_split(struct str bytes, size_t *at)
{
	for (size_t i = bytes.n; i >= 2; i--) {
		if (bytes.p[i - 1] != '\n' || bytes.p[i - 2] != '\n')
			continue;
		*at = i - 1;
		return OK;
	}
	return E_INVALID;
}

enum status
note_parse(struct str bytes, struct note *out)
{
	size_t split, end;
	struct str rest;

	if (bytes.n > NOTE_MAX)
		return E_TOO_LARGE;
	if (!is_clean(bytes))
		return E_INVALID;
	TRY(find_split(bytes, &split));
	*out = (struct note){ .text = str_slice(bytes, 0, split) };
	rest = str_slice(bytes, split + 1, bytes.n);
	if (rest.n == 0)
		return E_INVALID;
	for (; rest.n > 0; rest = str_slice(rest, end, rest.n)) {
		if (out->count == NOTE_SIGNATURES_MAX)
			return E_TOO_LARGE;
		end = str_find_char(rest, '\n') + 1;
		TRY(parse_signature(str_slice(rest, 0, end), &out->signature[out->count]));
		out->count++;
	}
	return OK;
}

static enum status
verify_one(struct str text, struct str base64, const struct note_key *key, uint64_t *time_s)
{
	CLEANUP(buf_clear) struct buf message = BUF(NOTE_MAX + 64);
	const struct algorithm *alg = algorithm_of(key->type);
	uint8_t bytes[SIGNATURE_MAX];
	size_t n = alg != NULL && alg->timed ? SIGNATURE_MAX : SIGNATURE_MAX - TIME_LEN;
	struct str rest = str_from(bytes + ID_LEN, n - ID_LEN);

	if (alg == NULL || decode_base64_into(base64, bytes, n) != OK)
		return E_CORRUPT;
	*time_s = 0;
	if (alg->timed)
		TRY(buf_get_u64(&rest, time_s));
	if (*time_s > INT64_MAX)
		return E_CORRUPT;
	alg->message(&message, text, *time_s);
	TRY(buf_status(&message));
	return crypto_sign_verify_detached((const uint8_t *)rest.p, (const uint8_t *)message.p, message.n,
					   key->public) == 0
		   ? OK
		   : E_CORRUPT;
}

/* All signatures that claim to be this key's. */
static enum status
verify_key(const struct note *n, const struct note_key *key, struct note_seen *seen)
{
	*seen = (struct note_seen){ 0 };
	for (size_t i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signature[i];
		uint64_t time_s = 0;

		if (s->id != key->id || !str_is(s->name, key->name))
			continue;
		TRY(verify_one(n->text, s->base64, key, &time_s));
		seen->verified = true;
		if (time_s > seen->time_s)
			seen->time_s = time_s;
	}
	return OK;
}

enum status
note_verify(const struct note *n, const struct note_key *keys, size_t count, struct note_seen *seen)
{
	enum status st = E_UNAUTHENTICATED;

	for (size_t i = 0; i < count; i++) {
		struct note_seen one;
		enum status found = verify_key(n, &keys[i], &one);

		if (found != OK) {
			for (size_t k = 0; seen != NULL && k < count; k++)
				seen[k] = (struct note_seen){ 0 };
			return found;
		}
		if (one.verified)
			st = OK;
		if (seen != NULL)
			seen[i] = one;
	}
	return st;
}
