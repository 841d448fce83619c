#include "authd/http/http_chars.h"

#include <string.h>

#define ALPHA "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static const char token_chars[] = ALPHA DIGIT "!#$%&'*+-.^_`|~";
static const char path_chars[] = ALPHA DIGIT "-._~!$&'()*+,;=:@/";

bool
http_is_token(struct str s)
{
	return str_only(s, token_chars);
}

bool
http_is_field_value(struct str s)
{
	bool beyond_ascii = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
		beyond_ascii |= c >= 0x80;
	}
	return !beyond_ascii || str_is_utf8(s);
}

bool
http_is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || c >= 0x7f)
			return false;
	}
	return s.n > 0;
}

bool
http_is_path_char(unsigned char c)
{
	return c != 0 && memchr(path_chars, c, sizeof(path_chars) - 1) != NULL;
}

bool
http_is_query_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '#' && c != '<' && c != '>';
}

static bool
is_port(struct str s)
{
	uint64_t port;

	return str_to_u64(s, 65535, &port) == OK && port > 0;
}

bool
http_is_authority(struct str s)
{
	size_t end;

	if (s.n > 0 && s.p[0] == '[') {
		end = str_find_char(s, ']');
		if (end == s.n || !str_only(str_slice(s, 1, end), "0123456789abcdefABCDEF:."))
			return false;
		end++;
	} else {
		end = str_find_char(s, ':');
		if (!str_only(str_slice(s, 0, end), ALPHA DIGIT "-._"))
			return false;
	}
	if (end == s.n)
		return true;
	return s.p[end] == ':' && is_port(str_slice(s, end + 1, s.n));
}

static bool
is_hex_id(struct str s)
{
	return str_only(s, "0123456789abcdef") && !str_only(s, "0");
}

bool
http_is_traceparent(struct str s)
{
	return s.n == 55 && str_starts(s, STR("00-")) && s.p[35] == '-' && s.p[52] == '-' &&
	       is_hex_id(str_slice(s, 3, 35)) && is_hex_id(str_slice(s, 36, 52)) &&
	       str_only(str_slice(s, 53, 55), "0123456789abcdef");
}

bool
http_is_request_id(struct str s)
{
	return s.n <= 64 && str_only(s, ALPHA DIGIT "_.-");
}

int
http_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
