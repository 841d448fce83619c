/* jws_json.h: JSON from outside, for tokens and keys: strict, bounded in size and depth. */
#ifndef AUTHD_JOSE_JWS_JSON_H
#define AUTHD_JOSE_JWS_JSON_H

#include <jansson.h>

#include "auditlog/base/str.h"

#define JWS_JSON_DEPTH_MAX 16

/*
 * One object in UTF-8 without duplicate members and NUL, nested at most JWS_JSON_DEPTH_MAX deep, with nothing behind
 * it. E_TOO_LARGE over max bytes, E_INVALID otherwise. The caller owns *out (json_decref).
 */
MUST_USE enum status jws_json_object(struct str text, size_t max, json_t **out);
/* For CLEANUP. */
void jws_json_freep(json_t **j);
/* The text of a string member, borrowed; E_NOT_FOUND when there is none, E_INVALID when it is no string. */
MUST_USE enum status jws_json_text(const json_t *object, const char *member, struct str *out);

#endif
