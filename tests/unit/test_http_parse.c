/* test_http_parse.c: what the request reader takes, and above all what it does not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/http_parse.h"

#define BODY_MOST 1000
#define OK_HEAD   "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST      "POST /p HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED   POST "Transfer-Encoding: chunked\r\n\r\n"

/* What came of feeding bytes: 0 complete, -1 wants more, otherwise the HTTP status of the refusal. */
struct outcome {
	int status;
	struct http_request *req;
	size_t left; /* bytes not taken */
};

static void
outcome_clear(struct outcome *o)
{
	if (o->req != NULL)
		http_request_clear(o->req);
	free(o->req);
	o->req = NULL;
}

/* Feeds one piece; true when there is a verdict. */
static bool
feed(struct http_parser *p, struct str *in, struct outcome *o)
{
	const char *why;

	for (;;) {
		switch (http_parse(p, in)) {
		case HTTP_MORE:
			cr_assert_eq(in->n, 0, "asked for more with input left");
			return false;
		case HTTP_GOT_HEAD:
			http_parser_body_most(p, BODY_MOST);
			break;
		case HTTP_COMPLETE:
			o->req = http_parser_take(p);
			o->status = 0;
			return true;
		case HTTP_REFUSED:
			o->status = http_parser_refusal(p, &why);
			cr_assert_not_null(why);
			return true;
		}
	}
}

/* Feeds all of it in pieces: each `step` bytes long when step > 0, otherwise cut once at `cut`. */
static struct outcome
run(struct str all, size_t step, size_t cut)
{
	struct http_parser *p = NULL;
	struct outcome o = { .status = -1 };
	size_t at = 0;

	cr_assert_eq(http_parser_new(&p), OK);
	while (at < all.n) {
		size_t end = step > 0 ? at + step : (at < cut ? cut : all.n);
		struct str in = str_slice(all, at, end);
		size_t piece = in.n;
		bool done = feed(p, &in, &o);

		at += piece - in.n;
		if (done)
			break;
	}
	o.left = all.n - at;
	http_parser_free(p);
	return o;
}

static struct outcome
whole(const char *text)
{
	return run(str_of(text), SIZE_MAX / 2, 0);
}

struct probe {
	const char *name;
	struct str bytes;
	int status;
};
#define PROBE(name, text, status)                                                                                      \
	{                                                                                                              \
		name, STR_INIT(text), status                                                                           \
	}

