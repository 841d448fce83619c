/* http_head.h: the lines of a request head, once http_parse has cut them out. Internal to authd/http. */
#ifndef AUTHD_HTTP_HTTP_HEAD_H
#define AUTHD_HTTP_HTTP_HEAD_H

#include "authd/http/http_request.h"

/* Why a request is refused. */
struct http_fault {
	int http;        /* status of the answer */
	const char *why; /* constant phrase */
};

/* How the body comes. */
struct http_framing {
	bool chunked;
	uint64_t length; /* when not chunked */
	bool wants_continue;
};

/* Notes the fault and returns E_INVALID. */
enum status http_fault_set(struct http_fault *fault, int http, const char *why);

/* The request line, already in req->line_bytes: method, target, version. */
MUST_USE enum status http_head_line(struct http_request *req, struct http_fault *fault);
/* One header line: checks it, lowers its name in place, splits it. */
MUST_USE enum status http_head_split(char *line, size_t n, struct http_header *out, struct http_fault *fault);
/* All headers are there: Host, framing, Expect, and what the request takes over from headers. */
MUST_USE enum status http_head_check(struct http_request *req, struct http_framing *framing, struct http_fault *fault);
/* A trailer may not say anything that framing or routing depends on. */
MUST_USE enum status http_head_trailer(const struct http_header *trailer, struct http_fault *fault);

/* http_target.c: sets raw_path, path, query from req->target. */
MUST_USE enum status http_target_parse(struct http_request *req, struct http_fault *fault);
/* The authority of an absolute-form target, else an empty str. */
struct str http_target_authority(struct str target);

#endif
