/*
 * http_parse.h: the strict, bounded, incremental reader of HTTP/1.1 requests.
 *
 * It accepts less than RFC 9112 allows: wherever two implementations have been seen to disagree about where a request
 * ends or what it asks for, the request is refused and the connection closed. It never reads past the end of a request,
 * so pipelined bytes stay with the caller, and its verdict does not depend on how the bytes were split.
 *
 * Refused with 400: two Content-Length or one that is no plain number, Content-Length with Transfer-Encoding, a
 * missing, malformed or second Host, bare LF or CR, NUL and other control characters, folded or indented lines, space
 * before the colon, names that are no tokens, anything but single spaces in the request line, HTTP/0.9 and versions
 * other than 1.0 and 1.1, Transfer-Encoding in 1.0, authority-form, `*` but for OPTIONS, absolute-form with another
 * authority, '#' in the target, paths with %00, %2f, %5c, bad escapes, control characters, non-UTF-8, empty or dot
 * segments, bad chunk sizes, chunk extensions over 256 bytes (4 KiB in all), trailers that repeat framing headers or
 * pass their limit. 413 body over the route's limit, 414 request line over 8 KiB, 415 any Content-Encoding, 417 any
 * Expect but 100-continue, 431 headers over 32 KiB or 100, 501 a method or transfer coding that we lack (coding must be
 * exactly `chunked`).
 */
#ifndef AUTHD_HTTP_HTTP_PARSE_H
#define AUTHD_HTTP_HTTP_PARSE_H

#include "authd/http/http_request.h"

#define HTTP_LINE_MOST       ((size_t)8 << 10)
#define HTTP_HEAD_MOST       ((size_t)32 << 10)
#define HTTP_TRAILER_MOST    ((size_t)8 << 10)
#define HTTP_EXTENSION_MOST  256
#define HTTP_EXTENSIONS_MOST ((size_t)4 << 10)
/* Over everything; a route's own limit is lower. */
#define HTTP_BODY_MOST ((size_t)8 << 20)

enum http_progress {
	HTTP_MORE,     /* all input taken, more is needed */
	HTTP_GOT_HEAD, /* the head is complete: look at the request, call http_parser_body_most(), go on */
	HTTP_COMPLETE, /* the request is complete; take it with http_parser_take() */
	HTTP_REFUSED   /* see http_parser_refusal(); nothing more is read */
};

struct http_parser;

MUST_USE enum status http_parser_new(struct http_parser **out);
/* NULL is fine. */
void http_parser_free(struct http_parser *p);

/*
 * Takes bytes from the front of *in as far as the request goes. HTTP_GOT_HEAD comes once per request: call again, with
 * what is left, even if that is nothing. HTTP_COMPLETE comes last.
 */
enum http_progress http_parse(struct http_parser *p, struct str *in);
/* After HTTP_GOT_HEAD: the most body bytes this route takes (at first 0, so forgetting it refuses every body). */
void http_parser_body_most(struct http_parser *p, size_t most);
/* After HTTP_GOT_HEAD: the client waits for "100 Continue" before it sends the body. */
bool http_parser_wants_continue(const struct http_parser *p);
/* After HTTP_GOT_HEAD, until http_parser_take(): the request so far. */
struct http_request *http_parser_request(struct http_parser *p);
/* After HTTP_COMPLETE: moves the request out (free it with http_request_clear and free()); the parser starts anew. */
struct http_request *http_parser_take(struct http_parser *p);
/* After HTTP_REFUSED: the HTTP status and why, a constant English phrase without any byte of the request. */
int http_parser_refusal(const struct http_parser *p, const char **why);
/* True before the first byte of a request. */
bool http_parser_idle(const struct http_parser *p);

#endif
