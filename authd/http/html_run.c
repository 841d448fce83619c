#include "authd/http/html_run.h"

#include "auditlog/base/clock.h"
#include "authd/http/html.h"
#include "authd/http/html_escape.h"
#include "authd/http/html_scope.h"

/* ---- values ---- */

static void
put_value(const struct html_run *r, const struct html_scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf text = BUF(HTML_PAGE_MOST);

	html_scope_put(scope, path, r->lang, &text);
	html_escape_put(r->out, buf_str(&text));
}

static void
put_url(const struct html_run *r, const struct html_scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf text = BUF(HTML_PAGE_MOST);

	html_scope_put(scope, path, r->lang, &text);
	html_escape_put_url(r->out, buf_str(&text));
}

/* ---- texts ---- */

/* message with {names} filled in; {n} is the number of a plural. All of it is escaped. */
static void
put_message(const struct html_run *r, const struct html_scope *scope, struct str message, const int64_t *number)
{
	while (message.n > 0) {
		size_t open = str_find_char(message, '{');
		size_t close = open + str_find_char(str_slice(message, open, message.n), '}');
		struct str name = str_slice(message, open + 1, close);

		html_escape_put(r->out, str_slice(message, 0, open));
		if (close == message.n) {
			html_escape_put(r->out, str_slice(message, open, message.n));
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
put_keyed_by(const struct html_run *r, const struct html_scope *scope, const struct html_step *step)
{
	CLEANUP(buf_clear) struct buf key = BUF(256);

	buf_put(&key, step->a);
	html_scope_put(scope, step->b, r->lang, &key);
	put_message(r, scope, i18n_text(r->lang, buf_str(&key)), NULL);
}

static void
put_plural(const struct html_run *r, const struct html_scope *scope, const struct html_step *step)
{
	const json_t *v = html_scope_find(scope, step->b);
	int64_t n = json_is_array(v) ? (int64_t)json_array_size(v) : json_integer_value(v);

	put_message(r, scope, i18n_plural(r->lang, step->a, n < 0 ? (uint64_t)-n : (uint64_t)n), &n);
}

static void
put_time(const struct html_run *r, const struct html_scope *scope, const struct html_step *step)
{
	const json_t *v = html_scope_find(scope, step->a);
	CLEANUP(buf_clear) struct buf text = BUF(256);
	int64_t us;

	if (json_is_integer(v))
		us = json_integer_value(v);
	else if (!json_is_string(v) || i18n_put_day(r->out, r->lang, str_of(json_string_value(v))) == OK)
		return;
	else if (clock_parse_rfc3339(str_of(json_string_value(v)), &us) != OK) {
		html_escape_put(r->out, str_of(json_string_value(v))); /* somebody's own words for a day */
		return;
	}
	if (step->kind == HTML_DATE)
		i18n_put_date(&text, r->lang, us);
	else
		i18n_put_datetime(&text, r->lang, us);
	html_escape_put(r->out, buf_str(&text));
}

static void
put_month(const struct html_run *r, const struct html_scope *scope, struct str path)
{
	CLEANUP(buf_clear) struct buf month = BUF(64);

	html_scope_put(scope, path, r->lang, &month);
	if (i18n_put_month(r->out, r->lang, buf_str(&month)) != OK)
		html_escape_put(r->out, buf_str(&month));
}

/* ---- steps ---- */

static void run_steps(const struct html_run *r, const struct html_scope *scope, const struct html_template *t,
		      size_t from, size_t to);

/* The steps between a section's start and its end, as often as its value says. */
static void
run_section(const struct html_run *r, const struct html_scope *scope, const struct html_template *t, size_t at)
{
	const struct html_step *step = &t->steps[at];
	const json_t *v = html_scope_find(scope, step->a);

	if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v) && buf_status(r->out) == OK; i++) {
			struct html_scope inner = { json_array_get(v, i), scope, i, json_array_size(v), STR("") };

			run_steps(r, &inner, t, at + 1, step->jump);
		}
	} else if (json_is_object(v)) {
		struct html_scope inner = { v, scope, 0, 0, STR("") };

		run_steps(r, &inner, t, at + 1, step->jump);
	} else if (html_scope_is_true(scope, step->a)) {
		run_steps(r, scope, t, at + 1, step->jump);
	}
}

static void
run_partial(const struct html_run *r, const struct html_scope *scope, const struct html_step *step)
{
	const struct html_template *t = &r->templates[step->jump];
	struct html_scope inner = { scope->value, scope, 0, 0, step->b };

	run_steps(r, &inner, t, 0, t->count);
}

/* Runs one step and returns the number of the next. */
static size_t
run_step(const struct html_run *r, const struct html_scope *scope, const struct html_template *t, size_t at)
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
		if (!html_scope_is_true(scope, step->a))
			run_steps(r, scope, t, at + 1, step->jump);
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
run_steps(const struct html_run *r, const struct html_scope *scope, const struct html_template *t, size_t from,
	  size_t to)
{
	while (from < to && buf_status(r->out) == OK)
		from = run_step(r, scope, t, from);
}

void
html_run(const struct html_run *r, const struct html_template *t, const json_t *data)
{
	const struct html_scope top = { data, NULL, 0, 0, STR("") };

	run_steps(r, &top, t, 0, t->count);
}
