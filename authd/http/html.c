#include "authd/http/html.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/html_compile.h"
#include "authd/http/json.h"

struct html {
	struct html_template *templates;
	size_t count;
};

/* A value that names are looked up in, and the one around it. */
struct scope {
	const json_t *value;
	const struct scope *up;
	size_t index, count; /* in a list; count 0 otherwise */
	struct str word;     /* is true here; empty: none is */
};

struct render {
	const struct html *html;
	enum i18n_lang lang;
	struct buf *out;
};

static struct html *embedded;

/* ---- values ---- */

void
html_put_escaped(struct buf *out, struct str s)
{
	static const struct {
		char c;
		struct str text;
	} escapes[] = {
		{ '&', STR_INIT("&amp;") },  { '<', STR_INIT("&lt;") },   { '>', STR_INIT("&gt;") },
		{ '"', STR_INIT("&quot;") }, { '\'', STR_INIT("&#39;") },
	};
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		for (size_t e = 0; e < ARRAY_LEN(escapes); e++) {
			if (s.p[i] == escapes[e].c) {
				buf_put(out, str_slice(s, start, i));
				buf_put(out, escapes[e].text);
				start = i + 1;
			}
		}
	}
	buf_put(out, str_slice(s, start, s.n));
}

static const json_t *
member(const json_t *object, struct str name)
{
	char key[64];

	if (name.n >= sizeof(key) || !json_is_object(object))
		return NULL;
	memcpy(key, name.p, name.n);
	key[name.n] = '\0';
	return json_object_get(object, key);
}

/* "a.b": a from the innermost scope that has it, then straight down. "." is the innermost value itself. */
static const json_t *
find(const struct scope *scope, struct str path)
{
	struct str rest = path, name;
	const json_t *v = NULL;

	if (str_is(path, "."))
		return scope->value;
	if (!str_next(&rest, '.', &name))
		return NULL;
	for (; scope != NULL && v == NULL; scope = scope->up)
		v = scope->word.n > 0 && str_eq(name, scope->word) ? json_true() : member(scope->value, name);
	while (v != NULL && str_next(&rest, '.', &name))
		v = member(v, name);
	return v;
}

static const struct scope *
innermost_list(const struct scope *scope)
{
	while (scope != NULL && scope->count == 0)
		scope = scope->up;
	return scope;
}

static bool
is_true(const struct scope *scope, struct str path)
{
	const struct scope *list = innermost_list(scope);
	const json_t *v;

	if (str_is(path, "@first"))
		return list != NULL && list->index == 0;
	if (str_is(path, "@last"))
		return list != NULL && list->index + 1 == list->count;
	v = find(scope, path);
	if (json_is_array(v))
		return json_array_size(v) > 0;
	if (json_is_string(v))
		return json_string_length(v) > 0;
	if (json_is_integer(v))
		return json_integer_value(v) != 0;
	return json_is_true(v) || json_is_object(v) || json_is_real(v);
}

