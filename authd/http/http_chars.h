/* http_chars.h: what may stand where in a message head. */
#ifndef AUTHD_HTTP_HTTP_CHARS_H
#define AUTHD_HTTP_HTTP_CHARS_H

#include <stdbool.h>

#include "auditlog/base/str.h"

/* RFC 9110 5.6.2 token: at least one character. */
bool http_is_token(struct str s);
/* Printable ASCII, space, tab, and well-formed UTF-8 beyond ASCII. May be empty. */
bool http_is_field_value(struct str s);
/* Printable ASCII without space; not empty. */
bool http_is_visible(struct str s);
/* May stand unescaped in a path: unreserved, sub-delims, ':', '@', '/'. */
bool http_is_path_char(unsigned char c);
/* May stand in a query: printable ASCII but '"', '#', '<' and '>'. */
bool http_is_query_char(unsigned char c);
/* host or host:port as a Host header may name it, lower or upper case. */
bool http_is_authority(struct str s);
/* A W3C traceparent of version 00, neither id all zero. */
bool http_is_traceparent(struct str s);
/* 1..64 of [A-Za-z0-9_.-]. */
bool http_is_request_id(struct str s);
/* 0..15, or -1. */
int http_hex_digit(char c);

#endif
