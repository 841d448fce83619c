/*
 * response.h: what a handler answers. Every response, errors included, leaves with the security headers; a header value
 * with CR, LF or NUL in it cannot leave at all: it marks the response as failed and a plain 500 goes out instead.
 */
#ifndef AUTHD_HTTP_RESPONSE_H
#define AUTHD_HTTP_RESPONSE_H

#include <jansson.h>

#include "auditlog/base/buf.h"
#include "authd/http/http_request.h"

#define RESPONSE_BODY_MOST ((size_t)16 << 20)
#define RESPONSE_HEAD_MOST ((size_t)16 << 10)

enum response_cache {
	RESPONSE_NO_STORE,   /* the default */
	RESPONSE_REVALIDATE, /* no-cache: store, ask every time (ETag) */
	RESPONSE_MINUTE,     /* public, max-age=60 */
	RESPONSE_HOUR,       /* public, max-age=3600: key sets, discovery */
	RESPONSE_FOREVER     /* public, immutable, a year: full log tiles, assets by content name */
};

struct http_response {
	int status;               /* HTTP status; 0 = nothing answered yet */
	const char *content_type; /* constant text; NULL with an empty body */
	enum response_cache cache;
	unsigned max_age_s;    /* not 0: public, max-age of so many seconds instead */
	char form_action[200]; /* one more origin that the page's forms may lead to; see response_form_action() */
	bool script;           /* the page needs script-src 'self' and connect-src 'self' */
	bool close;            /* close the connection after it */
	struct buf headers;    /* added lines, checked */
	struct buf body;
	enum status failed; /* the first thing that went wrong while it was built */
	/* What problem_set() noted for problem_respond(). */
	const char *reason;
	char detail[200];
	unsigned retry_after_s;
	char challenge[400]; /* WWW-Authenticate */
	const char *allow;   /* for 405: "GET, POST" */
};

/* An empty response. */
void response_init(struct http_response *rsp);
/* Frees what it owns. */
void response_clear(struct http_response *rsp);
/* Forgets everything answered so far, but keeps cookies and other added headers when asked to. */
void response_reset(struct http_response *rsp, bool keep_headers);

/*
 * Adds a header. name is a token; value may hold printable ASCII, tab and UTF-8. Anything else, or one of the headers
 * that this file writes itself (Content-Length, security headers ...), marks the response as failed. Cookies: cookie.h.
 */
void response_header(struct http_response *rsp, const char *name, struct str value);
void response_headerf(struct http_response *rsp, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The bodies. Each sets status, type and content and replaces an earlier one. json is borrowed. */
void response_json(struct http_response *rsp, int status, const json_t *json);
/* With another JSON media type: application/jwk-set+json, application/problem+json ... (constant text) */
void response_json_as(struct http_response *rsp, int status, const char *content_type, const json_t *json);
/* Takes the bytes out of *page. Content-Language is the request's. */
void response_html(struct http_response *rsp, int status, struct buf *page);
/* A copy of bytes with a constant media type: tiles, checkpoints, assets, metrics. */
void response_bytes(struct http_response *rsp, int status, const char *content_type, struct str bytes);
/* Takes the bytes out of *bytes. */
void response_buf(struct http_response *rsp, int status, const char *content_type, struct buf *bytes);
/* 303 See Other, the only redirect there is. The location must be printable ASCII without spaces. */
void response_redirect(struct http_response *rsp, struct str location);
/* No body: 204, 304, or 200 with nothing to say. */
void response_empty(struct http_response *rsp, int status);
/* The bytes themselves, or 304 when If-None-Match has etag (a quoted validator). Gives ETag; gzip may be empty. */
void response_file(struct http_response *rsp, const struct http_request *req, const char *content_type,
		   const char *etag, struct str bytes, struct str gzip);

/*
 * Lets forms of this page end at the origin of redirect_uri, besides 'self': browsers apply form-action to the
 * redirects that follow a submission, so a sign-in page of an authorization needs its client's origin. Taken are https,
 * loopback http and private-use schemes ("com.example.app:/cb"); any other text, also an empty one, allows nothing.
 */
void response_form_action(struct http_response *rsp, struct str redirect_uri);

/* Marks it as failed: a plain 500 will leave instead. The first status stays. */
void response_fail(struct http_response *rsp, enum status st);
/* OK, or why it could not be built. */
MUST_USE enum status response_status(const struct http_response *rsp);
/* For cookie.c: a checked Set-Cookie value. */
void response_cookie_line(struct http_response *rsp, struct str value);
/* "Not Found" */
const char *response_phrase(int status);

/*
 * The bytes to send: status line, headers, and body unless the method was HEAD. A failed response becomes a plain 500.
 * req may be NULL (what came was no request); id then is a fresh one. When the body is larger than 16 KiB it is left
 * out, and *body_follows tells the caller to send rsp->body after it.
 */
void response_encode(const struct http_response *rsp, const struct http_request *req, bool keep_alive, struct buf *out,
		     bool *body_follows);

#endif
