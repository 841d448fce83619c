#include "authd/policy/canonical.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	struct buf *out;
	enum canonical_order order;
};

static enum status put_value(const struct writer *w, const json_t *value, unsigned depth);

static const char short_escapes[32] = {
	['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
};

static void
put_char(struct buf *out, unsigned char c)
{
	if (c == '"' || c == '\\') {
		buf_put_char(out, '\\');
		buf_put_char(out, (char)c);
	} else if (c >= sizeof(short_escapes)) {
		buf_put_char(out, (char)c);
	} else if (short_escapes[c] != '\0') {
		buf_put_char(out, '\\');
		buf_put_char(out, short_escapes[c]);
	} else {
		buf_printf(out, "\\u%04x", c);
	}
}

void
canonical_put_string(struct buf *out, struct str text)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.n; i++)
		put_char(out, (unsigned char)text.p[i]);
	buf_put_char(out, '"');
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys in the order in which they are to be written; free() them. */
static enum status
keys_of(const struct writer *w, const json_t *object, const char ***out)
{
	size_t n = json_object_size(object);
	const char **keys = calloc(n + 1, sizeof(*keys));
	const char *key = NULL;
	json_t *value = NULL;
	size_t i = 0;

	if (keys == NULL)
		return E_NOMEM;
	json_object_foreach((json_t *)(uintptr_t)object, key, value) keys[i++] = key;
	if (w->order == CANONICAL_SORTED)
		qsort(keys, n, sizeof(*keys), compare_keys);
	*out = keys;
	return OK;
}

static enum status
put_object(const struct writer *w, const json_t *object, unsigned depth)
{
	CLEANUP(freep) const char **keys = NULL;

	TRY(keys_of(w, object, &keys));
	buf_put_char(w->out, '{');
	for (size_t i = 0; keys[i] != NULL; i++) {
		if (i > 0)
			buf_put_char(w->out, ',');
		canonical_put_string(w->out, str_of(keys[i]));
		buf_put_char(w->out, ':');
		TRY(put_value(w, json_object_get(object, keys[i]), depth + 1));
	}
	buf_put_char(w->out, '}');
	return OK;
}

static enum status
put_array(const struct writer *w, const json_t *array, unsigned depth)
{
	buf_put_char(w->out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_put_char(w->out, ',');
		TRY(put_value(w, json_array_get(array, i), depth + 1));
	}
	buf_put_char(w->out, ']');
	return OK;
}

static enum status
put_value(const struct writer *w, const json_t *value, unsigned depth)
{
	if (value == NULL || depth > CANONICAL_DEPTH_MOST)
		return E_INVALID;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_object(w, value, depth);
	case JSON_ARRAY:
		return put_array(w, value, depth);
	case JSON_STRING:
		canonical_put_string(w->out, str_from(json_string_value(value), json_string_length(value)));
		return OK;
	case JSON_INTEGER:
		buf_printf(w->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return OK;
	case JSON_TRUE:
		buf_put_cstr(w->out, "true");
		return OK;
	case JSON_FALSE:
		buf_put_cstr(w->out, "false");
		return OK;
	case JSON_NULL:
		buf_put_cstr(w->out, "null");
		return OK;
	case JSON_REAL:
		break;
	}
	return E_INVALID;
}

enum status
canonical_put(struct buf *out, const json_t *value, enum canonical_order order)
{
	struct writer w = { out, order };

	TRY(put_value(&w, value, 0));
	return buf_status(out);
}
