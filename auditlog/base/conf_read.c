/* The second half of conf.h: what a scalar must be, and schemas. */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/conf_arena.h"

#define STRING_DEFAULT   1024
#define PATH_LONGEST     4095
#define ITEMS_DEFAULT    1024
#define DURATION_LONGEST ((uint64_t)(100 * 365 * DAY_US))

static enum status
must_be_scalar(const struct conf_node *n, struct conf_error *err)
{
	if (conf_kind(n) == CONF_SCALAR)
		return OK;
	return conf_refuse(n, err, "write one value", "a %s where one value belongs",
			   conf_kind(n) == CONF_LIST ? "list" : "mapping");
}

enum status
conf_as_uint(const struct conf_node *n, uint64_t least, uint64_t most, uint64_t *out, struct conf_error *err)
{
	uint64_t v;

	if (most == 0)
		most = UINT64_MAX;
	TRY(must_be_scalar(n, err));
	if (str_to_u64(conf_text(n), UINT64_MAX, &v) != OK)
		return conf_refuse(n, err, "write digits without sign or leading zero",
				   "\"%.*s\" is not a whole number", STR_ARG(conf_text(n)));
	if (v < least || v > most)
		return conf_refuse(n, err, "choose one within", "%llu is not within %llu and %llu",
				   (unsigned long long)v, (unsigned long long)least, (unsigned long long)most);
	*out = v;
	return OK;
}

enum status
conf_as_bool(const struct conf_node *n, bool *out, struct conf_error *err)
{
	TRY(must_be_scalar(n, err));
	if (!str_is(conf_text(n), "true") && !str_is(conf_text(n), "false"))
		return conf_refuse(n, err, "write true or false", "\"%.*s\" is neither", STR_ARG(conf_text(n)));
	*out = str_is(conf_text(n), "true");
	return OK;
}

enum status
conf_as_duration(const struct conf_node *n, int64_t *us, struct conf_error *err)
{
	TRY(must_be_scalar(n, err));
	if (clock_parse_duration(conf_text(n), us) != OK)
		return conf_refuse(n, err, "write it like PT10M or P30D", "\"%.*s\" is not a duration",
				   STR_ARG(conf_text(n)));
	return OK;
}

static bool
has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

enum status
conf_as_string(const struct conf_node *n, size_t most, struct str *out, struct conf_error *err)
{
	struct str s = conf_text(n);

	if (most == 0)
		most = STRING_DEFAULT;
	TRY(must_be_scalar(n, err));
	if (s.n == 0)
		return conf_refuse(n, err, "give a value or leave the key out", "an empty text");
	if (s.n > most)
		return conf_refuse(n, err, "shorten it", "%zu bytes, and at most %zu are allowed", s.n, most);
	if (has_controls(s))
		return conf_refuse(n, err, "remove it", "a control character");
	*out = s;
	return OK;
}

/* ---- one field ---- */

struct place {
	const struct conf_node *n;
	const struct conf_field *f;
	char *out; /* the field's own bytes in the struct */
	struct conf_error *err;
};

/* Everything below writes a value of the field's type to where offsetof said, by memcpy: no type is cast. */
static enum status
read_uint(const struct place *p)
{
	uint64_t v;

	TRY(conf_as_uint(p->n, p->f->least, p->f->most, &v, p->err));
	memcpy(p->out, &v, sizeof(v));
	return OK;
}

static enum status
read_bool(const struct place *p)
{
	bool v;

	TRY(conf_as_bool(p->n, &v, p->err));
	memcpy(p->out, &v, sizeof(v));
	return OK;
}

static enum status
read_duration(const struct place *p)
{
	uint64_t most = p->f->most != 0 ? p->f->most : DURATION_LONGEST;
	int64_t v;

	TRY(conf_as_duration(p->n, &v, p->err));
	if ((uint64_t)v < p->f->least || (uint64_t)v > most)
		return conf_refuse(p->n, p->err, p->f->hint != NULL ? p->f->hint : "choose one within",
				   "\"%.*s\" is not within %llu and %llu seconds", STR_ARG(conf_text(p->n)),
				   (unsigned long long)p->f->least / SECOND_US, (unsigned long long)most / SECOND_US);
	memcpy(p->out, &v, sizeof(v));
	return OK;
}

static enum status
read_string(const struct place *p)
{
	struct str v;

	TRY(conf_as_string(p->n, p->f->most, &v, p->err));
	memcpy(p->out, &v.p, sizeof(v.p));
	return OK;
}

static bool
is_clean_path(struct str path)
{
	struct str part, rest = path;

	if (!str_starts(path, STR("/")))
		return false;
	while (str_next(&rest, '/', &part))
		if (str_is(part, ".") || str_is(part, ".."))
			return false;
	return true;
}

static enum status
read_path(const struct place *p)
{
	struct str v;

	TRY(conf_as_string(p->n, PATH_LONGEST, &v, p->err));
	if (!is_clean_path(v))
		return conf_refuse(p->n, p->err, "start it with / and leave out . and ..",
				   "\"%.*s\" is not an absolute path", STR_ARG(v));
	memcpy(p->out, &v.p, sizeof(v.p));
	return OK;
}

