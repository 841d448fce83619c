#include "authd/oauth/htu.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

/* ---- scheme and host ---- */

struct parts {
	bool secure;
	struct str host, port, path; /* port without the colon, empty when none */
};

static enum status
split_authority(struct str authority, struct parts *out)
{
	size_t bracket = str_find_char(authority, ']');
	size_t from = bracket < authority.n ? bracket : 0;
	size_t colon = from + str_find_char(str_slice(authority, from, authority.n), ':');
	uint64_t number;

	out->host = str_slice(authority, 0, colon);
	out->port = str_slice(authority, colon + 1, authority.n);
	/* User information would make an address that reads like ours and is somebody else's. */
	if (out->host.n == 0 || str_find_char(authority, '@') < authority.n)
		return E_INVALID;
	return out->port.n == 0 ? OK : str_to_u64(out->port, 65535, &number);
}

static enum status
split(struct str uri, struct parts *out)
{
	struct str rest;
	size_t end;

	if (uri.n > HTU_MOST || !is_plain(uri))
		return E_INVALID;
	out->secure = str_eq_nocase(str_slice(uri, 0, 8), STR("https://"));
	if (!out->secure && !str_eq_nocase(str_slice(uri, 0, 7), STR("http://")))
		return E_INVALID;
	rest = str_slice(uri, out->secure ? 8 : 7, uri.n);
	rest = str_slice(rest, 0, str_find_char(rest, '#'));
	rest = str_slice(rest, 0, str_find_char(rest, '?'));
	end = str_find_char(rest, '/');
	out->path = str_slice(rest, end, rest.n);
	return split_authority(str_slice(rest, 0, end), out);
}

static void
put_authority(const struct parts *parts, struct buf *out)
{
	buf_put_cstr(out, parts->secure ? "https://" : "http://");
	for (size_t i = 0; i < parts->host.n; i++)
		buf_put_char(out, lower(parts->host.p[i]));
	if (parts->port.n > 0 && !str_is(parts->port, parts->secure ? "443" : "80")) {
		buf_put_char(out, ':');
		buf_put(out, parts->port);
	}
}

/* ---- path ---- */

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = str_find_char(str_of(digits), lower(c));

	return at < 16 ? (int)at : -1;
}

static bool
is_unreserved(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

/* One escape at s: what it stands for when that needs no escape, else the escape in capitals. */
static enum status
put_escape(struct str s, struct buf *out)
{
	static const char capitals[] = "0123456789ABCDEF";
	int high, low;
	char c;

	if (s.n < 3)
		return E_INVALID;
	high = digit(s.p[1]);
	low = digit(s.p[2]);
	if (high < 0 || low < 0)
		return E_INVALID;
	c = (char)(high * 16 + low);
	if (is_unreserved(c)) {
		buf_put_char(out, c);
		return OK;
	}
	buf_put_char(out, '%');
	buf_put_char(out, capitals[high]);
	buf_put_char(out, capitals[low]);
	return OK;
}

/* The reader lets no dot segment through, so one in a proof is not for any address of ours. */
static bool
has_dot_segment(struct str path)
{
	struct str segment;

	while (str_next(&path, '/', &segment))
		if (str_is(segment, ".") || str_is(segment, ".."))
			return true;
	return false;
}

static enum status
put_path(struct str path, struct buf *out)
{
	size_t from = out->n;

	if (path.n == 0)
		buf_put_char(out, '/');
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] != '%') {
			buf_put_char(out, path.p[i]);
			continue;
		}
		TRY(put_escape(str_slice(path, i, path.n), out));
		i += 2;
	}
	TRY(buf_status(out));
	return has_dot_segment(str_slice(buf_str(out), from, out->n)) ? E_INVALID : OK;
}

enum status
htu_normal(struct str uri, struct buf *out)
{
	struct parts parts = { 0 };

	TRY(split(uri, &parts));
	put_authority(&parts, out);
	return put_path(parts.path, out);
}

bool
htu_same(struct str a, struct str b)
{
	CLEANUP(buf_clear) struct buf one = BUF(HTU_MOST + 1), other = BUF(HTU_MOST + 1);

	return htu_normal(a, &one) == OK && htu_normal(b, &other) == OK && str_eq(buf_str(&one), buf_str(&other));
}
