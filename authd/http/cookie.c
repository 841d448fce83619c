#include "authd/http/cookie.h"

#include "authd/http/http_chars.h"

#define VALUE_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"

enum status
cookie_find(const struct http_request *req, const char *name, struct str *out)
{
	struct str header, rest, pair, value = { 0 };
	bool found = false;

	TRY(http_header_one(req, "cookie", &header));
	if (header.n > COOKIE_HEADER_MOST)
		return E_INVALID;
	for (rest = header; rest.n > 0 && str_next(&rest, ';', &pair);) {
		size_t equals;

		pair = str_trim(pair);
		equals = str_find_char(pair, '=');
		if (!str_is(str_slice(pair, 0, equals), name))
			continue;
		/* Two of one name: one was planted by another host or path, and nobody can say which. */
		if (found || equals == pair.n)
			return E_INVALID;
		value = str_slice(pair, equals + 1, pair.n);
		found = true;
	}
	if (!found)
		return E_NOT_FOUND;
	*out = value;
	return OK;
}

static void
put_cookie(struct http_response *rsp, const char *name, struct str value, int64_t max_age_s,
	   enum cookie_same_site same_site)
{
	CLEANUP(buf_clear) struct buf line = BUF(COOKIE_VALUE_MOST + 256);

	if (!str_starts(str_of(name), STR("__Host-")) || !http_is_token(str_of(name))) {
		response_fail(rsp, E_INVALID);
		return;
	}
	buf_put_cstr(&line, name);
	buf_put_char(&line, '=');
	buf_put(&line, value);
	buf_put(&line, STR("; Path=/; Secure; HttpOnly; SameSite="));
	buf_put_cstr(&line, same_site == COOKIE_STRICT ? "Strict" : "Lax");
	if (max_age_s >= 0) {
		buf_put(&line, STR("; Max-Age="));
		buf_put_u64_dec(&line, (uint64_t)max_age_s);
	}
	if (buf_status(&line) != OK)
		response_fail(rsp, E_TOO_LARGE);
	else
		response_cookie_line(rsp, buf_str(&line));
}

void
cookie_set(struct http_response *rsp, const char *name, struct str value, int64_t max_age_s,
	   enum cookie_same_site same_site)
{
	if (value.n > COOKIE_VALUE_MOST || !str_only(value, VALUE_CHARS))
		response_fail(rsp, E_INVALID);
	else
		put_cookie(rsp, name, value, max_age_s, same_site);
}

void
cookie_expire(struct http_response *rsp, const char *name)
{
	put_cookie(rsp, name, STR(""), 0, COOKIE_LAX);
}
