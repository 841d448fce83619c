#include "authd/http/http_parse.h"

#include <stdlib.h>
#include <string.h>

#include "authd/http/http_chars.h"
#include "authd/http/http_head.h"

#define CHUNK_DIGITS_MOST 8
#define TRAILERS_MOST     32

enum state {
	STATE_LINE,
	STATE_HEADERS,
	STATE_BODY_START,
	STATE_BODY,
	STATE_CHUNK_SIZE,
	STATE_CHUNK,
	STATE_CHUNK_END,
	STATE_TRAILERS,
	STATE_COMPLETE,
	STATE_REFUSED
};

struct http_parser {
	enum state state;
	struct http_request *req;
	struct http_framing framing;
	struct http_fault fault;
	size_t body_most;
	uint64_t left;     /* of the body or the chunk */
	size_t extensions; /* bytes of chunk extensions so far */
	size_t trailers;
	size_t trailer_bytes;
	bool cr;                               /* the last byte was a CR: only LF may follow */
	size_t line_n;                         /* bytes of the current line */
	size_t head_n;                         /* bytes of header lines */
	struct buf line;                       /* the current chunk size or trailer line */
	size_t line_at[HTTP_HEADERS_MOST + 1]; /* where header lines start in head_bytes */
};

/* What became of an attempt to go on. */
enum step { STEP_MORE, STEP_ON, STEP_REFUSED };

static enum step
refuse(struct http_parser *p, int http, const char *why)
{
	p->fault = (struct http_fault){ http, why };
	p->state = STATE_REFUSED;
	return STEP_REFUSED;
}

/* The fault is noted already. */
static enum step
refused(struct http_parser *p)
{
	p->state = STATE_REFUSED;
	return STEP_REFUSED;
}

static struct http_request *
new_request(void)
{
	struct http_request *req = calloc(1, sizeof(*req));

	if (req != NULL) {
		req->line_bytes = BUF(HTTP_LINE_MOST);
		req->head_bytes = BUF(HTTP_HEAD_MOST);
		req->path_bytes = BUF(HTTP_LINE_MOST);
		req->body_bytes = BUF(HTTP_BODY_MOST);
	}
	return req;
}

enum status
http_parser_new(struct http_parser **out)
{
	struct http_parser *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return E_NOMEM;
	p->line = BUF(HTTP_TRAILER_MOST);
	*out = p;
	return OK;
}

static void
free_request(struct http_request *req)
{
	if (req != NULL)
		http_request_clear(req);
	free(req);
}

void
http_parser_free(struct http_parser *p)
{
	if (p == NULL)
		return;
	free_request(p->req);
	buf_clear(&p->line);
	free(p);
}

/*
 * Takes bytes of one line, up to and with its CRLF, off *in. Byte by byte, so that what is refused first does not
 * depend on how the input was cut. At most `most` bytes without CRLF; beyond that http is the answer.
 */
