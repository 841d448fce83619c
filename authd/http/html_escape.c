#include "authd/http/html_escape.h"

#include <string.h>

/*
 * Length of a character that makes the text behind it run the other way, or 0. In words that somebody else wrote it
 * turns what a person signs into something else to the eye; no language of ours needs one (Unicode TR 36 2.5).
 */
static size_t
turns_text(struct str s)
{
	const unsigned char *c = (const unsigned char *)s.p;

	if (s.n >= 2 && c[0] == 0xd8 && c[1] == 0x9c)
		return 2;
	if (s.n < 3 || c[0] != 0xe2)
		return 0;
	if (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae)))
		return 3;
	return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9 ? 3 : 0;
}

/* What stands for the first *n bytes of s instead; .p is NULL when the first byte stands for itself. */
static struct str
instead_of(struct str s, size_t *n)
{
	static const struct {
		char c;
		struct str text;
	} escapes[] = {
		{ '&', STR_INIT("&amp;") },  { '<', STR_INIT("&lt;") },   { '>', STR_INIT("&gt;") },
		{ '"', STR_INIT("&quot;") }, { '\'', STR_INIT("&#39;") },
	};

	*n = turns_text(s);
	if (*n > 0)
		return STR("\xef\xbf\xbd"); /* U+FFFD: something stood there */
	*n = 1;
	for (size_t e = 0; e < ARRAY_LEN(escapes); e++)
		if (s.p[0] == escapes[e].c)
			return escapes[e].text;
	return (struct str){ 0 };
}

void
html_escape_put(struct buf *out, struct str s)
{
	size_t start = 0, n;

	for (size_t i = 0; i < s.n; i += n) {
		struct str text = instead_of(str_slice(s, i, s.n), &n);

		if (text.p == NULL)
			continue;
		buf_put(out, str_slice(s, start, i));
		buf_put(out, text);
		start = i + n;
	}
	buf_put(out, str_slice(s, start, s.n));
}

/* Relative, or a scheme that cannot run anything. What a browser would skip (controls, spaces) is refused with the
 * rest. */
static bool
is_harmless_url(struct str url)
{
	static const char *const schemes[] = { "http", "https", "mailto" };
	size_t end = 0;

	while (end < url.n && strchr(":/?#", url.p[end]) == NULL)
		end++;
	if (end == url.n || url.p[end] != ':')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (str_eq_nocase(str_slice(url, 0, end), str_of(schemes[i])))
			return true;
	return false;
}

void
html_escape_put_url(struct buf *out, struct str url)
{
	html_escape_put(out, is_harmless_url(url) ? url : STR("#"));
}
