#include "auditlog/base/str.h"

#include <stdlib.h>
#include <string.h>

bool
str_is(struct str a, const char *cstr)
{
	return str_eq(a, str_of(cstr));
}

/* Not strncasecmp: that one asks the locale, and a NUL would end it early. */
static unsigned char
fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t least = a.n < b.n ? a.n : b.n;
	int order = least > 0 ? memcmp(a.p, b.p, least) : 0;

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

size_t
str_find_char(struct str s, char c)
{
	const char *hit = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return hit != NULL ? (size_t)(hit - s.p) : s.n;
}

size_t
str_find(struct str s, struct str needle)
{
	const char *hit;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return s.n;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit != NULL ? (size_t)(hit - s.p) : s.n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_next(struct str *rest, char sep, struct str *piece)
{
	size_t at;

	if (rest->p == NULL)
		return false;
	at = str_find_char(*rest, sep);
	*piece = str_slice(*rest, 0, at);
	*rest = at < rest->n ? str_slice(*rest, at + 1, rest->n) : (struct str){ NULL, 0 };
	return true;
}

enum status
str_to_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20 || (s.p[0] == '0' && s.n > 1))
		return E_INVALID;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return E_INVALID;
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return E_INVALID;
	}
	if (v > max)
		return E_INVALID;
	*out = v;
	return OK;
}

/*
 * Bytes of the well-formed sequence at p, 0 when there is none. After RFC 3629 section 4: only the second byte's range
 * depends on the first one; that is where overlong forms, surrogates and what lies past U+10FFFF fall out.
 */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	unsigned char least = 0x80, most = 0xbf;

	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	if (p[0] == 0xe0)
		least = 0xa0;
	else if (p[0] == 0xed)
		most = 0x9f;
	else if (p[0] == 0xf0)
		least = 0x90;
	else if (p[0] == 0xf4)
		most = 0x8f;
	if (p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

bool
str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t step;

	for (size_t i = 0; i < s.n; i += step) {
		if (p[i] == 0)
			return false;
		step = p[i] < 0x80 ? 1 : utf8_len(p + i, s.n - i);
		if (step == 0)
			return false;
	}
	return true;
}

bool
str_only(struct str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			return false;
	return s.n > 0;
}

void
str_tame(char *cstr)
{
	for (; *cstr != '\0'; cstr++)
		if ((unsigned char)*cstr < 0x20 || *cstr == 0x7f)
			*cstr = '?';
}

enum status
str_dup(struct str s, char **out)
{
	char *copy;

	if (str_find_char(s, '\0') != s.n)
		return E_INVALID;
	copy = malloc(s.n + 1);
	if (copy == NULL)
		return E_NOMEM;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	*out = copy;
	return OK;
}
