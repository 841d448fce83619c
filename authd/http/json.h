/*
 * json.h: JSON from outside, over jansson: bounded in size and depth (checked before jansson sees it), duplicate
 * members refused, and getters that say which member is wrong.
 *
 *	CLEANUP(json_decrefp) json_t *root = NULL;
 *	struct json_why why = { 0 };
 *	TRY(json_read(req->body, 65536, &root, &why));
 *	struct json_in in = json_at(root, &why);
 *	TRY(json_need_str(&in, "subject.id", 128, &id));     on E_INVALID why.text is "subject.id must be a string ..."
 */
#ifndef AUTHD_HTTP_JSON_H
#define AUTHD_HTTP_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/str.h"

#define JSON_DEPTH_MOST 32

/* What is wrong, for the client: names line and column or the member, never echoes content. */
struct json_why {
	char text[160];
};

/*
 * Reads one JSON text of at most max bytes (E_TOO_LARGE), at most JSON_DEPTH_MOST deep, with nothing behind it.
 * E_INVALID with why->text (why may be NULL) otherwise. The root is an object or an array. Numbers must fit int64 or
 * double.
 */
MUST_USE enum status json_read(struct str text, size_t max, json_t **out, struct json_why *why);

/* Where getters start: an object, its own path for error texts, and where to write those. */
struct json_in {
	const json_t *at;
	char where[64];
	struct json_why *why;
};

/* The root; why may be NULL. */
struct json_in json_at(const json_t *root, struct json_why *why);

/*
 * Getters. path is member names joined by dots. `need` wants the member there; `opt` takes absent or null as the
 * default (an empty str with p == NULL, the given number, an empty list) and refuses a wrong type just the same. All
 * E_INVALID. Strings are borrowed from the document, are 1..max bytes (opt and text: also empty) and hold no NUL.
 */
MUST_USE enum status json_need_str(struct json_in *in, const char *path, size_t max, struct str *out);
MUST_USE enum status json_opt_str(struct json_in *in, const char *path, size_t max, struct str *out);
MUST_USE enum status json_need_int(struct json_in *in, const char *path, int64_t least, int64_t most, int64_t *out);
MUST_USE enum status
json_opt_int(struct json_in *in, const char *path, int64_t least, int64_t most, int64_t absent, int64_t *out);
MUST_USE enum status json_opt_bool(struct json_in *in, const char *path, bool absent, bool *out);
MUST_USE enum status json_need_object(struct json_in *in, const char *path, struct json_in *out);
/* *out has at == NULL when absent. */
MUST_USE enum status json_opt_object(struct json_in *in, const char *path, struct json_in *out);
/* An array of 1..most elements (need) or 0..most (opt); elements by json_array_get, or the two below. */
MUST_USE enum status json_need_array(struct json_in *in, const char *path, size_t most, const json_t **out);
MUST_USE enum status json_opt_array(struct json_in *in, const char *path, size_t most, const json_t **out);
/* Element i of the array at path, which must be an object. */
MUST_USE enum status json_element(struct json_in *in, const char *path, size_t i, struct json_in *out);
/* An array of distinct strings of 1..max bytes into out[0..most); *count of them. need: at least one. */
MUST_USE enum status
json_need_strs(struct json_in *in, const char *path, size_t max, struct str *out, size_t most, size_t *count);
MUST_USE enum status
json_opt_strs(struct json_in *in, const char *path, size_t max, struct str *out, size_t most, size_t *count);
/* Every member of the object is in the NULL-terminated list; E_INVALID names the one that is not. */
MUST_USE enum status json_only(struct json_in *in, const char *const *names);

#endif
