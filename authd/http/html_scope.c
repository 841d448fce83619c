#include "authd/http/html_scope.h"

const json_t *
html_scope_find(const struct html_scope *scope, struct str path)
{
	struct str rest = path, name;
	const json_t *v = NULL;

	if (str_is(path, "."))
		return scope->value;
	if (!str_next(&rest, '.', &name))
		return NULL;
	for (; scope != NULL && v == NULL; scope = scope->up)
		v = scope->word.n > 0 && str_eq(name, scope->word) ? json_true()
								   : json_object_getn(scope->value, name.p, name.n);
	while (v != NULL && str_next(&rest, '.', &name))
		v = json_object_getn(v, name.p, name.n);
	return v;
}

static const struct html_scope *
innermost_list(const struct html_scope *scope)
{
	while (scope != NULL && scope->count == 0)
		scope = scope->up;
	return scope;
}

bool
html_scope_is_true(const struct html_scope *scope, struct str path)
{
	const struct html_scope *list = innermost_list(scope);
	const json_t *v;

	if (str_is(path, "@first"))
		return list != NULL && list->index == 0;
	if (str_is(path, "@last"))
		return list != NULL && list->index + 1 == list->count;
	v = html_scope_find(scope, path);
	if (json_is_array(v))
		return json_array_size(v) > 0;
	if (json_is_string(v))
		return json_string_length(v) > 0;
	if (json_is_integer(v))
		return json_integer_value(v) != 0;
	return json_is_true(v) || json_is_object(v) || json_is_real(v);
}

void
html_scope_put(const struct html_scope *scope, struct str path, enum i18n_lang lang, struct buf *out)
{
	const struct html_scope *list = innermost_list(scope);
	const json_t *v = html_scope_find(scope, path);

	if (str_is(path, "@index"))
		buf_put_u64_dec(out, list != NULL ? list->index : 0);
	else if (v == NULL && str_is(path, "lang"))
		buf_put_cstr(out, i18n_code(lang));
	else if (json_is_string(v))
		buf_put_bytes(out, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		buf_printf(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.15g", json_real_value(v));
	else if (json_is_boolean(v))
		buf_put_cstr(out, json_is_true(v) ? "true" : "false");
}
