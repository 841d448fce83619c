#include "auditlog/tool/skim.h"

#include <string.h>

#include "auditlog/base/clock.h"

#define PREV_AT 15

/* Not encode_base64(), which takes the same time whatever the bytes: hashes here are public, and there are millions. */
static void
put_base64(char text[HASH_BASE64_LEN], const uint8_t hash[HASH_LEN])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t padded[33];

	memcpy(padded, hash, HASH_LEN);
	padded[32] = 0;
	for (size_t i = 0; i < 11; i++) {
		uint32_t three = (uint32_t)padded[3 * i] << 16 | (uint32_t)padded[3 * i + 1] << 8 | padded[3 * i + 2];

		text[4 * i] = digits[three >> 18];
		text[4 * i + 1] = digits[three >> 12 & 63];
		text[4 * i + 2] = digits[three >> 6 & 63];
		text[4 * i + 3] = digits[three & 63];
	}
	text[43] = '=';
}

static size_t
put_decimal(char *text, uint64_t v)
{
	char reversed[20];
	size_t n = 0;

	do
		reversed[n++] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	for (size_t i = 0; i < n; i++)
		text[i] = reversed[n - 1 - i];
	return n;
}

bool
skim_entry(struct str line, uint64_t index, const struct hash *prev, int64_t *us)
{
	static const char next[] = "\",\"index\":";
	static const char time[] = ",\"time\":\"";
	static const char id[] = "\",\"id\":\"";
	char head[128] = "{\"v\":1,\"prev\":\"";
	size_t n = PREV_AT, rest;

	put_base64(head + n, prev->b);
	n += HASH_BASE64_LEN;
	memcpy(head + n, next, sizeof(next) - 1);
	n += sizeof(next) - 1;
	n += put_decimal(head + n, index);
	memcpy(head + n, time, sizeof(time) - 1);
	n += sizeof(time) - 1;
	rest = n + CLOCK_RFC3339_LEN;
	return line.n > rest + sizeof(id) && memcmp(line.p, head, n) == 0 &&
	       memcmp(line.p + rest, id, sizeof(id) - 1) == 0 && line.p[rest - 1] == 'Z' && line.p[line.n - 1] == '}' &&
	       clock_parse_rfc3339(str_slice(line, n, rest), us) == OK;
}