/* The value as plain text, not escaped yet. */
static void
put_text(struct buf *out, const struct render *r, const struct scope *scope, struct str path)
{
	const struct scope *list = innermost_list(scope);
	const json_t *v = find(scope, path);

	if (str_is(path, "@index"))
		buf_put_u64_dec(out, list != NULL ? list->index : 0);
	else if (v == NULL && str_is(path, "lang"))
		buf_put_cstr(out, i18n_code(r->lang));
	else if (json_is_string(v))
		buf_put_bytes(out, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		buf_printf(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		buf_printf(out, "%.15g", json_real_value(v));
	else if (json_is_boolean(v))
		buf_put_cstr(out, json_is_true(v) ? "true" : "false");
}

static void
put_value(const struct render *r, const struct scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf text = BUF(HTML_PAGE_MOST);

	put_text(&text, r, scope, path);
	html_put_escaped(r->out, buf_str(&text));
}

/* Relative, or a scheme that cannot run anything. What a browser would skip (controls, spaces) is refused with the
 * rest. */
static bool
is_harmless_url(struct str url)
{
	static const char *const schemes[] = { "http", "https", "mailto" };
	size_t end = 0;

	while (end < url.n && strchr(":/?#", url.p[end]) == NULL)
		end++;
	if (end == url.n || url.p[end] != ':')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (str_eq_nocase(str_slice(url, 0, end), str_of(schemes[i])))
			return true;
	return false;
}

static void
put_url(const struct render *r, const struct scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf text = BUF(HTML_PAGE_MOST);

	put_text(&text, r, scope, path);
	html_put_escaped(r->out, is_harmless_url(buf_str(&text)) ? buf_str(&text) : STR("#"));
}

/* ---- texts ---- */

/* message with {names} filled in; {n} is the number of a plural. All of it is escaped. */
static void
put_message(const struct render *r, const struct scope *scope, struct str message, const int64_t *number)
{
	while (message.n > 0) {
		size_t open = str_find_char(message, '{');
		size_t close = open + str_find_char(str_slice(message, open, message.n), '}');
		struct str name = str_slice(message, open + 1, close);

		html_put_escaped(r->out, str_slice(message, 0, open));
		if (close == message.n) {
			html_put_escaped(r->out, str_slice(message, open, message.n));
			return;
		}
		if (number != NULL && str_is(name, "n"))
			buf_printf(r->out, "%lld", (long long)*number);
		else
			put_value(r, scope, name);
		message = str_slice(message, close + 1, message.n);
	}
}

static void
put_keyed_by(const struct render *r, const struct scope *scope, const struct html_step *step)
{
	CLEANUP(buf_clear) struct buf key = BUF(256);

	buf_put(&key, step->a);
	put_text(&key, r, scope, step->b);
	put_message(r, scope, i18n_text(r->lang, buf_str(&key)), NULL);
}

static void
put_plural(const struct render *r, const struct scope *scope, const struct html_step *step)
{
	const json_t *v = find(scope, step->b);
	int64_t n = json_is_array(v) ? (int64_t)json_array_size(v) : json_integer_value(v);

	put_message(r, scope, i18n_plural(r->lang, step->a, n < 0 ? (uint64_t)-n : (uint64_t)n), &n);
}

static void
put_time(const struct render *r, const struct scope *scope, const struct html_step *step)
{
	const json_t *v = find(scope, step->a);
	CLEANUP(buf_clear) struct buf text = BUF(256);
	int64_t us;

	if (json_is_integer(v))
		us = json_integer_value(v);
	else if (!json_is_string(v) || i18n_put_day(r->out, r->lang, str_of(json_string_value(v))) == OK)
		return;
	else if (clock_parse_rfc3339(str_of(json_string_value(v)), &us) != OK) {
		html_put_escaped(r->out, str_of(json_string_value(v))); /* somebody's own words for a day */
		return;
	}
	if (step->kind == HTML_DATE)
		i18n_put_date(&text, r->lang, us);
	else
		i18n_put_datetime(&text, r->lang, us);
	html_put_escaped(r->out, buf_str(&text));
}

static void
put_month(const struct render *r, const struct scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf month = BUF(64);

	put_text(&month, r, scope, path);
	if (i18n_put_month(r->out, r->lang, buf_str(&month)) != OK)
		html_put_escaped(r->out, buf_str(&month));
}

/* ---- steps ---- */

static void
run(const struct render *r, const struct scope *scope, const struct html_template *t, size_t from, size_t to);

/* The steps between a section's start and its end, as often as its value says. */
static void
run_section(const struct render *r, const struct scope *scope, const struct html_template *t, size_t at)
{
	const struct html_step *step = &t->steps[at];
	const json_t *v = find(scope, step->a);

	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v) && buf_status(r->out) == OK; i++) {
			struct scope inner = { json_array_get(v, i), scope, i, json_array_size(v), STR("") };

			run(r, &inner, t, at + 1, step->jump);
		}
	} else if (json_is_object(v)) {
		struct scope inner = { v, scope, 0, 0, STR("") };

		run(r, &inner, t, at + 1, step->jump);
	} else if (is_true(scope, step->a)) {
		run(r, scope, t, at + 1, step->jump);
	}
}

static void
run_partial(const struct render *r, const struct scope *scope, const struct html_step *step)
{
	const struct html_template *t = &r->html->templates[step->jump];
	struct scope inner = { scope->value, scope, 0, 0, step->b };

	run(r, &inner, t, 0, t->count);
}

