#include "authd/jose/jws_json.h"

#include <string.h>

/*
 * jansson itself would follow 2,048 levels. Counted outside of strings only; whether the brackets match is the parser's
 * business.
 */
static bool
too_deep(struct str text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JWS_JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

enum status
jws_json_object(struct str text, size_t max, json_t **out)
{
	if (text.n > max)
		return E_TOO_LARGE;
	if (text.n == 0 || too_deep(text))
		return E_INVALID;

	/* Refuses also: bad UTF-8, \u0000, anything behind the object, numbers that no double or 64-bit integer holds.
	 */
	json_t *j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(j)) {
		json_decref(j);
		return E_INVALID;
	}
	*out = j;
	return OK;
}

void
jws_json_freep(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

enum status
jws_json_text(const json_t *object, const char *member, struct str *out)
{
	const json_t *value = json_object_get(object, member);

	if (value == NULL)
		return E_NOT_FOUND;
	if (!json_is_string(value))
		return E_INVALID;
	*out = str_from(json_string_value(value), json_string_length(value));
	return OK;
}
