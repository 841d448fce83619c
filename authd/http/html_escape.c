#include "authd/http/html_escape.h"

#include <string.h>

void
html_escape_put(struct buf *out, struct str s)
{
	static const struct {
		char c;
		struct str text;
	} escapes[] = {
		{ '&', STR_INIT("&amp;") },  { '<', STR_INIT("&lt;") },   { '>', STR_INIT("&gt;") },
		{ '"', STR_INIT("&quot;") }, { '\'', STR_INIT("&#39;") },
	};
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		for (size_t e = 0; e < ARRAY_LEN(escapes); e++) {
			if (s.p[i] == escapes[e].c) {
				buf_put(out, str_slice(s, start, i));
				buf_put(out, escapes[e].text);
				start = i + 1;
			}
		}
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