static const struct probe probes[] = {
	/* what is taken */
	PROBE("plain", OK_HEAD "\r\n", 0),
	PROBE("value without space", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", 0),
	PROBE("spaces around a value", "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", 0),
	PROBE("empty value", OK_HEAD "X-Y:\r\n\r\n", 0),
	PROBE("utf-8 value", OK_HEAD "User-Agent: \xd0\x96\r\n\r\n", 0),
	PROBE("http/1.0 with host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 0),
	PROBE("host with port", "GET / HTTP/1.1\r\nHost: a.example:8443\r\n\r\n", 0),
	PROBE("ipv6 host", "GET / HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", 0),
	PROBE("absolute form, same host", "GET http://a/x HTTP/1.1\r\nHost: A\r\n\r\n", 0),
	PROBE("options *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0),
	PROBE("escaped path", "GET /%D0%96?x=%2f HTTP/1.1\r\nHost: a\r\n\r\n", 0),
	PROBE("length zero", POST "Content-Length: 0\r\n\r\n", 0),
	PROBE("length and body", POST "Content-Length: 3\r\n\r\nabc", 0),
	PROBE("chunks", CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 0),
	PROBE("chunk extension", CHUNKED "3;a=\"b\"\r\nabc\r\n0;x\r\n\r\n", 0),
	PROBE("trailer", CHUNKED "1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", 0),
	PROBE("no body on post", POST "\r\n", 0),
	PROBE("expect", POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx", 0),
	PROBE("upgrade is only a header", OK_HEAD "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0),
	PROBE("the largest body", POST "Content-Length: 4\r\n\r\n\0\r\n\xff", 0),
	/* where a request ends */
	PROBE("two equal lengths", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
	PROBE("two lengths", POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
	PROBE("two lengths, other case", POST "Content-Length: 3\r\ncontent-length: 4\r\n\r\nabcd", 400),
	PROBE("list of lengths", POST "Content-Length: 3, 3\r\n\r\nabc", 400),
	PROBE("length with plus", POST "Content-Length: +3\r\n\r\nabc", 400),
	PROBE("negative length", POST "Content-Length: -1\r\n\r\n", 400),
	PROBE("hexadecimal length", POST "Content-Length: 0x3\r\n\r\nabc", 400),
	PROBE("length with leading zero", POST "Content-Length: 03\r\n\r\nabc", 400),
	PROBE("empty length", POST "Content-Length: \r\n\r\n", 400),
	PROBE("length with words", POST "Content-Length: 3 4\r\n\r\nabc", 400),
	PROBE("length past 64 bits", POST "Content-Length: 18446744073709551619\r\n\r\nabc", 400),
	PROBE("length of 2^63", POST "Content-Length: 9223372036854775808\r\n\r\nabc", 400),
	PROBE("length and chunked", POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	PROBE("chunked and length", POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
	PROBE("chunked twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	PROBE("chunked in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	PROBE("coding identity", POST "Transfer-Encoding: identity\r\n\r\n", 501),
	PROBE("coding gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
	PROBE("coding chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
	PROBE("coding Chunked", POST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 501),
	PROBE("coding xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
	PROBE("coding in quotes", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501),
	PROBE("empty coding", POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 501),
	PROBE("vertical tab before chunked", POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400),
	PROBE("body over the limit", POST "Content-Length: 1001\r\n\r\n", 413),
	PROBE("chunks over the limit", CHUNKED "3E9\r\n", 413),
	PROBE("chunks add up over the limit", CHUNKED "2\r\nab\r\n3E7\r\n", 413),
	/* chunks */
	PROBE("chunk size with 0x", CHUNKED "0x3\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk size with plus", CHUNKED "+3\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk size negative", CHUNKED "-3\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk size empty", CHUNKED "\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk size only extension", CHUNKED ";x\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("space before the size", CHUNKED " 3\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("space behind the size", CHUNKED "3 \r\nabc\r\n0\r\n\r\n", 400),
	PROBE("space before the extension", CHUNKED "3 ;x\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk size with zeros before it", CHUNKED "003\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("last chunk 00", CHUNKED "00\r\n\r\n", 400),
	PROBE("chunk size that overflows", CHUNKED "FFFFFFFFFFFFFFFFF\r\n", 400),
	PROBE("chunk size past 8 digits", CHUNKED "100000000\r\n", 400),
	PROBE("underscore in the size", CHUNKED "1_0\r\n", 400),
	PROBE("chunk size ends in LF", CHUNKED "3\nabc\r\n0\r\n\r\n", 400),
	PROBE("chunk data longer than its size", CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400),
	PROBE("chunk data without CRLF", CHUNKED "3\r\nabc0\r\n\r\n", 400),
	PROBE("chunk data ends in LF", CHUNKED "3\r\nabc\n0\r\n\r\n", 400),
	PROBE("CR in an extension", CHUNKED "3;a\rb\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("NUL in an extension", CHUNKED "3;a\0b\r\nabc\r\n0\r\n\r\n", 400),
	PROBE("trailer length", CHUNKED "0\r\nContent-Length: 5\r\n\r\n", 400),
	PROBE("trailer host", CHUNKED "0\r\nHost: b\r\n\r\n", 400),
	PROBE("trailer without colon", CHUNKED "0\r\nnonsense\r\n\r\n", 400),
	PROBE("trailer folded", CHUNKED "0\r\nX: a\r\n b\r\n\r\n", 400),
	/* the host */
	PROBE("no host", "GET / HTTP/1.1\r\n\r\n", 400),
	PROBE("no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 400),
	PROBE("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
	PROBE("the same host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
	PROBE("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
	PROBE("host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
	PROBE("host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
	PROBE("host with a bad port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400),
	PROBE("host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400),
	PROBE("hosts in a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
	PROBE("absolute form, other host", "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("absolute form with user", "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	/* lines */
	PROBE("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400),
	PROBE("one bare LF", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
	PROBE("bare CR", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
	PROBE("CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
	PROBE("folded line", OK_HEAD "X: a\r\n b\r\n\r\n", 400),
	PROBE("line folded by tab", OK_HEAD "X: a\r\n\tb\r\n\r\n", 400),
	PROBE("first header indented", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
	PROBE("NUL in a value", OK_HEAD "X: a\0b\r\n\r\n", 400),
	PROBE("NUL in a name", OK_HEAD "X\0Y: a\r\n\r\n", 400),
	PROBE("space before the colon", OK_HEAD "X : a\r\n\r\n", 400),
	PROBE("tab before the colon", OK_HEAD "Content-Length\t: 3\r\n\r\nabc", 400),
	PROBE("space in a name", OK_HEAD "X Y: a\r\n\r\n", 400),
	PROBE("empty name", OK_HEAD ": a\r\n\r\n", 400),
	PROBE("no colon", OK_HEAD "Xa\r\n\r\n", 400),
	PROBE("name in utf-8", OK_HEAD "\xd0\x96: a\r\n\r\n", 400),
	PROBE("value in latin-1", OK_HEAD "X: \xe9\r\n\r\n", 400),
	PROBE("escape character", OK_HEAD "X: \x1b[2J\r\n\r\n", 400),
	PROBE("DEL", OK_HEAD "X: \x7f\r\n\r\n", 400),
	/* the request line */
	PROBE("empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("tab for space", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
	PROBE("space at the start", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("http/0.9", "GET /\r\n\r\n", 400),
	PROBE("http/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
	PROBE("http/2.0 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
	PROBE("http/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
	PROBE("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
	PROBE("trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
	PROBE("connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
	PROBE("unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
	PROBE("method with a bracket", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("asterisk for get", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("target without slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("other scheme", "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("absolute form without path", "GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	/* the path */
	PROBE("escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("escaped slash", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("escaped backslash", "GET /a%5Cb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("escaped line break", "GET /a%0d%0aX: HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("bad escape", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("short escape", "GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("overlong utf-8", "GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("half a character", "GET /%d0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("raw utf-8", "GET /\xd0\x96 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("dot dot", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("dot dot at the end", "GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("escaped dot dot", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("dot", "GET /./a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("two slashes", "GET //a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	PROBE("quote in the query", "GET /?\" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
	/* the rest */
	PROBE("compressed body", POST "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415),
	PROBE("other expectation", POST "Expect: tea\r\nContent-Length: 1\r\n\r\nx", 417),
	PROBE("tls hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
	/* not yet complete */
	PROBE("nothing after the head", POST "Content-Length: 3\r\n\r\nab", -1),
	PROBE("head without its end", OK_HEAD, -1),
	PROBE("last chunk without its end", CHUNKED "0\r\n", -1),
};

static void
expect(const struct probe *probe, struct outcome o, const char *how, size_t at)
{
	cr_expect_eq(o.status, probe->status, "%s (%s %zu): got %d, wanted %d", probe->name, how, at, o.status,
		     probe->status);
	outcome_clear(&o);
}

Test(http_parse, gives_each_probe_its_verdict)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		expect(&probes[i], run(probes[i].bytes, SIZE_MAX / 2, 0), "whole", 0);
	cr_assert_geq(ARRAY_LEN(probes), 60);
}

Test(http_parse, gives_the_same_verdict_byte_by_byte)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		expect(&probes[i], run(probes[i].bytes, 1, 0), "by byte", 0);
}

Test(http_parse, gives_the_same_verdict_at_every_split)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		for (size_t cut = 1; cut < probes[i].bytes.n; cut++)
			expect(&probes[i], run(probes[i].bytes, 0, cut), "split at", cut);
}

/* "GET /aaa… HTTP/1.1", headers of given number and size: what the limits are about. */
static int
verdict_of_size(size_t path, size_t headers, size_t value)
{
	CLEANUP(buf_clear) struct buf b = BUF((size_t)1 << 20);
	struct outcome o;
	int status;

	buf_put(&b, STR("GET /"));
	for (size_t i = 0; i < path; i++)
		buf_put_char(&b, 'a');
	buf_put(&b, STR(" HTTP/1.1\r\nHost: a\r\n"));
	for (size_t i = 0; i < headers; i++) {
		buf_put(&b, STR("X: "));
		for (size_t j = 0; j < value; j++)
			buf_put_char(&b, 'v');
		buf_put(&b, STR("\r\n"));
	}
	buf_put(&b, STR("\r\n"));
	o = run(buf_str(&b), SIZE_MAX / 2, 0);
	status = o.status;
	outcome_clear(&o);
	o = run(buf_str(&b), 7, 0);
	cr_expect_eq(o.status, status);
	outcome_clear(&o);
	return status;
}

Test(http_parse, takes_a_request_line_of_8_kib_and_no_longer)
{
	size_t rest = strlen("GET / HTTP/1.1");

	cr_expect_eq(verdict_of_size(8192 - rest, 0, 0), 0);
	cr_expect_eq(verdict_of_size(8193 - rest, 0, 0), 414);
	cr_expect_eq(verdict_of_size(100000, 0, 0), 414);
}

Test(http_parse, takes_100_headers_and_32_kib_of_them)
{
	cr_expect_eq(verdict_of_size(0, 99, 5), 0);
	cr_expect_eq(verdict_of_size(0, 100, 5), 431);
	cr_expect_eq(verdict_of_size(0, 1, 32768 - 7 - 3), 0);
	cr_expect_eq(verdict_of_size(0, 1, 32769 - 7 - 3), 431);
	cr_expect_eq(verdict_of_size(0, 90, 1000), 431);
}

/* After CHUNKED: n extensions of the given length, then the end. */
static int
verdict_of_extensions(size_t n, size_t length)
{
	CLEANUP(buf_clear) struct buf b = BUF((size_t)1 << 20);
	struct outcome o;

	buf_put(&b, STR(CHUNKED));
	for (size_t i = 0; i < n; i++) {
		buf_put(&b, STR("1;"));
		for (size_t j = 1; j < length; j++)
			buf_put_char(&b, 'e');
		buf_put(&b, STR("\r\nx\r\n"));
	}
	buf_put(&b, STR("0\r\n\r\n"));
	o = run(buf_str(&b), SIZE_MAX / 2, 0);
	outcome_clear(&o);
	return o.status;
}

Test(http_parse, bounds_chunk_extensions_one_by_one_and_together)
{
	cr_expect_eq(verdict_of_extensions(1, 256), 0);
	cr_expect_eq(verdict_of_extensions(1, 257), 400);
	cr_expect_eq(verdict_of_extensions(16, 256), 0);
	cr_expect_eq(verdict_of_extensions(17, 256), 400);
}

Test(http_parse, bounds_trailers)
{
	CLEANUP(buf_clear) struct buf b = BUF((size_t)1 << 20);
	struct outcome o;

	buf_put(&b, STR(CHUNKED "0\r\n"));
	for (int i = 0; i < 33; i++)
		buf_put(&b, STR("X: y\r\n"));
	buf_put(&b, STR("\r\n"));
	o = run(buf_str(&b), SIZE_MAX / 2, 0);
	cr_expect_eq(o.status, 431);
	buf_reset(&b);
	buf_put(&b, STR(CHUNKED "0\r\nX: "));
	for (int i = 0; i < 9000; i++)
		buf_put_char(&b, 'y');
	o = run(buf_str(&b), SIZE_MAX / 2, 0);
	cr_expect_eq(o.status, 431);
}

Test(http_parse, refuses_every_body_until_the_route_allows_one)
{
	struct http_parser *p = NULL;
	struct str in = STR(POST "Content-Length: 1\r\n\r\nx");
	const char *why;

	cr_assert_eq(http_parser_new(&p), OK);
	cr_assert_eq(http_parse(p, &in), HTTP_GOT_HEAD);
	cr_assert_eq(http_parse(p, &in), HTTP_REFUSED);
	cr_expect_eq(http_parser_refusal(p, &why), 413);
	http_parser_free(p);
}

Test(http_parse, reads_what_was_asked)
{
	struct outcome o = whole("POST /%D1%8F/b?q=1&r HTTP/1.1\r\nHost: Ex.Org:80\r\nX-Two: 1\r\nx-two: 2\r\n"
				 "Content-Length: 5\r\n\r\nhello");

	cr_assert_eq(o.status, 0);
	cr_expect_eq(o.req->method, HTTP_POST);
	cr_expect(str_is(o.req->path, "/\xd1\x8f/b"));
	cr_expect(str_is(o.req->raw_path, "/%D1%8F/b"));
	cr_expect(str_is(o.req->query, "q=1&r"));
	cr_expect(str_is(o.req->target, "/%D1%8F/b?q=1&r"));
	cr_expect(str_is(o.req->host, "ex.org:80"));
	cr_expect(str_is(o.req->body, "hello"));
	cr_expect(o.req->keep_alive);
	cr_expect_eq(http_header_count(o.req, "x-two"), 2);
	cr_expect_null(http_header(o.req, "x-two").p);
	outcome_clear(&o);
}

Test(http_parse, joins_chunks)
{
	struct outcome o = whole(CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n");

	cr_assert_eq(o.status, 0);
	cr_expect(str_is(o.req->body, "abcde"));
	cr_expect_eq(http_header_count(o.req, "x-t"), 0, "trailers are not headers");
	outcome_clear(&o);
}

Test(http_parse, leaves_pipelined_bytes_alone_and_starts_anew)
{
	struct str in = STR(POST "Content-Length: 2\r\n\r\nhiGET /two HTTP/1.1\r\nHost: b\r\n\r\nX");
	struct http_parser *p = NULL;
	struct outcome first = { 0 }, second = { 0 };

	cr_assert_eq(http_parser_new(&p), OK);
	cr_assert(feed(p, &in, &first));
	cr_expect(http_parser_idle(p));
	cr_assert(feed(p, &in, &second));
	cr_expect(str_is(first.req->body, "hi"));
	cr_expect(str_is(second.req->path, "/two"));
	cr_expect(str_is(second.req->host, "b"));
	cr_expect_eq(in.n, 1);
	outcome_clear(&first);
	outcome_clear(&second);
	http_parser_free(p);
}

Test(http_parse, takes_over_a_harmless_request_id_and_makes_one_otherwise)
{
	struct outcome good = whole(OK_HEAD "X-Request-ID: abc.DEF-1_2\r\n\r\n");
	struct outcome bad = whole(OK_HEAD "X-Request-ID: a b\r\n\r\n");
	struct outcome two = whole(OK_HEAD "X-Request-ID: a\r\nX-Request-ID: b\r\n\r\n");

	cr_expect_str_eq(good.req->id, "abc.DEF-1_2");
	cr_expect_geq(strlen(bad.req->id), 16);
	cr_expect_geq(strlen(two.req->id), 16);
	cr_expect_str_neq(bad.req->id, two.req->id);
	outcome_clear(&good);
	outcome_clear(&bad);
	outcome_clear(&two);
}

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

Test(http_parse, takes_over_a_valid_traceparent_only)
{
	struct outcome good = whole(OK_HEAD "traceparent: " TRACE "\r\n\r\n");
	struct outcome zero =
	    whole(OK_HEAD "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n\r\n");

	cr_expect_str_eq(good.req->traceparent, TRACE);
	cr_expect_str_eq(zero.req->traceparent, "");
	outcome_clear(&good);
	outcome_clear(&zero);
}

Test(http_parse, closes_after_http_1_0_and_connection_close)
{
	struct outcome old = whole("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
	struct outcome close = whole(OK_HEAD "Connection: x, Close\r\n\r\n");

	cr_expect_not(old.req->keep_alive);
	cr_expect_not(close.req->keep_alive);
	outcome_clear(&old);
	outcome_clear(&close);
}

Test(http_parse, wants_to_be_told_to_continue_only_when_a_body_may_come)
{
	struct http_parser *p = NULL;
	struct str in = STR(POST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n");

	cr_assert_eq(http_parser_new(&p), OK);
	cr_assert_eq(http_parse(p, &in), HTTP_GOT_HEAD);
	cr_expect_not(http_parser_wants_continue(p), "a body that is refused anyway");
	http_parser_body_most(p, 9);
	cr_expect(http_parser_wants_continue(p));
	http_parser_free(p);
}

Test(http_parse, knows_what_a_browser_accepts)
{
	struct outcome html = whole(OK_HEAD "Accept: application/json, text/HTML;q=0.9\r\n\r\n");
	struct outcome none = whole(OK_HEAD "Accept: text/html;q=0.0, */*\r\n\r\n");

	cr_expect(http_wants_html(html.req));
	cr_expect_not(http_wants_html(none.req));
	outcome_clear(&html);
	outcome_clear(&none);
}
