/* catalogue.h: message catalogues for tests, in the .mo format, written here so that the reader has a second opinion.
 */
#ifndef TESTS_UNIT_CATALOGUE_H
#define TESTS_UNIT_CATALOGUE_H

#include "auditlog/base/buf.h"

/* One message. Sorted by key; a plural has "key\0key_plural" and its forms separated by NUL, with the lengths given. */
struct catalogue_row {
	struct str key, text;
};
#define CATALOGUE_ROW(key, text)                                                                                       \
	{                                                                                                              \
		STR_INIT(key), STR_INIT(text)                                                                          \
	}

static inline void
catalogue_put_word(struct buf *out, size_t v)
{
	for (int i = 0; i < 4; i++)
		buf_put_u8(out, (uint8_t)(v >> (8 * i)));
}

/* The two tables come first, then the strings, each with its NUL. */
static inline void
catalogue_put(struct buf *out, const struct catalogue_row *rows, size_t n)
{
	size_t at = 28 + 16 * n;
	const size_t head[] = { 0x950412de, 0, n, 28, 28 + 8 * n, 0, 28 + 16 * n };

	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		catalogue_put_word(out, head[i]);
	for (int table = 0; table < 2; table++) {
		for (size_t i = 0; i < n; i++) {
			struct str s = table == 0 ? rows[i].key : rows[i].text;

			catalogue_put_word(out, s.n);
			catalogue_put_word(out, at);
			at += s.n + 1;
		}
	}
	for (int table = 0; table < 2; table++) {
		for (size_t i = 0; i < n; i++) {
			buf_put(out, table == 0 ? rows[i].key : rows[i].text);
			buf_put_char(out, '\0');
		}
	}
}

#endif
