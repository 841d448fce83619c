#include "authd/http/http_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/random.h"
#include "authd/http/http_chars.h"

enum status
http_fault_set(struct http_fault *fault, int http, const char *why)
{
	fault->http = http;
	fault->why = why;
	return E_INVALID;
}

static enum status
find_method(struct str name, enum http_method *out)
{
	for (int m = 0; m < HTTP_METHOD_COUNT; m++) {
		if (str_is(name, http_method_name((enum http_method)m))) {
			*out = (enum http_method)m;
			return OK;
		}
	}
	return E_NOT_FOUND;
}

enum status
http_head_line(struct http_request *req, struct http_fault *fault)
{
	struct str rest = buf_str(&req->line_bytes), method, version;

	if (!str_next(&rest, ' ', &method) || rest.p == NULL || !str_next(&rest, ' ', &req->target) || rest.p == NULL)
		return http_fault_set(fault, 400, "malformed request line");
	version = rest;
	if (!http_is_token(method) || !http_is_visible(req->target))
		return http_fault_set(fault, 400, "malformed request line");
	req->http10 = str_is(version, "HTTP/1.0");
	if (!req->http10 && !str_is(version, "HTTP/1.1"))
		return http_fault_set(fault, 400, "not HTTP/1.1");
	if (find_method(method, &req->method) != OK)
		return http_fault_set(fault, 501, "method not implemented");
	return http_target_parse(req, fault);
}

static void
lower(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + ('a' - 'A'));
}

enum status
http_head_split(char *line, size_t n, struct http_header *out, struct http_fault *fault)
{
	struct str all = str_from(line, n);
	size_t colon = str_find_char(all, ':');

	/* A leading space is a folded line, a trailing one before the colon hides a name: neither is part of a token.
	 */
	if (colon == n || !http_is_token(str_slice(all, 0, colon)))
		return http_fault_set(fault, 400, "malformed header name");
	lower(line, colon);
	out->name = str_slice(all, 0, colon);
	out->value = str_trim(str_slice(all, colon + 1, n));
	if (!http_is_field_value(out->value))
		return http_fault_set(fault, 400, "malformed header value");
	return OK;
}

static enum status
check_host(struct http_request *req, struct http_fault *fault)
{
	struct str authority = http_target_authority(req->target);

	if (http_header_one(req, "host", &req->host) != OK || !http_is_authority(req->host))
		return http_fault_set(fault, 400, "exactly one valid Host is required");
	if (authority.n > 0 && !str_eq_nocase(authority, req->host))
		return http_fault_set(fault, 400, "target and Host differ");
	/* Ours to change: the bytes live in req->head_bytes. */
	lower(req->head_bytes.p + (req->host.p - req->head_bytes.p), req->host.n);
	return OK;
}

static enum status
check_length(const struct http_request *req, struct http_framing *framing, struct http_fault *fault)
{
	struct str length;
	enum status st = http_header_one(req, "content-length", &length);

	if (st == E_NOT_FOUND)
		return OK;
	if (st != OK || str_to_u64(length, UINT64_MAX / 2, &framing->length) != OK)
		return http_fault_set(fault, 400, "malformed Content-Length");
	return OK;
}

static enum status
check_coding(const struct http_request *req, struct http_framing *framing, struct http_fault *fault)
{
	struct str coding;
	enum status st = http_header_one(req, "transfer-encoding", &coding);

	if (st == E_NOT_FOUND)
		return OK;
	if (st != OK)
		return http_fault_set(fault, 400, "more than one Transfer-Encoding");
	if (http_header_count(req, "content-length") > 0)
		return http_fault_set(fault, 400, "Content-Length with Transfer-Encoding");
	if (req->http10)
		return http_fault_set(fault, 400, "Transfer-Encoding in HTTP/1.0");
	if (!str_is(coding, "chunked"))
		return http_fault_set(fault, 501, "transfer coding not implemented");
	framing->chunked = true;
	return OK;
}

static enum status
check_expect(const struct http_request *req, struct http_framing *framing, struct http_fault *fault)
{
	struct str expect;
	enum status st = http_header_one(req, "expect", &expect);

	if (st == E_NOT_FOUND)
		return OK;
	if (st != OK || !str_eq_nocase(expect, STR("100-continue")))
		return http_fault_set(fault, 417, "expectation not supported");
	/* RFC 9110 10.1.1: a 1.0 client cannot read the interim answer. */
	framing->wants_continue = !req->http10 && (framing->chunked || framing->length > 0);
	return OK;
}

/*
 * A name for logs and support, not a secret: a random part for this thread and a counter. Asking the kernel for fresh
 * randomness each time would cost more than reading the request.
 */
static void
make_id(char id[HTTP_ID_MOST + 1])
{
	static _Thread_local uint64_t thread_part, count;

	if (thread_part == 0)
		random_bytes(&thread_part, sizeof(thread_part));
	snprintf(id, HTTP_ID_MOST + 1, "%016" PRIx64 "-%" PRIx64, thread_part, ++count);
}

static void
take_over(struct http_request *req)
{
	struct str id = http_header(req, "x-request-id");
	struct str trace = http_header(req, "traceparent");

	if (http_is_request_id(id))
		memcpy(req->id, id.p, id.n);
	else
		make_id(req->id);
	if (http_is_traceparent(trace))
		memcpy(req->traceparent, trace.p, trace.n);
	req->keep_alive = !req->http10 && !http_header_has(req, "connection", "close");
}

enum status
http_head_check(struct http_request *req, struct http_framing *framing, struct http_fault *fault)
{
	TRY(check_host(req, fault));
	TRY(check_length(req, framing, fault));
	TRY(check_coding(req, framing, fault));
	TRY(check_expect(req, framing, fault));
	/* A compressed body is how a small request becomes a large one; nobody here needs to send one. */
	if (http_header_count(req, "content-encoding") > 0)
		return http_fault_set(fault, 415, "content coding not supported");
	take_over(req);
	return OK;
}

enum status
http_head_trailer(const struct http_header *trailer, struct http_fault *fault)
{
	static const char *const refused[] = { "content-length", "transfer-encoding", "host",   "content-encoding",
					       "content-type",   "content-range",     "cookie", "authorization",
					       "expect",         "connection",        "te",     "dpop" };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (str_is(trailer->name, refused[i]))
			return http_fault_set(fault, 400, "forbidden trailer");
	return OK;
}