static enum step
take_line(struct http_parser *p, struct str *in, struct buf *to, size_t most, int http)
{
	size_t start = 0;

	for (size_t i = 0; i < in->n; i++) {
		unsigned char c = (unsigned char)in->p[i];

		if (p->cr) {
			if (c != '\n')
				return refuse(p, 400, "CR without LF");
			p->cr = false;
			p->line_n = 0;
			*in = str_slice(*in, i + 1, in->n);
			return STEP_ON;
		}
		if (c == '\r') {
			p->cr = true;
			buf_put(to, str_slice(*in, start, i));
			start = i + 1;
			continue;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return refuse(p, 400, c == '\n' ? "LF without CR" : "control character");
		if (++p->line_n > most)
			return refuse(p, http, "line or head too long");
	}
	buf_put(to, str_slice(*in, start, in->n));
	*in = str_slice(*in, in->n, in->n);
	return STEP_MORE;
}

static enum step
step_line(struct http_parser *p, struct str *in)
{
	enum step step;

	if (p->req == NULL && (p->req = new_request()) == NULL)
		return refuse(p, 503, "out of memory");
	step = take_line(p, in, &p->req->line_bytes, HTTP_LINE_MOST, 414);
	if (step != STEP_ON)
		return step;
	if (buf_status(&p->req->line_bytes) != OK)
		return refuse(p, 503, "out of memory");
	if (http_head_line(p->req, &p->fault) != OK)
		return refused(p);
	p->state = STATE_HEADERS;
	return STEP_ON;
}

/* head_bytes moves no more: split its lines into headers. */
static enum step
finish_head(struct http_parser *p)
{
	struct http_request *req = p->req;
	size_t count = req->header_count;

	req->header_count = 0;
	for (size_t i = 0; i < count; i++) {
		char *line = req->head_bytes.p + p->line_at[i];

		if (http_head_split(line, p->line_at[i + 1] - p->line_at[i], &req->headers[i], &p->fault) != OK)
			return refused(p);
	}
	req->header_count = count;
	if (http_head_check(req, &p->framing, &p->fault) != OK)
		return refused(p);
	p->state = STATE_BODY_START;
	return STEP_ON;
}

static enum step
step_headers(struct http_parser *p, struct str *in)
{
	struct http_request *req = p->req;
	size_t before = p->line_at[req->header_count];
	enum step step = take_line(p, in, &req->head_bytes, HTTP_HEAD_MOST - p->head_n, 431);

	if (step != STEP_ON)
		return step;
	if (buf_status(&req->head_bytes) != OK)
		return refuse(p, 503, "out of memory");
	if (req->head_bytes.n == before)
		return finish_head(p);
	if (req->header_count == HTTP_HEADERS_MOST)
		return refuse(p, 431, "too many headers");
	p->head_n = req->head_bytes.n;
	p->line_at[++req->header_count] = req->head_bytes.n;
	return STEP_ON;
}

static enum step
step_body_start(struct http_parser *p)
{
	if (p->framing.chunked) {
		p->state = STATE_CHUNK_SIZE;
		return STEP_ON;
	}
	if (p->framing.length > p->body_most)
		return refuse(p, 413, "body too large");
	p->left = p->framing.length;
	p->state = STATE_BODY;
	return STEP_ON;
}

/* Moves what is there of the next p->left bytes into the body. */
static enum step
take_body(struct http_parser *p, struct str *in)
{
	size_t n = in->n < p->left ? in->n : (size_t)p->left;

	buf_put(&p->req->body_bytes, str_slice(*in, 0, n));
	if (buf_status(&p->req->body_bytes) != OK)
		return refuse(p, 503, "out of memory");
	*in = str_slice(*in, n, in->n);
	p->left -= n;
	return p->left > 0 ? STEP_MORE : STEP_ON;
}

static enum step
complete(struct http_parser *p)
{
	p->req->body = buf_str(&p->req->body_bytes);
	p->state = STATE_COMPLETE;
	return STEP_ON;
}

static enum step
step_body(struct http_parser *p, struct str *in)
{
	enum step step = take_body(p, in);

	return step == STEP_ON ? complete(p) : step;
}

/* RFC 9112 7.1: hexadecimal digits, then perhaps extensions, which we skip within a limit. */
static enum status
read_chunk_size(struct http_parser *p, struct str line)
{
	size_t end = str_find_char(line, ';');

	if (end == 0 || end > CHUNK_DIGITS_MOST || (end > 1 && line.p[0] == '0'))
		return E_INVALID;
	p->left = 0;
	for (size_t i = 0; i < end; i++) {
		int digit = http_hex_digit(line.p[i]);

		if (digit < 0)
			return E_INVALID;
		p->left = p->left * 16 + (uint64_t)digit;
	}
	p->extensions += line.n - end;
	return line.n - end <= HTTP_EXTENSION_MOST && p->extensions <= HTTP_EXTENSIONS_MOST ? OK : E_TOO_LARGE;
}

static enum step
step_chunk_size(struct http_parser *p, struct str *in)
{
	enum step step = take_line(p, in, &p->line, CHUNK_DIGITS_MOST + HTTP_EXTENSION_MOST, 400);
	enum status st;

	if (step != STEP_ON)
		return step;
	st = buf_status(&p->line);
	if (st == OK)
		st = read_chunk_size(p, buf_str(&p->line));
	buf_reset(&p->line);
	if (st != OK)
		return refuse(p, 400, "malformed chunk size");
	if (p->left > p->body_most - p->req->body_bytes.n)
		return refuse(p, 413, "body too large");
	p->state = p->left > 0 ? STATE_CHUNK : STATE_TRAILERS;
	return STEP_ON;
}

static enum step
step_chunk(struct http_parser *p, struct str *in)
{
	enum step step = take_body(p, in);

	if (step == STEP_ON)
		p->state = STATE_CHUNK_END;
	return step;
}

static enum step
step_chunk_end(struct http_parser *p, struct str *in)
{
	enum step step = take_line(p, in, &p->line, 0, 400);

	if (step == STEP_ON)
		p->state = STATE_CHUNK_SIZE;
	return step;
}

static enum step
step_trailers(struct http_parser *p, struct str *in)
{
	struct http_header trailer;
	enum step step = take_line(p, in, &p->line, HTTP_TRAILER_MOST - p->trailer_bytes, 431);

	if (step != STEP_ON)
		return step;
	if (p->line.n == 0)
		return complete(p);
	p->trailer_bytes += p->line.n;
	if (buf_status(&p->line) != OK || ++p->trailers > TRAILERS_MOST)
		return refuse(p, 431, "too many trailers");
	if (http_head_split(p->line.p, p->line.n, &trailer, &p->fault) != OK ||
	    http_head_trailer(&trailer, &p->fault) != OK)
		return refused(p);
	buf_reset(&p->line);
	return STEP_ON;
}

static enum step
step(struct http_parser *p, struct str *in)
{
	switch (p->state) {
	case STATE_LINE:
		return step_line(p, in);
	case STATE_HEADERS:
		return step_headers(p, in);
	case STATE_BODY_START:
		return step_body_start(p);
	case STATE_BODY:
		return step_body(p, in);
	case STATE_CHUNK_SIZE:
		return step_chunk_size(p, in);
	case STATE_CHUNK:
		return step_chunk(p, in);
	case STATE_CHUNK_END:
		return step_chunk_end(p, in);
	case STATE_TRAILERS:
		return step_trailers(p, in);
	case STATE_COMPLETE:
	case STATE_REFUSED:
		break;
	}
	return STEP_REFUSED;
}

enum http_progress
http_parse(struct http_parser *p, struct str *in)
{
	for (;;) {
		enum state before = p->state;

		if (p->state == STATE_COMPLETE)
			return HTTP_COMPLETE;
		switch (step(p, in)) {
		case STEP_MORE:
			return HTTP_MORE;
		case STEP_REFUSED:
			return HTTP_REFUSED;
		case STEP_ON:
			break;
		}
		if (before == STATE_HEADERS && p->state == STATE_BODY_START)
			return HTTP_GOT_HEAD;
	}
}

void
http_parser_body_most(struct http_parser *p, size_t most)
{
	p->body_most = most < HTTP_BODY_MOST ? most : HTTP_BODY_MOST;
}

bool
http_parser_wants_continue(const struct http_parser *p)
{
	return p->framing.wants_continue && (p->framing.chunked || p->framing.length <= p->body_most);
}

struct http_request *
http_parser_request(struct http_parser *p)
{
	return p->req;
}

struct http_request *
http_parser_take(struct http_parser *p)
{
	struct http_request *req = STEAL(&p->req);
	struct buf line = p->line;

	*p = (struct http_parser){ .line = line };
	buf_reset(&p->line);
	return req;
}

int
http_parser_refusal(const struct http_parser *p, const char **why)
{
	*why = p->fault.why;
	return p->fault.http;
}

bool
http_parser_idle(const struct http_parser *p)
{
	return p->state == STATE_LINE && p->line_n == 0 && !p->cr;
}
