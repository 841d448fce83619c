#include "authd/consent/checkcode.h"

#include <string.h>

#include "auditlog/base/random.h"

#define SYMBOLS 10
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Times x in GF(32) with the polynomial x^5 + x^2 + 1. Its powers are all different for 31 places. */
static unsigned
times_x(unsigned v)
{
	v <<= 1;
	return (v & 0x20) != 0 ? v ^ 0x25 : v;
}

/* Horner over n symbols: every place has its own weight, so a wrong symbol or a swap of two changes the sum. */
static unsigned
weighted_sum(const unsigned char *symbol, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = times_x(sum) ^ symbol[i];
	return sum;
}

static void
put_grouped(struct buf *out, const unsigned char symbol[SYMBOLS])
{
	for (size_t i = 0; i < SYMBOLS; i++) {
		if (i == 4 || i == 8)
			buf_put_char(out, '-');
		buf_put_char(out, alphabet[symbol[i]]);
	}
}

void
checkcode_put(struct buf *out)
{
	unsigned char symbol[SYMBOLS];

	random_bytes(symbol, sizeof(symbol));
	for (size_t i = 0; i < SYMBOLS; i++)
		symbol[i] &= 31;
	/* The last one has weight 1, so it can be what makes the sum zero. */
	symbol[SYMBOLS - 1] = 0;
	symbol[SYMBOLS - 1] = (unsigned char)weighted_sum(symbol, SYMBOLS);
	put_grouped(out, symbol);
}

/* What people write instead, and Crockford's reading of it. */
static char
read_as(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	return c == 'I' || c == 'L' ? '1' : c;
}

enum status
checkcode_parse(struct str typed, struct buf *out)
{
	unsigned char symbol[SYMBOLS];
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		const char *at = typed.p[i] != '\0' ? strchr(alphabet, read_as(typed.p[i])) : NULL;

		if (typed.p[i] == '-' || typed.p[i] == ' ')
			continue;
		if (at == NULL || n == SYMBOLS)
			return E_INVALID;
		symbol[n++] = (unsigned char)(at - alphabet);
	}
	if (n != SYMBOLS || weighted_sum(symbol, SYMBOLS) != 0)
		return E_INVALID;
	put_grouped(out, symbol);
	return buf_status(out);
}
