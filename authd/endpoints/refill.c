#include "authd/endpoints/refill.h"

#include <string.h>

#include "authd/http/json_write.h"

#define RADIO_MOST 32 /* bytes of a radio's value */

void
refill_clear(struct refill *r)
{
	json_decref(r->at);
	*r = (struct refill){ 0 };
}

static struct str
typed_in(const struct form *typed, const char *name)
{
	struct str value = typed == NULL ? STR("") : form_get(typed, name);

	return value.p == NULL ? STR("") : value;
}

struct str
refill_value(const struct refill *r, const char *name)
{
	return str_trim(typed_in(r->typed, name));
}

static enum status
add_field(struct refill *r, const struct refill_field *f)
{
	const struct str value = typed_in(r->typed, f->name);
	char is[sizeof("is_") + RADIO_MOST];
	json_t *field = json_pack("{s:s, s:s, s:s%, s:s}", "id", f->id != NULL ? f->id : f->name, "name", f->name,
				  "value", value.p, value.n, "wrong", "");

	if (field == NULL || json_object_set_new(r->at, f->name, field) != 0)
		return E_NOMEM;
	if (value.n == 0 || value.n > RADIO_MOST)
		return OK;
	snprintf(is, sizeof(is), "is_%.*s", STR_ARG(value));
	return json_object_set_new(field, is, json_true()) == 0 ? OK : E_NOMEM;
}

enum status
refill_begin(const struct refill_field *fields, size_t count, const struct form *typed, struct refill *out)
{
	*out = (struct refill){ .fields = fields, .count = count, .typed = typed, .at = json_object() };
	if (out->at == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < count; i++)
		TRY(add_field(out, &fields[i]));
	return OK;
}

void
refill_wrong(struct refill *r, const char *name, const char *fault)
{
	json_t *field = json_object_get(r->at, name);

	if (json_string_length(json_object_get(field, "wrong")) == 0)
		json_object_set_new(field, "wrong", json_string(fault));
}

void
refill_check(struct refill *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct refill_field *f = &r->fields[i];
		const struct str value = refill_value(r, f->name);

		if (value.n == 0 && f->missing != NULL)
			refill_wrong(r, f->name, f->missing);
		else if (f->most > 0 && value.n > f->most)
			refill_wrong(r, f->name, "too_long");
	}
}

void
refill_day(struct refill *r, const char *name, const char *fault, struct datefield *out)
{
	if (datefield_read(refill_value(r, name), out) != OK)
		refill_wrong(r, name, fault);
}

static json_t *
field_at(const struct refill *r, size_t i)
{
	return json_object_get(r->at, r->fields[i].name);
}

static bool
is_wrong(const json_t *field)
{
	return json_string_length(json_object_get(field, "wrong")) > 0;
}

bool
refill_is_good(const struct refill *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_wrong(field_at(r, i)))
			return false;
	return true;
}

/* In the order of the page, as whoever reads down it meets them. */
static enum status
put_faults(const struct refill *r, json_t *data)
{
	json_t *list = json_array();

	if (json_object_set_new(data, "faults", list) != 0)
		return E_NOMEM;
	for (size_t i = 0; i < r->count; i++)
		if (is_wrong(field_at(r, i)) && json_array_append(list, field_at(r, i)) != 0)
			return E_NOMEM;
	return json_object_set_new(data, "fault", json_true()) == 0 ? OK : E_NOMEM;
}

enum status
refill_put(struct refill *r, const char *form, json_t *data)
{
	if (json_object_set(data, form, r->at) != 0)
		return E_NOMEM;
	return refill_is_good(r) ? OK : put_faults(r, data);
}

static bool
was_ticked(const struct form *typed, const char *name, const char *id)
{
	struct str one;

	for (size_t i = 0; one = form_get_nth(typed, name, i), one.p != NULL; i++)
		if (id != NULL && str_is(one, id))
			return true;
	return false;
}

enum status
refill_tick(const struct form *typed, const char *name, json_t *choices)
{
	size_t i;
	json_t *one;

	if (typed == NULL)
		return OK;
	json_array_foreach(choices, i, one)
	{
		const char *id = json_string_value(json_object_get(one, "id"));

		if (was_ticked(typed, name, id) && json_object_set_new(one, "ticked", json_true()) != 0)
			return E_NOMEM;
	}
	return OK;
}