static enum status
read_choice(const struct place *p)
{
	char list[256] = "";
	size_t used = 0;

	TRY(must_be_scalar(p->n, p->err));
	for (int i = 0; p->f->choices[i] != NULL; i++) {
		size_t n = strlen(p->f->choices[i]);

		if (str_is(conf_text(p->n), p->f->choices[i])) {
			memcpy(p->out, &i, sizeof(i));
			return OK;
		}
		if (used + n + 2 < sizeof(list)) {
			memcpy(list + used, " ", 1);
			memcpy(list + used + 1, p->f->choices[i], n + 1);
			used += n + 1;
		}
	}
	return conf_refuse(p->n, p->err, p->f->hint != NULL ? p->f->hint : "choose one of them",
			   "\"%.*s\" is none of%s", STR_ARG(conf_text(p->n)), list);
}

static enum status
must_be_list(const struct place *p)
{
	size_t n = conf_count(p->n), most = p->f->most != 0 ? p->f->most : ITEMS_DEFAULT;

	if (conf_kind(p->n) != CONF_LIST)
		return conf_refuse(p->n, p->err, "write [a, b] or one item per line after a dash",
				   "\"%s\" must be a list", p->f->key);
	if (n < p->f->least || n > most)
		return conf_refuse(p->n, p->err, "add or remove some", "%zu items, not within %llu and %zu", n,
				   (unsigned long long)p->f->least, most);
	return OK;
}

static enum status
read_strings(const struct place *p)
{
	struct conf_strings v = { 0 };
	const char **item;

	TRY(must_be_list(p));
	v.n = conf_count(p->n);
	item = conf_arena_get(conf_arena_of(p->n), (v.n + 1) * sizeof(*item));
	if (item == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < v.n; i++) {
		struct str s;

		TRY(conf_as_string(conf_at(p->n, i), 0, &s, p->err));
		item[i] = s.p;
	}
	v.item = item;
	memcpy(p->out, &v, sizeof(v));
	return OK;
}

static enum status
read_mapping(const struct place *p)
{
	return conf_read(p->n, p->f->sub, p->out, p->err);
}

static enum status
read_mappings(const struct place *p)
{
	struct conf_items v = { 0 };
	char *item;

	TRY(must_be_list(p));
	v.n = conf_count(p->n);
	item = conf_arena_get(conf_arena_of(p->n), v.n * p->f->sub->size + 1);
	if (item == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < v.n; i++)
		TRY(conf_read(conf_at(p->n, i), p->f->sub, item + i * p->f->sub->size, p->err));
	v.item = item;
	memcpy(p->out, &v, sizeof(v));
	return OK;
}

static enum status
read_node(const struct place *p)
{
	memcpy(p->out, &p->n, sizeof(p->n));
	return OK;
}

static enum status (*const readers[])(const struct place *) = {
	[CONF_UINT] = read_uint,       [CONF_BOOL] = read_bool,       [CONF_DURATION] = read_duration,
	[CONF_STRING] = read_string,   [CONF_PATH] = read_path,       [CONF_CHOICE] = read_choice,
	[CONF_STRINGS] = read_strings, [CONF_MAPPING] = read_mapping, [CONF_MAPPINGS] = read_mappings,
	[CONF_NODE] = read_node,
};

/* ---- a whole map ---- */

static const struct conf_field *
field_of(const struct conf_schema *schema, struct str key)
{
	for (size_t i = 0; i < schema->count; i++)
		if (str_is(key, schema->fields[i].key))
			return &schema->fields[i];
	return NULL;
}

static enum status
refuse_unknown(const struct conf_node *n, const struct conf_schema *schema, struct conf_error *err)
{
	for (size_t i = 0; i < conf_count(n); i++) {
		const struct conf_node *key = conf_key_at(n, i);

		if (field_of(schema, conf_text(key)) == NULL)
			return conf_refuse(key, err, "remove it or mend its spelling", "\"%.*s\" is not known here",
					   STR_ARG(conf_text(key)));
	}
	return OK;
}

/* What is absent: its fallback, read as if it stood at the map's own place. */
static enum status
read_absent(const struct conf_node *n, const struct conf_field *f, char *out, struct conf_error *err)
{
	const struct conf_node *given;

	if (f->required)
		return conf_refuse(n, err, f->hint != NULL ? f->hint : "add it", "\"%s\" is missing", f->key);
	if (f->fallback == NULL)
		return OK;
	given = conf_arena_scalar(n, f->fallback);
	if (given == NULL)
		return E_NOMEM;
	return readers[f->type](&(struct place){ given, f, out, err });
}

enum status
conf_read(const struct conf_node *n, const struct conf_schema *schema, void *out, struct conf_error *err)
{
	if (conf_kind(n) != CONF_MAP)
		return conf_refuse(n, err, "write `name: value` lines", "a mapping belongs here");
	TRY(refuse_unknown(n, schema, err));
	memset(out, 0, schema->size);
	for (size_t i = 0; i < schema->count; i++) {
		const struct conf_field *f = &schema->fields[i];
		const struct conf_node *value = conf_get(n, f->key);
		char *to = (char *)out + f->offset;

		TRY(value != NULL ? readers[f->type](&(struct place){ value, f, to, err })
				  : read_absent(n, f, to, err));
	}
	return OK;
}
