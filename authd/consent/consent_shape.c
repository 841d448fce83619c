#include "authd/consent/consent_shape.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"
#include "authd/consent/checkcode.h"

struct str
consent_shape_text(const json_t *v)
{
	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : STR("");
}

static bool
is_text(const json_t *v)
{
	return str_trim(consent_shape_text(v)).n > 0;
}

static bool
is_texts(const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!is_text(json_array_get(v, i)))
			return false;
	}
	return json_array_size(v) > 0;
}

static bool
is_some(const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!json_is_object(json_array_get(v, i)))
			return false;
	}
	return json_array_size(v) > 0;
}

static bool
is_any(const json_t *v)
{
	return json_is_array(v) && (json_array_size(v) == 0 || is_some(v));
}

static bool
is_words(const json_t *v)
{
	return is_text(json_object_get(v, "ru")) && is_text(json_object_get(v, "en"));
}

static bool
is_time(const json_t *v)
{
	int64_t us = 0;

	return consent_shape_text(v).n > sizeof("2026-12-31") && clock_parse_rfc3339(consent_shape_text(v), &us) == OK;
}

static bool
is_date(const json_t *v)
{
	int64_t us = 0;

	return consent_shape_text(v).n == sizeof("2026-12-31") - 1 &&
	       clock_parse_rfc3339(consent_shape_text(v), &us) == OK;
}

static bool
is_term(const json_t *v)
{
	int64_t us = 0;

	return clock_parse_duration(consent_shape_text(v), &us) == OK && us > 0;
}

static bool
is_number(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) > 0;
}

static bool
is_index(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool
is_flag(const json_t *v)
{
	return json_is_boolean(v);
}

static bool
is_digest(const json_t *v)
{
	struct hash h;

	return hash_from_hex(consent_shape_text(v), &h) == OK;
}

static bool
is_link(const json_t *v)
{
	return str_starts(consent_shape_text(v), STR("https://"));
}

static bool
is_uuid(const json_t *v)
{
	struct uuid u;

	return uuid_parse(consent_shape_text(v), &u) == OK;
}

static bool
is_code(const json_t *v)
{
	CLEANUP(buf_clear) struct buf proper = BUF(64);

	return checkcode_parse(consent_shape_text(v), &proper) == OK && str_eq(buf_str(&proper), consent_shape_text(v));
}

static bool (*const shapes[])(const json_t *v) = {
	[SHAPE_TEXT] = is_text,     [SHAPE_TEXTS] = is_texts, [SHAPE_SOME] = is_some,     [SHAPE_ANY] = is_any,
	[SHAPE_WORDS] = is_words,   [SHAPE_TIME] = is_time,   [SHAPE_DATE] = is_date,     [SHAPE_TERM] = is_term,
	[SHAPE_NUMBER] = is_number, [SHAPE_FLAG] = is_flag,   [SHAPE_DIGEST] = is_digest, [SHAPE_LINK] = is_link,
	[SHAPE_UUID] = is_uuid,     [SHAPE_CODE] = is_code,   [SHAPE_INDEX] = is_index,
};

bool
consent_shape_fits(enum consent_shape shape, const json_t *v)
{
	return shapes[shape](v);
}
