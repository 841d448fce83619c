#include "auditlog/base/encode.h"

#include <sodium.h>

/*
 * libsodium's decoders refuse foreign characters, wrong padding and trailing bits that are not zero, and work in constant
 * time, which suits what is a secret in base64. They stop at the first foreign character rather than fail; with an end
 * pointer asked for, "stopped before the end" is the refusal.
 */
static void
put_base64(struct buf *out, struct str bytes, int variant)
{
	size_t n = sodium_base64_encoded_len(bytes.n, variant); /* with the NUL that it writes */
	char *to = buf_room(out, n);

	if (to == NULL)
		return;
	sodium_bin2base64(to, n, (const unsigned char *)bytes.p, bytes.n, variant);
	out->n += n - 1;
}

/* Decodes at most `room` bytes into p. */
static enum status
get_base64(struct str text, unsigned char *p, size_t room, size_t *n, int variant)
{
	const char *end = NULL;

	if (text.n == 0) {
		*n = 0;
		return OK;
	}
	if (sodium_base642bin(p, room, text.p, text.n, NULL, n, &end, variant) != 0 || end != text.p + text.n)
		return E_INVALID;
	return OK;
}

static enum status
append_base64(struct str text, struct buf *out, int variant)
{
	size_t n, room = text.n / 4 * 3 + 3;
	char *to = buf_room(out, room);

	if (to == NULL)
		return buf_status(out);
	TRY(get_base64(text, (unsigned char *)to, room, &n, variant));
	out->n += n;
	return OK;
}

static enum status
exact_base64(struct str text, void *p, size_t n, int variant)
{
	unsigned char none;
	size_t got;

	/* Not into p directly with room n: a text that stands for more must be told from one that stands for n. */
	if (text.n > (n + 2) / 3 * 4)
		return E_INVALID;
	TRY(get_base64(text, n > 0 ? p : &none, n > 0 ? n : 1, &got, variant));
	return got == n ? OK : E_INVALID;
}

void
encode_base64(struct buf *out, struct str bytes)
{
	put_base64(out, bytes, sodium_base64_VARIANT_ORIGINAL);
}

enum status
decode_base64(struct str text, struct buf *out)
{
	return append_base64(text, out, sodium_base64_VARIANT_ORIGINAL);
}

void
encode_base64url(struct buf *out, struct str bytes)
{
	put_base64(out, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum status
decode_base64url(struct str text, struct buf *out)
{
	return append_base64(text, out, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum status
decode_base64_into(struct str text, void *p, size_t n)
{
	return exact_base64(text, p, n, sodium_base64_VARIANT_ORIGINAL);
}

enum status
decode_base64url_into(struct str text, void *p, size_t n)
{
	return exact_base64(text, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void
encode_hex(struct buf *out, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to = buf_room(out, bytes.n * 2);

	if (to == NULL)
		return;
	for (size_t i = 0; i < bytes.n; i++) {
		to[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
		to[2 * i + 1] = digits[(unsigned char)bytes.p[i] & 15];
	}
	out->n += bytes.n * 2;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

enum status
decode_hex(struct str text, struct buf *out)
{
	char *to = buf_room(out, text.n / 2);

	if (text.n % 2 != 0)
		return E_INVALID;
	if (to == NULL)
		return buf_status(out);
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);

		if (high < 0 || low < 0)
			return E_INVALID;
		to[i / 2] = (char)(high << 4 | low);
	}
	out->n += text.n / 2;
	return OK;
}

void
encode_base32(struct buf *out, struct str bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned pending = 0, bits = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		pending = (pending << 8 | (unsigned char)bytes.p[i]) & 0xfff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			buf_put_char(out, digits[pending >> bits & 31]);
		}
	}
	if (bits > 0)
		buf_put_char(out, digits[pending << (5 - bits) & 31]);
}
