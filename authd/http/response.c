#include "authd/http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auditlog/base/random.h"
#include "authd/http/http_chars.h"
#include "authd/http/json_write.h"

#define INLINE_BODY_MOST ((size_t)16 << 10)

/* On every response, whatever it says. Two years of HTTPS, no sniffing, no framing, no referrer, no device access. */
static const char always[] =
    "Strict-Transport-Security: max-age=63072000\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'";

static const char *const cache_lines[] = {
	[RESPONSE_NO_STORE] = "Cache-Control: no-store\r\nPragma: no-cache\r\n",
	[RESPONSE_REVALIDATE] = "Cache-Control: no-cache\r\n",
	[RESPONSE_MINUTE] = "Cache-Control: public, max-age=60\r\n",
	[RESPONSE_HOUR] = "Cache-Control: public, max-age=3600\r\n",
	[RESPONSE_FOREVER] = "Cache-Control: public, max-age=31536000, immutable\r\n",
};

/* Written by response_encode() or by a function of their own. */
static const char *const reserved[] = {
	"cache-control",
	"connection",
	"content-length",
	"content-security-policy",
	"content-type",
	"date",
	"keep-alive",
	"permissions-policy",
	"pragma",
	"referrer-policy",
	"set-cookie",
	"strict-transport-security",
	"transfer-encoding",
	"x-frame-options",
	"x-content-type-options",
	"cross-origin-opener-policy",
	"x-request-id",
	"upgrade",
	"cross-origin-resource-policy",
};

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
};

