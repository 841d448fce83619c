#include "authd/http/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum status complain(struct json_why *why, const char *fmt, ...) PRINTF_LIKE(2, 3);

static enum status
complain(struct json_why *why, const char *fmt, ...)
{
	va_list ap;

	if (why == NULL)
		return E_INVALID;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return E_INVALID;
}

/* ---- reading ---- */

/* jansson recurses once per level: look before it leaps. Brackets in strings do not count. */
static bool
is_too_deep(struct str text)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > JSON_DEPTH_MOST)
				return true;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return false;
}

/* jansson's own text quotes the input; ours does not. */
static const char *
error_phrase(enum json_error_code code)
{
	switch (code) {
	case json_error_duplicate_key:
		return "duplicate member";
	case json_error_invalid_utf8:
		return "not UTF-8";
	case json_error_premature_end_of_input:
		return "it ends too early";
	case json_error_end_of_input_expected:
		return "something follows the end";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "NUL character";
	case json_error_numeric_overflow:
		return "number out of range";
	default:
		return "malformed";
	}
}

enum status
json_read(struct str text, size_t max, json_t **out, struct json_why *why)
{
	json_error_t error;
	json_t *root;

	if (text.n > max) {
		(void)complain(why, "JSON: more than %zu bytes", max);
		return E_TOO_LARGE;
	}
	if (text.n == 0)
		return complain(why, "JSON: empty");
	if (is_too_deep(text))
		return complain(why, "JSON: nested deeper than %d", JSON_DEPTH_MOST);
	root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return complain(why, "JSON: line %d, column %d: %s", error.line, error.column,
				error_phrase(json_error_code(&error)));
	*out = root;
	return OK;
}

/* ---- members ---- */

struct json_in
json_at(const json_t *root, struct json_why *why)
{
	return (struct json_in){ .at = root, .why = why };
}

static enum status
wrong(const struct json_in *in, const char *path, const char *what)
{
	return complain(in->why, "%s%s %s", in->where, path, what);
}

/* The value at path; NULL when it, or an object on the way, is absent or null. E_INVALID: a step is no object. */
static enum status
walk(struct json_in *in, const char *path, const json_t **out)
{
	struct str rest = str_of(path), name;
	const json_t *at = in->at;

	if (!json_is_object(at))
		return complain(in->why, "%.*s must be an object", (int)strcspn(in->where, "."), in->where);
	while (at != NULL && str_next(&rest, '.', &name)) {
		if (!json_is_object(at))
			return wrong(in, path, "is not inside an object");
		at = json_object_getn(at, name.p, name.n);
		if (json_is_null(at))
			at = NULL;
	}
	*out = at;
	return OK;
}

static enum status
need(struct json_in *in, const char *path, const json_t **out)
{
	TRY(walk(in, path, out));
	return *out != NULL ? OK : wrong(in, path, "is required");
}

static enum status
as_str(struct json_in *in, const char *path, const json_t *v, size_t max, struct str *out)
{
	if (!json_is_string(v))
		return wrong(in, path, "must be a string");
	if (json_string_length(v) > max)
		return wrong(in, path, "is too long");
	*out = str_from(json_string_value(v), json_string_length(v));
	return OK;
}

enum status
json_need_str(struct json_in *in, const char *path, size_t max, struct str *out)
{
	const json_t *v;

	TRY(need(in, path, &v));
	if (json_is_string(v) && json_string_length(v) == 0)
		return wrong(in, path, "must not be empty");
	return as_str(in, path, v, max, out);
}

enum status
json_opt_str(struct json_in *in, const char *path, size_t max, struct str *out)
{
	const json_t *v;

	TRY(walk(in, path, &v));
	if (v != NULL)
		return as_str(in, path, v, max, out);
	*out = (struct str){ 0 };
	return OK;
}

static enum status
as_int(struct json_in *in, const char *path, const json_t *v, int64_t least, int64_t most, int64_t *out)
{
	if (!json_is_integer(v))
		return wrong(in, path, "must be a whole number");
	if (json_integer_value(v) < least || json_integer_value(v) > most)
		return wrong(in, path, "is out of range");
	*out = json_integer_value(v);
	return OK;
}

