/*
 * str.h: borrowed bytes. A struct str owns nothing and need not end in NUL; who lends it keeps it alive.
 *
 * The few functions that every parser calls for every token are inline: as calls they were half of the cost of an
 * entry.
 */
#ifndef AUDITLOG_BASE_STR_H
#define AUDITLOG_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "auditlog/base/status.h"

struct str {
	const char *p;
	size_t n;
};

/* A struct str over a string literal: STR("abc"). */
#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
/* For static initialisers, where a compound literal is not constant. */
#define STR_INIT(lit)                                                                                                  \
	{                                                                                                              \
		"" lit, sizeof(lit) - 1                                                                                \
	}
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* Over a NUL-terminated string; NULL gives the empty str. */
static inline struct str
str_of(const char *cstr)
{
	return (struct str){ cstr, cstr != NULL ? strlen(cstr) : 0 };
}

static inline struct str
str_from(const void *p, size_t n)
{
	return (struct str){ p, n };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str a, const char *cstr);
/* ASCII case folded; for header names and the like. */
bool str_eq_nocase(struct str a, struct str b);
static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix);
/* memcmp order, shorter first when one is a prefix of the other; for qsort and bsearch. */
int str_cmp(struct str a, struct str b);

/* Position of the first c, or s.n when there is none. */
size_t str_find_char(struct str s, char c);
/* Position of the first needle, or s.n when there is none. An empty needle is at 0. */
size_t str_find(struct str s, struct str needle);
/* Without leading and trailing space, tab, CR and LF. */
struct str str_trim(struct str s);
/* s[from, to), clamped to s. */
static inline struct str
str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ s.p != NULL ? s.p + from : NULL, to - from };
}

/*
 * Cut the next piece before sep off *rest. True while there was a piece; the last piece has no sep behind it. Start
 * with rest->p != NULL; an exhausted rest has p == NULL. "a,,b" gives "a", "", "b"; "" gives one empty piece.
 */
bool str_next(struct str *rest, char sep, struct str *piece);

/* Plain decimal: digits only, no sign, no space, no leading zero but "0" itself. E_INVALID otherwise or past max. */
MUST_USE enum status str_to_u64(struct str s, uint64_t max, uint64_t *out);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF); NUL counts as bad. */
bool str_is_utf8(struct str s);
/* True when every byte is in the NUL-terminated set, and s is not empty. */
bool str_only(struct str s, const char *set);

/* In place: control characters become '?', so that text from a file cannot move a cursor or make up a line. */
void str_tame(char *cstr);

/* A malloc'd NUL-terminated copy, free with free(). E_INVALID when s has a NUL in it. */
MUST_USE enum status str_dup(struct str s, char **out);

#endif
