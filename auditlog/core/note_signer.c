#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/core/note_inner.h"

static const struct str private_head = STR_INIT("PRIVATE+KEY+");

#define KEY_BASE64_LEN 44

_Static_assert(crypto_sign_SEEDBYTES == NOTE_PUBLIC_LEN, "seeds are as long as public keys");

struct note_signer {
	struct note_key key;
	struct secret secret; /* libsodium's form: seed and public key */
};

/* seed is type || seed, in locked memory. */
static enum status
signer_of(struct str name, const struct secret *seed, struct note_signer **out)
{
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	const struct note_algorithm *alg = note_algorithm_of(seed->p[0]);
	uint8_t public[NOTE_PUBLIC_LEN];

	if (alg == NULL)
		return E_UNSUPPORTED;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return E_NOMEM;
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &s->secret));
	if (crypto_sign_seed_keypair(public, s->secret.p, seed->p + 1) != 0)
		return E_SYSTEM;
	note_key_set(&s->key, name, alg, public);
	*out = STEAL(&s);
	return OK;
}

enum status
note_signer_new(struct str text, struct note_signer **out)
{
	CLEANUP(secret_clear) struct secret seed = { 0 };
	CLEANUP(note_signer_freep) struct note_signer *s = NULL;
	struct note_key_text parts;

	if (str_ends(text, STR("\n")))
		text = str_slice(text, 0, text.n - 1);
	if (!str_starts(text, private_head))
		return E_INVALID;
	TRY(note_key_split(str_slice(text, private_head.n, text.n), &parts));
	TRY(secret_new(NOTE_KEY_BYTES, &seed));
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
	char id[2 * NOTE_ID_LEN + 1];
	unsigned char *to;

	if (!note_name_ok(name))
		return E_INVALID;
	TRY(secret_random(NOTE_KEY_BYTES, &seed));
	seed.p[0] = (unsigned char)type;
	TRY(signer_of(name, &seed, &s));
	/* Straight into locked memory; sodium_bin2base64 wants room for its NUL. */
	TRY(secret_new(private_head.n + name.n + 1 + 2 * NOTE_ID_LEN + 1 + KEY_BASE64_LEN + 1, &made));
	to = made.p;
	memcpy(to, private_head.p, private_head.n);
	to += private_head.n;
	memcpy(to, name.p, name.n);
	to += name.n;
	*to++ = '+';
	for (int i = 0; i < NOTE_ID_LEN; i++)
		id[i] = (char)(s->key.id >> (24 - 8 * i));
	sodium_bin2hex((char *)to, 2 * NOTE_ID_LEN + 1, (const unsigned char *)id, NOTE_ID_LEN);
	to += 2 * NOTE_ID_LEN;
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

enum status
note_sign(const struct note_signer *s, struct str text, uint64_t time_s, struct buf *line)
{
	CLEANUP(buf_clear) struct buf message = BUF(NOTE_MAX + 64), bytes = BUF(NOTE_SIGNATURE_MAX);
	const struct note_algorithm *alg = note_algorithm_of(s->key.type);
	uint8_t signature[crypto_sign_BYTES];

	if (!note_is_text(text) || time_s > INT64_MAX || alg == NULL)
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
	buf_put(line, note_dash);
	buf_put_cstr(line, s->key.name);
	buf_put_char(line, ' ');
	encode_base64(line, buf_str(&bytes));
	buf_put_char(line, '\n');
	return buf_status(line);
}