const char *
response_phrase(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

void
response_init(struct http_response *rsp)
{
	*rsp = (struct http_response){ .headers = BUF(RESPONSE_HEAD_MOST), .body = BUF(RESPONSE_BODY_MOST) };
}

void
response_clear(struct http_response *rsp)
{
	buf_clear(&rsp->headers);
	buf_clear(&rsp->body);
	response_init(rsp);
}

void
response_reset(struct http_response *rsp, bool keep_headers)
{
	struct buf headers = rsp->headers;
	struct buf body = rsp->body;

	buf_reset(&body);
	if (!keep_headers || buf_status(&headers) != OK)
		buf_reset(&headers);
	*rsp = (struct http_response){ .headers = headers, .body = body };
}

void
response_fail(struct http_response *rsp, enum status st)
{
	if (rsp->failed == OK)
		rsp->failed = st;
}

enum status
response_status(const struct http_response *rsp)
{
	if (rsp->failed != OK)
		return rsp->failed;
	TRY(buf_status(&rsp->headers));
	return buf_status(&rsp->body);
}

/* ---- headers ---- */

static void
put_line(struct buf *out, const char *name, struct str value)
{
	buf_put_cstr(out, name);
	buf_put(out, STR(": "));
	buf_put(out, value);
	buf_put(out, STR("\r\n"));
}

static bool
is_reserved(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (str_eq_nocase(str_of(name), str_of(reserved[i])))
			return true;
	return false;
}

void
response_header(struct http_response *rsp, const char *name, struct str value)
{
	if (!http_is_token(str_of(name)) || is_reserved(name) || !http_is_field_value(value))
		response_fail(rsp, E_INVALID);
	else
		put_line(&rsp->headers, name, value);
}

void
response_headerf(struct http_response *rsp, const char *name, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		response_fail(rsp, E_TOO_LARGE);
	else
		response_header(rsp, name, str_from(text, (size_t)n));
}

void
response_cookie_line(struct http_response *rsp, struct str value)
{
	if (!http_is_field_value(value))
		response_fail(rsp, E_INVALID);
	else
		put_line(&rsp->headers, "Set-Cookie", value);
}

/* "127.0.0.1" or "[::1]", with or without a port: where the same machine's own program listens. */
static bool
is_loopback(struct str authority)
{
	size_t host =
	    str_starts(authority, STR("[")) ? str_find_char(authority, ']') + 1 : str_find_char(authority, ':');

	authority = str_slice(authority, 0, host);
	return str_is(authority, "127.0.0.1") || str_is(authority, "[::1]");
}

/* "https://rp.example:8443" of a longer address; empty when it is no address that a browser may be sent to. */
static struct str
origin_of(struct str uri)
{
	size_t scheme = str_find_char(uri, ':');
	bool https = str_starts(uri, STR("https://"));
	struct str authority;

	if (https || str_starts(uri, STR("http://"))) {
		authority = str_slice(uri, scheme + 3, uri.n);
		authority = str_slice(authority, 0, str_find_char(authority, '/'));
		authority = str_slice(authority, 0, str_find_char(authority, '?'));
		if (!http_is_authority(authority) || (!https && !is_loopback(authority)))
			return (struct str){ 0 };
		return str_slice(uri, 0, scheme + 3 + authority.n);
	}
	/* RFC 8252 7.1: a private-use scheme is a domain name backwards, so it has a dot; "data" and "javascript" have
	 * none. */
	if (scheme < uri.n && str_find_char(str_slice(uri, 0, scheme), '.') < scheme &&
	    str_only(str_slice(uri, 0, scheme), "abcdefghijklmnopqrstuvwxyz0123456789.-+"))
		return str_slice(uri, 0, scheme + 1);
	return (struct str){ 0 };
}

void
response_form_action(struct http_response *rsp, struct str redirect_uri)
{
	struct str origin = origin_of(redirect_uri);

	if (origin.n >= sizeof(rsp->form_action))
		return;
	memset(rsp->form_action, 0, sizeof(rsp->form_action));
	if (origin.n > 0)
		memcpy(rsp->form_action, origin.p, origin.n);
}

/* ---- bodies ---- */

static void
start_body(struct http_response *rsp, int status, const char *content_type)
{
	rsp->status = status;
	rsp->content_type = content_type;
	buf_reset(&rsp->body);
}

void
response_json_as(struct http_response *rsp, int status, const char *content_type, const json_t *json)
{
	enum status st;

	start_body(rsp, status, content_type);
	st = json == NULL ? E_NOMEM : json_write(json, &rsp->body);
	if (st != OK)
		response_fail(rsp, st);
}

void
response_json(struct http_response *rsp, int status, const json_t *json)
{
	response_json_as(rsp, status, "application/json", json);
}

void
response_buf(struct http_response *rsp, int status, const char *content_type, struct buf *bytes)
{
	enum status st = buf_status(bytes);

	start_body(rsp, status, content_type);
	buf_clear(&rsp->body);
	rsp->body = *bytes;
	*bytes = BUF(rsp->body.max);
	if (st != OK)
		response_fail(rsp, st);
}

void
response_html(struct http_response *rsp, int status, struct buf *page)
{
	response_buf(rsp, status, "text/html; charset=utf-8", page);
}

void
response_bytes(struct http_response *rsp, int status, const char *content_type, struct str bytes)
{
	start_body(rsp, status, content_type);
	buf_put(&rsp->body, bytes);
}

void
response_redirect(struct http_response *rsp, struct str location)
{
	start_body(rsp, 303, NULL);
	if (!http_is_visible(location))
		response_fail(rsp, E_INVALID);
	else
		put_line(&rsp->headers, "Location", location);
}

void
response_empty(struct http_response *rsp, int status)
{
	start_body(rsp, status, NULL);
}

void
response_file(struct http_response *rsp, const struct http_request *req, const char *content_type, const char *etag,
	      struct str bytes, struct str gzip)
{
	bool compressed = gzip.n > 0 && http_header_has(req, "accept-encoding", "gzip");

	response_header(rsp, "ETag", str_of(etag));
	if (gzip.n > 0)
		response_header(rsp, "Vary", STR("Accept-Encoding"));
	if (http_header_has(req, "if-none-match", etag)) {
		response_empty(rsp, 304);
		return;
	}
	response_bytes(rsp, 200, content_type, compressed ? gzip : bytes);
	if (compressed)
		response_header(rsp, "Content-Encoding", STR("gzip"));
}

/* ---- on the wire ---- */

/* IMF-fixdate. Formatting costs more than the rest of the head, so a thread keeps the text of its last second. */
static void
put_date(struct buf *out)
{
	static _Thread_local time_t last;
	static _Thread_local char text[64];
	static _Thread_local size_t n;
	time_t now = time(NULL);
	struct tm tm;

	if (now != last && gmtime_r(&now, &tm) != NULL) {
		n = strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		last = now;
	}
	buf_put_bytes(out, text, n);
}

static void
put_policy(const struct http_response *rsp, struct buf *out)
{
	buf_put_bytes(out, always, sizeof(always) - 1);
	if (rsp->form_action[0] != '\0')
		buf_printf(out, " %s", rsp->form_action);
	if (rsp->script)
		buf_put(out, STR("; script-src 'self'; connect-src 'self'"));
	buf_put(out, STR("\r\n"));
}

static void
put_id(const struct http_request *req, struct buf *out)
{
	struct uuid fresh;

	buf_put(out, STR("X-Request-ID: "));
	if (req != NULL && req->id[0] != '\0') {
		buf_put_cstr(out, req->id);
	} else {
		fresh = uuid_new();
		uuid_put(out, &fresh);
	}
	buf_put(out, STR("\r\n"));
}

static void
put_content(const struct http_response *rsp, const struct http_request *req, struct buf *out)
{
	if (rsp->status == 204 || rsp->status == 304)
		return;
	if (rsp->content_type != NULL)
		put_line(out, "Content-Type", str_of(rsp->content_type));
	if (req != NULL && rsp->content_type != NULL && strncmp(rsp->content_type, "text/html", 9) == 0)
		put_line(out, "Content-Language", str_of(i18n_code(req->lang)));
	buf_put(out, STR("Content-Length: "));
	buf_put_u64_dec(out, rsp->body.n);
	buf_put(out, STR("\r\n"));
}

static void
put_head(const struct http_response *rsp, const struct http_request *req, bool keep_alive, struct buf *out)
{
	buf_put(out, STR("HTTP/1.1 "));
	buf_put_u64_dec(out, (uint64_t)rsp->status);
	buf_put_char(out, ' ');
	buf_put_cstr(out, response_phrase(rsp->status));
	buf_put(out, STR("\r\n"));
	put_date(out);
	put_content(rsp, req, out);
	if (rsp->max_age_s > 0)
		buf_printf(out, "Cache-Control: public, max-age=%u\r\n", rsp->max_age_s);
	else
		buf_put_cstr(out, cache_lines[rsp->cache]);
	put_id(req, out);
	if (!keep_alive)
		buf_put(out, STR("Connection: close\r\n"));
	put_policy(rsp, out);
	buf_put(out, buf_str(&rsp->headers));
	buf_put(out, STR("\r\n"));
}

void
response_encode(const struct http_response *rsp, const struct http_request *req, bool keep_alive, struct buf *out,
		bool *body_follows)
{
	struct http_response broken = { .status = 500 };
	const struct http_response *r = response_status(rsp) == OK && rsp->status != 0 ? rsp : &broken;
	bool bodiless = (req != NULL && req->method == HTTP_HEAD) || r->status == 204 || r->status == 304;

	put_head(r, req, keep_alive, out);
	*body_follows = !bodiless && r->body.n > INLINE_BODY_MOST;
	if (!bodiless && !*body_follows)
		buf_put(out, buf_str(&r->body));
}
