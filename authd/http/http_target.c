#include "authd/http/http_chars.h"
#include "authd/http/http_head.h"

struct str
http_target_authority(struct str target)
{
	static const struct str schemes[] = { STR_INIT("http://"), STR_INIT("https://") };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (str_starts(target, schemes[i])) {
			struct str rest = str_slice(target, schemes[i].n, target.n);

			return str_slice(rest, 0, str_find_char(rest, '/'));
		}
	}
	return (struct str){ 0 };
}

/* One character of the path, plain or escaped. Slash, backslash and NUL must not hide behind an escape. */
static enum status
next_char(struct str raw, size_t *i, char *out)
{
	int hi, lo, c;

	if (raw.p[*i] != '%') {
		*out = raw.p[*i];
		*i += 1;
		return http_is_path_char((unsigned char)*out) ? OK : E_INVALID;
	}
	if (*i + 2 >= raw.n)
		return E_INVALID;
	hi = http_hex_digit(raw.p[*i + 1]);
	lo = http_hex_digit(raw.p[*i + 2]);
	c = hi * 16 + lo;
	if (hi < 0 || lo < 0 || c < 0x20 || c == 0x7f || c == '/' || c == '\\')
		return E_INVALID;
	*out = (char)(unsigned char)c;
	*i += 3;
	return OK;
}

/* Empty, "." and ".." segments are what proxies and routers disagree about; nobody needs them. */
static enum status
check_segments(struct str path)
{
	struct str rest = str_slice(path, 1, path.n), segment;

	while (str_next(&rest, '/', &segment)) {
		bool last = rest.p == NULL;

		if ((segment.n == 0 && !last) || str_is(segment, ".") || str_is(segment, ".."))
			return E_INVALID;
	}
	return OK;
}

static enum status
decode_path(struct http_request *req)
{
	for (size_t i = 0; i < req->raw_path.n;) {
		char c;

		TRY(next_char(req->raw_path, &i, &c));
		buf_put_char(&req->path_bytes, c);
	}
	TRY(buf_status(&req->path_bytes));
	req->path = buf_str(&req->path_bytes);
	if (!str_is_utf8(req->path))
		return E_INVALID;
	return check_segments(req->path);
}

static enum status
check_query(struct str query)
{
	for (size_t i = 0; i < query.n; i++)
		if (!http_is_query_char((unsigned char)query.p[i]))
			return E_INVALID;
	return OK;
}

enum status
http_target_parse(struct http_request *req, struct http_fault *fault)
{
	struct str rest = req->target;
	struct str authority = http_target_authority(rest);
	size_t question;

	if (str_is(rest, "*")) {
		req->raw_path = req->path = rest;
		return req->method == HTTP_OPTIONS ? OK : http_fault_set(fault, 400, "asterisk is for OPTIONS");
	}
	if (authority.n > 0)
		rest = str_slice(rest, (size_t)(authority.p + authority.n - rest.p), rest.n);
	if (rest.n == 0 || rest.p[0] != '/')
		return http_fault_set(fault, 400, "malformed request target");
	question = str_find_char(rest, '?');
	req->raw_path = str_slice(rest, 0, question);
	req->has_query = question < rest.n;
	req->query = str_slice(rest, question + 1, rest.n);
	if (decode_path(req) != OK)
		return http_fault_set(fault, 400, "malformed path");
	if (check_query(req->query) != OK)
		return http_fault_set(fault, 400, "malformed query");
	return OK;
}