/* Runs one step and returns the number of the next. */
static size_t
run_step(const struct render *r, const struct scope *scope, const struct html_template *t, size_t at)
{
	const struct html_step *step = &t->steps[at];

	switch (step->kind) {
	case HTML_LITERAL:
		buf_put(r->out, step->a);
		break;
	case HTML_VALUE:
		put_value(r, scope, step->a);
		break;
	case HTML_URL:
		put_url(r, scope, step->a);
		break;
	case HTML_SECTION:
		run_section(r, scope, t, at);
		return step->jump + 1;
	case HTML_INVERTED:
		if (!is_true(scope, step->a))
			run(r, scope, t, at + 1, step->jump);
		return step->jump + 1;
	case HTML_END:
		break;
	case HTML_PARTIAL:
		run_partial(r, scope, step);
		break;
	case HTML_TEXT:
		put_message(r, scope, i18n_text(r->lang, step->a), NULL);
		break;
	case HTML_TEXT_BY:
		put_keyed_by(r, scope, step);
		break;
	case HTML_PLURAL:
		put_plural(r, scope, step);
		break;
	case HTML_DATE:
	case HTML_DATETIME:
		put_time(r, scope, step);
		break;
	case HTML_MONTH:
		put_month(r, scope, step->a);
		break;
	}
	return at + 1;
}

static void
run(const struct render *r, const struct scope *scope, const struct html_template *t, size_t from, size_t to)
{
	while (from < to && buf_status(r->out) == OK)
		from = run_step(r, scope, t, from);
}

/* ---- sets of templates ---- */

enum status
html_new(const struct embedded_table *files, struct html **out, struct buf *why)
{
	struct html *h = calloc(1, sizeof(*h));
	enum status st = OK;

	if (h == NULL)
		return E_NOMEM;
	h->templates = calloc(files->count + 1, sizeof(*h->templates));
	if (h->templates == NULL)
		st = E_NOMEM;
	for (size_t i = 0; st == OK && i < files->count; i++) {
		st = html_compile(&files->rows[i], &h->templates[i], why);
		h->count += st == OK;
	}
	if (st == OK)
		st = html_link(h->templates, h->count, why);
	if (st != OK) {
		html_free(h);
		return st;
	}
	*out = h;
	return OK;
}

void
html_free(struct html *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->count; i++)
		html_template_clear(&h->templates[i]);
	free(h->templates);
	free(h);
}

static const struct html_template *
template_named(const struct html *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (str_is(h->templates[i].name, name))
			return &h->templates[i];
	return NULL;
}

bool
html_has(const struct html *h, const char *name)
{
	return template_named(h, name) != NULL;
}

static bool
check_key(const struct html_template *t, const struct html_step *step, struct buf *why)
{
	bool all = true;

	for (int lang = 0; lang < I18N_LANG_COUNT; lang++) {
		if (i18n_has((enum i18n_lang)lang, step->a))
			continue;
		buf_printf(why, "%.*s.html:%u: no text in %s for %.*s\n", STR_ARG(t->name), step->line,
			   i18n_code((enum i18n_lang)lang), STR_ARG(step->a));
		all = false;
	}
	return all;
}

enum status
html_check_keys(const struct html *h, struct buf *why)
{
	bool all = true;

	for (size_t i = 0; i < h->count; i++) {
		const struct html_template *t = &h->templates[i];

		for (size_t s = 0; s < t->count; s++)
			if (t->steps[s].kind == HTML_TEXT || t->steps[s].kind == HTML_PLURAL)
				all &= check_key(t, &t->steps[s], why);
	}
	return all ? OK : E_INVALID;
}

enum status
html_render(const struct html *h, const char *name, const json_t *data, enum i18n_lang lang, struct buf *out)
{
	const struct html_template *t = template_named(h, name);
	struct render r = { h, lang, out };
	struct scope top = { data, NULL, 0, 0, STR("") };

	if (t == NULL)
		return E_NOT_FOUND;
	run(&r, &top, t, 0, t->count);
	return buf_status(out);
}

enum status
html_open(struct buf *why)
{
	struct html *h;

	TRY(html_new(&embedded_templates, &h, why));
	html_free(embedded);
	embedded = h;
	return OK;
}

enum status
html_check_all(struct buf *why)
{
	TRY(html_open(why));
	return html_check_keys(embedded, why);
}

enum status
html_page(const char *name, const json_t *data, enum i18n_lang lang, struct buf *out)
{
	return embedded == NULL ? E_NOT_FOUND : html_render(embedded, name, data, lang, out);
}

bool
html_page_exists(const char *name)
{
	return embedded != NULL && html_has(embedded, name);
}

void
html_close(void)
{
	html_free(embedded);
	embedded = NULL;
}