enum status
json_need_int(struct json_in *in, const char *path, int64_t least, int64_t most, int64_t *out)
{
	const json_t *v;

	TRY(need(in, path, &v));
	return as_int(in, path, v, least, most, out);
}

enum status
json_opt_int(struct json_in *in, const char *path, int64_t least, int64_t most, int64_t absent, int64_t *out)
{
	const json_t *v;

	TRY(walk(in, path, &v));
	if (v != NULL)
		return as_int(in, path, v, least, most, out);
	*out = absent;
	return OK;
}

enum status
json_opt_bool(struct json_in *in, const char *path, bool absent, bool *out)
{
	const json_t *v;

	TRY(walk(in, path, &v));
	if (v != NULL && !json_is_boolean(v))
		return wrong(in, path, "must be true or false");
	*out = v != NULL ? json_is_true(v) : absent;
	return OK;
}

static void locate(struct json_in *in, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Only for error texts: a path that is too long is cut. */
static void
locate(struct json_in *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(in->where, sizeof(in->where), fmt, ap);
	va_end(ap);
}

enum status
json_opt_object(struct json_in *in, const char *path, struct json_in *out)
{
	struct json_in sub = { .why = in->why };

	TRY(walk(in, path, &sub.at));
	if (sub.at != NULL && !json_is_object(sub.at))
		return wrong(in, path, "must be an object");
	locate(&sub, "%s%s.", in->where, path);
	*out = sub;
	return OK;
}

enum status
json_need_object(struct json_in *in, const char *path, struct json_in *out)
{
	const json_t *v;

	TRY(need(in, path, &v));
	return json_opt_object(in, path, out);
}

enum status
json_opt_array(struct json_in *in, const char *path, size_t most, const json_t **out)
{
	const json_t *v;

	TRY(walk(in, path, &v));
	if (v != NULL && !json_is_array(v))
		return wrong(in, path, "must be an array");
	if (json_array_size(v) > most)
		return wrong(in, path, "has too many elements");
	*out = v;
	return OK;
}

enum status
json_need_array(struct json_in *in, const char *path, size_t most, const json_t **out)
{
	const json_t *v;

	TRY(need(in, path, &v));
	if (json_is_array(v) && json_array_size(v) == 0)
		return wrong(in, path, "must not be empty");
	return json_opt_array(in, path, most, out);
}

enum status
json_element(struct json_in *in, const char *path, size_t i, struct json_in *out)
{
	struct json_in sub = { .why = in->why };
	const json_t *array;

	TRY(need(in, path, &array));
	sub.at = json_array_get(array, i);
	if (!json_is_object(sub.at))
		return complain(in->why, "%s%s[%zu] must be an object", in->where, path, i);
	locate(&sub, "%s%s[%zu].", in->where, path, i);
	*out = sub;
	return OK;
}

static bool
has(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

enum status
json_opt_strs(struct json_in *in, const char *path, size_t max, struct str *out, size_t most, size_t *count)
{
	const json_t *array;
	size_t n;

	TRY(json_opt_array(in, path, most, &array));
	n = json_array_size(array);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(array, i);
		struct str s;

		if (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > max)
			return complain(in->why, "%s%s[%zu] must be a string of 1 to %zu bytes", in->where, path, i,
					max);
		s = str_from(json_string_value(v), json_string_length(v));
		if (has(out, i, s))
			return complain(in->why, "%s%s[%zu] is a repetition", in->where, path, i);
		out[i] = s;
	}
	*count = n;
	return OK;
}

enum status
json_need_strs(struct json_in *in, const char *path, size_t max, struct str *out, size_t most, size_t *count)
{
	const json_t *array;

	TRY(json_need_array(in, path, most, &array));
	return json_opt_strs(in, path, max, out, most, count);
}

static bool
is_listed(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* A name we can show: others could carry anything into an error text. */
static bool
is_plain(const char *name)
{
	size_t n = strlen(name);

	return n <= 40 &&
	       str_only(str_from(name, n), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

enum status
json_only(struct json_in *in, const char *const *names)
{
	for (void *it = json_object_iter((json_t *)(uintptr_t)in->at); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)in->at, it)) {
		const char *name = json_object_iter_key(it);

		if (is_listed(name, names))
			continue;
		if (is_plain(name))
			return wrong(in, name, "is not a member here");
		return wrong(in, "", "has an unknown member");
	}
	return OK;
}
