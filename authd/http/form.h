/*
 * form.h: application/x-www-form-urlencoded bodies and query strings, strictly: names of [A-Za-z0-9_.-], at most 200
 * pairs, no empty pairs, '&' the only separator (a bare ';' is refused), good escapes, well-formed UTF-8 without NUL
 * and control characters other than tab, CR and LF. A repeated name is refused unless the caller expects it.
 */
#ifndef AUTHD_HTTP_FORM_H
#define AUTHD_HTTP_FORM_H

#include "auditlog/base/buf.h"
#include "authd/http/http_request.h"

#define FORM_PAIRS_MOST 200

struct form_pair {
	struct str name, value;
};

struct form {
	struct form_pair *pairs;
	size_t count;
	struct buf bytes; /* what the pairs point into */
	char error[128];  /* after E_INVALID: what is wrong, naming the parameter; safe for the client */
};

/*
 * Parses text. may_repeat is a NULL-terminated list of names that may come more than once, or NULL. On E_INVALID and
 * E_TOO_LARGE only out->error is set. Clear with form_clear().
 */
MUST_USE enum status form_parse(struct str text, const char *const *may_repeat, struct form *out);
/* The body of a request whose media type is application/x-www-form-urlencoded; E_UNSUPPORTED for any other (415). */
MUST_USE enum status form_from_body(const struct http_request *req, const char *const *may_repeat, struct form *out);
/* The query string. */
MUST_USE enum status form_from_query(const struct http_request *req, const char *const *may_repeat, struct form *out);
void form_clear(struct form *f);

/* The first value of that name; p == NULL when absent, an empty str with p != NULL when given empty. */
struct str form_get(const struct form *f, const char *name);
/* The i-th value of a name that may repeat; p == NULL past the last. */
struct str form_get_nth(const struct form *f, const char *name, size_t i);
/* Present, not empty, at most max bytes; otherwise E_INVALID with f->error set. */
MUST_USE enum status form_need(struct form *f, const char *name, size_t max, struct str *out);
/* Absent or empty gives an empty str; over max is E_INVALID with f->error set. */
MUST_USE enum status form_opt(struct form *f, const char *name, size_t max, struct str *out);

/*
 * The request has exactly one Content-Type, it is type (parameters: none, or charset=utf-8). E_UNSUPPORTED otherwise
 * (415). A request without a body and without Content-Type is also E_UNSUPPORTED.
 */
MUST_USE enum status form_media_type(const struct http_request *req, const char *type);

/* Percent-encodes all but unreserved characters: for building query strings. */
void form_put_escaped(struct buf *out, struct str s);
/* Appends `name=value` escaped, with '?' or '&' before it as url needs. */
void form_put_param(struct buf *url, const char *name, struct str value);

#endif
