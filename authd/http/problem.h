/*
 * problem.h: the only map from enum status to HTTP. A handler that cannot do its work returns a status; when it can say
 * more, it returns what problem_set() gives back:
 *
 *	return problem_set(rsp, E_INVALID, "invalid_grant", "the code has been used");
 *
 * request_finish() then calls problem_respond() once.
 */
#ifndef AUTHD_HTTP_PROBLEM_H
#define AUTHD_HTTP_PROBLEM_H

#include "authd/http/response.h"

enum problem_shape {
	PROBLEM_AUTO,  /* who accepts text/html gets PAGE; under /oauth2/ OAUTH; else JSON */
	PROBLEM_OAUTH, /* RFC 6749 5.2: {"error","error_description"} */
	PROBLEM_JSON,  /* RFC 9457: application/problem+json */
	PROBLEM_PAGE /* the template "error.html" with {status, reason, title, detail, request_id, lang, retry_after} */
};

/*
 * One row of the map. The row with both counts; else the first with the reason, wherever it stands; without a known
 * reason the first row of the status.
 */
struct problem_row {
	enum status st;
	const char *reason; /* "reason" member, and what pages translate as "problem_<reason>" */
	const char *oauth;  /* "error" on OAuth paths */
	int http;
	const char *slug;  /* type is "urn:ombud:problem:<slug>" */
	const char *title; /* English */
};

/*
 * Notes reason (constant text; must be a row of the map, else the status' first row is used) and detail (safe for the
 * client, names no internals; may be NULL) in rsp and returns st.
 */
enum status problem_set(struct http_response *rsp, enum status st, const char *reason, const char *detail);
/* The same with a formatted detail; bytes outside printable ASCII, and '"' and '\', become '?'. */
enum status
problem_setf(struct http_response *rsp, enum status st, const char *reason, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Notes a WWW-Authenticate challenge to go with the 401 (or 400 of DPoP): `DPoP error="use_dpop_nonce"`. */
void problem_challenge(struct http_response *rsp, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Turns st and what was noted into the response. Keeps headers added so far (cookies). st != OK. */
void
problem_respond(const struct http_request *req, enum problem_shape shape, enum status st, struct http_response *rsp);
/* The same for what has an HTTP status and no enum status: the parser's refusals. req may be NULL. */
void problem_respond_http(const struct http_request *req, int http, const char *why, struct http_response *rsp);

/* The row for a status and an optional reason; never NULL. */
const struct problem_row *problem_find(enum status st, const char *reason);
/* The whole map, for tests and for the documentation of errors. */
const struct problem_row *problem_rows(size_t *count);

#endif
