#include "auditlog/base/encode.h"

#include <sodium.h>

/*
 * libsodium's decoders refuse wrong padding and trailing bits that are not zero, and work in constant time, which suits
 * what is a secret in base64. They stop at the first foreign character rather than fail; with an end pointer asked for,
 * "stopped before the end" is the refusal. Bytes from 0x80 up are ours to refuse: 1.0.18 reads some of them as digits.
 */
/* One cache line each, so that what is looked up leaves no trace in the cache. */
static const char base64_digits[64] __attribute__((aligned(64))) =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[64] __attribute__((aligned(64))) =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 1 .. 3 bytes as one digit more than they are. */
static char *
put_digits(char *to, const unsigned char *p, size_t bytes, const char *digits)
{
	unsigned group = (unsigned)p[0] << 16 | (bytes > 1 ? (unsigned)p[1] << 8 : 0) | (bytes > 2 ? p[2] : 0U);

	for (size_t i = 0; i <= bytes; i++)
		*to++ = digits[group >> (18 - 6 * i) & 63];
	return to;
}

/* Not libsodium's: that one wants room for a NUL, which a buffer of exactly the right size does not have. */
static void
put_base64(struct buf *out, struct str bytes, const char *digits, bool padding)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t tail = bytes.n % 3, n = bytes.n / 3 * 4 + (tail == 0 ? 0 : padding ? 4 : tail + 1);
	char *to = buf_room(out, n);

	if (to == NULL)
		return;
	for (size_t left = bytes.n; left > 0; left -= left < 3 ? left : 3) {
		to = put_digits(to, p, left < 3 ? left : 3, digits);
		p += left < 3 ? left : 3;
	}
	for (size_t i = tail; padding && tail > 0 && i < 3; i++)
		*to++ = '=';
	out->n += n;
}

static bool
is_ascii(struct str text)
{
	unsigned char high = 0;

	for (size_t i = 0; i < text.n; i++)
		high |= (unsigned char)text.p[i];
	return high < 0x80;
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
	if (!is_ascii(text) || sodium_base642bin(p, room, text.p, text.n, NULL, n, &end, variant) != 0 ||
	    end != text.p + text.n)
		return E_INVALID;
	return OK;
}

static enum status
append_base64(struct str text, struct buf *out, int variant)
{
	size_t n, digits = text.n;
	char *to;

	/* Exactly what it can be, so that a buffer of just that maximum will do. */
	while (digits > 0 && text.n - digits < 2 && text.p[digits - 1] == '=')
		digits--;
	to = buf_room(out, digits / 4 * 3 + digits % 4 * 3 / 4);

	if (to == NULL)
		return buf_status(out);
	TRY(get_base64(text, (unsigned char *)to, digits / 4 * 3 + digits % 4 * 3 / 4, &n, variant));
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
	put_base64(out, bytes, base64_digits, true);
}

enum status
decode_base64(struct str text, struct buf *out)
{
	return append_base64(text, out, sodium_base64_VARIANT_ORIGINAL);
}

void
encode_base64url(struct buf *out, struct str bytes)
{
	put_base64(out, bytes, base64url_digits, false);
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

int
decode_hex_digit(char c)
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
		int high = decode_hex_digit(text.p[i]), low = decode_hex_digit(text.p[i + 1]);

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
