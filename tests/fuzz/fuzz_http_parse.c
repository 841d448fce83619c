/*
 * fuzz_http_parse.c: the request reader over arbitrary bytes. Built by libFuzzer (clang -fsanitize=fuzzer,address) or,
 * for machines without it, by any driver that calls LLVMFuzzerTestOneInput.
 *
 * Besides memory safety it holds the reader to its promise: whole and cut into pieces, the same verdict, the same
 * request and the same bytes left over. The first input byte says how to cut.
 */
#include <string.h>

#include "authd/http/http_parse.h"
#include "tests/fuzz/oracle.h"

#define REQUESTS_MOST 8
#define BODY_MOST     4096

/* What was read: a digest of each request in text, then the last verdict. */
static void
describe(const struct http_request *req, struct buf *out)
{
	buf_printf(out, "%d %d %d|", (int)req->method, req->http10, req->keep_alive);
	buf_put_block(out, req->path);
	buf_put_block(out, req->query);
	buf_put_block(out, req->host);
	buf_put_block(out, req->body);
	for (size_t i = 0; i < req->header_count; i++) {
		buf_put_block(out, req->headers[i].name);
		buf_put_block(out, req->headers[i].value);
	}
}

/* What must hold for every request that is let through, whatever was sent. */
static void
check(const struct http_request *req)
{
	if (http_header_count(req, "host") != 1 || req->host.n == 0 || req->path.n == 0 || !str_is_utf8(req->path))
		abort();
	if (http_header_count(req, "content-length") > 1 || http_header_count(req, "transfer-encoding") > 1)
		abort();
	if (http_header_count(req, "content-length") == 1 && http_header_count(req, "transfer-encoding") == 1)
		abort();
	if (req->body.n > BODY_MOST || req->header_count > HTTP_HEADERS_MOST)
		abort();
	for (size_t i = 0; i < req->header_count; i++)
		if (memchr(req->headers[i].value.p, '\n', req->headers[i].value.n) != NULL)
			abort();
}

/* Goes on until the piece is used up; false after a refusal. */
static bool
feed(struct http_parser *p, struct str *in, struct buf *out, size_t *requests)
{
	const char *why;

	for (;;) {
		switch (http_parse(p, in)) {
		case HTTP_MORE:
			return true;
		case HTTP_GOT_HEAD:
			http_parser_body_most(p, BODY_MOST);
			break;
		case HTTP_COMPLETE: {
			struct http_request *req = http_parser_take(p);

			check(req);
			describe(req, out);
			http_request_clear(req);
			free(req);
			if (++*requests == REQUESTS_MOST)
				return false;
			break;
		}
		case HTTP_REFUSED:
			buf_printf(out, "refused %d", http_parser_refusal(p, &why));
			return false;
		}
	}
}

static void
read_all(struct str all, size_t step, struct buf *out)
{
	struct http_parser *p = NULL;
	size_t requests = 0;

	if (http_parser_new(&p) != OK)
		abort();
	for (size_t at = 0; at < all.n; at += step) {
		struct str piece = str_slice(all, at, at + step);

		if (!feed(p, &piece, out, &requests))
			break;
	}
	http_parser_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(buf_clear) struct buf whole = BUF((size_t)4 << 20), cut = BUF((size_t)4 << 20);
	struct str all;

	if (n < 2)
		return 0;
	all = str_from(data + 1, n - 1);
	read_all(all, all.n, &whole);
	read_all(all, 1 + (size_t)data[0] % 64, &cut);
	if (!str_eq(buf_str(&whole), buf_str(&cut)))
		abort();
	return 0;
}
