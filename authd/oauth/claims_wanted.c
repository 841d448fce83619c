#include "authd/oauth/claims_wanted.h"

#include "authd/http/json.h"

static struct str
text_of(const json_t *v)
{
	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){ 0 };
}

/* null, or {"essential": bool, "value": any, "values": [any]}; other members may be there (5.5.1). */
static bool
is_wish(const json_t *v)
{
	const json_t *essential = json_object_get(v, "essential"), *values = json_object_get(v, "values");

	if (json_is_null(v))
		return true;
	return json_is_object(v) && (essential == NULL || json_is_boolean(essential)) &&
	       (values == NULL || json_is_array(values));
}

static enum status
check_place(json_t *place)
{
	const char *name;
	json_t *wish;

	if (place == NULL || json_is_null(place))
		return OK;
	if (!json_is_object(place) || json_object_size(place) > CLAIMS_WANTED_MOST)
		return E_INVALID;
	json_object_foreach(place, name, wish)
	{
		if (!is_wish(wish))
			return E_INVALID;
	}
	return OK;
}

static enum status
add_level(struct authorize *a, const json_t *level)
{
	struct str text = text_of(level);

	if (text.n == 0 || a->essential_acr_count == ARRAY_LEN(a->essential_acr))
		return E_INVALID;
	a->essential_acr[a->essential_acr_count++] = text;
	return OK;
}

/* 5.5.1.1: an essential acr that cannot be had is a failed sign-in, never a lower level. */
static enum status
read_acr(const json_t *acr, struct authorize *a)
{
	const json_t *values = json_object_get(acr, "values"), *value = json_object_get(acr, "value");

	if (!json_is_true(json_object_get(acr, "essential")))
		return OK;
	if (value != NULL)
		return add_level(a, value);
	for (size_t i = 0; i < json_array_size(values); i++)
		TRY(add_level(a, json_array_get(values, i)));
	return OK;
}

enum status
claims_wanted_read(struct str text, struct authorize *a)
{
	json_t *id_token, *userinfo;

	TRY(json_read(text, AUTHORIZE_PARAMETER_MOST, &a->claims_json, NULL));
	if (!json_is_object(a->claims_json))
		return E_INVALID;
	id_token = json_object_get(a->claims_json, "id_token");
	userinfo = json_object_get(a->claims_json, "userinfo");
	TRY(check_place(id_token));
	TRY(check_place(userinfo));
	TRY(read_acr(json_object_get(id_token, "acr"), a));
	a->wanted_sub = text_of(json_object_get(json_object_get(id_token, "sub"), "value"));
	a->wants_name = json_object_get(userinfo, "name") != NULL;
	return OK;
}
