#include "authd/http/html_compile.h"

#include <stdlib.h>

#include "authd/http/html_place.h"

#define PATH_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@-"

struct open_section {
	size_t step;
	struct html_place place;
};

struct compiler {
	struct html_template *t;
	struct str file_name;
	unsigned line;
	struct html_place place;
	struct open_section open[HTML_NESTING_MOST];
	size_t open_count;
	struct buf *why;
};

static enum status
complain(struct compiler *c, const char *what, struct str about)
{
	buf_printf(c->why, "%.*s:%u: %s%s%.*s\n", STR_ARG(c->file_name), c->line, what, about.n > 0 ? ": " : "",
		   STR_ARG(about));
	return E_INVALID;
}

static enum status
add_step(struct compiler *c, enum html_kind kind, struct str a, struct str b)
{
	struct html_template *t = c->t;

	if (t->count == t->cap) {
		size_t cap = t->cap > 0 ? t->cap * 2 : 32;
		struct html_step *steps = reallocarray(t->steps, cap, sizeof(*steps));

		if (steps == NULL)
			return E_NOMEM;
		t->steps = steps;
		t->cap = cap;
	}
	t->steps[t->count++] = (struct html_step){ .kind = kind, .a = a, .b = b, .line = c->line };
	return OK;
}

static enum status
literal(struct compiler *c, struct str text)
{
	if (text.n == 0)
		return OK;
	html_place_read(&c->place, text);
	for (size_t i = 0; i < text.n; i++)
		c->line += text.p[i] == '\n';
	return add_step(c, HTML_LITERAL, text, (struct str){ 0 });
}

static enum status
check_path(struct compiler *c, struct str path)
{
	return str_only(path, PATH_CHARS) ? OK : complain(c, "not a name", path);
}

/* ---- tags ---- */

static size_t
split(struct str text, struct str *out, size_t most)
{
	size_t count = 0;
	struct str piece;

	while (text.n > 0 && str_next(&text, ' ', &piece)) {
		if (piece.n == 0)
			continue;
		if (count == most)
			return most + 1;
		out[count++] = piece;
	}
	return count;
}

static enum status
tag_value(struct compiler *c, struct str path)
{
	TRY(check_path(c, path));
	if (!html_place_takes_value(&c->place))
		return complain(c, "a value cannot be escaped here", path);
	return add_step(c, html_place_is_url(&c->place) ? HTML_URL : HTML_VALUE, path, (struct str){ 0 });
}

static enum status
tag_open(struct compiler *c, enum html_kind kind, struct str path)
{
	TRY(check_path(c, path));
	if (!html_place_takes_section(&c->place))
		return complain(c, "a section cannot begin here", path);
	if (c->open_count == HTML_NESTING_MOST)
		return complain(c, "sections too deep", path);
	c->open[c->open_count++] = (struct open_section){ c->t->count, c->place };
	return add_step(c, kind, path, (struct str){ 0 });
}

static enum status
tag_close(struct compiler *c, struct str path)
{
	struct open_section *open;
	struct html_step *start;

	if (c->open_count == 0)
		return complain(c, "closes nothing", path);
	open = &c->open[--c->open_count];
	start = &c->t->steps[open->step];
	if (!str_eq(start->a, path))
		return complain(c, "closes another section", path);
	/* The section may be left out: what follows must stand in the same place either way. */
	if (!html_place_join(&c->place, &open->place))
		return complain(c, "section ends in another place of the markup", path);
	start->jump = c->t->count;
	return add_step(c, HTML_END, path, (struct str){ 0 });
}

static enum status
tag_partial(struct compiler *c, struct str text)
{
	struct str part[2] = { 0 };
	size_t count = split(text, part, ARRAY_LEN(part));

	if (count == 0 || count > ARRAY_LEN(part))
		return complain(c, "wrong number of words", text);
	for (size_t i = 0; i < count; i++)
		TRY(check_path(c, part[i]));
	if (c->place.where != HTML_IN_TEXT)
		return complain(c, "a partial belongs between tags", text);
	return add_step(c, HTML_PARTIAL, part[0], part[1]);
}

/* Tags of words: how many arguments each has. */
static const struct {
	const char *word;
	enum html_kind kind;
	size_t arguments;
} words[] = {
	{ "t", HTML_TEXT, 1 },    { "tk", HTML_TEXT_BY, 2 },        { "tn", HTML_PLURAL, 2 },
	{ "date", HTML_DATE, 1 }, { "datetime", HTML_DATETIME, 1 }, { "month", HTML_MONTH, 1 },
};

static enum status
tag_words(struct compiler *c, struct str tag)
{
	struct str part[3] = { 0 };
	size_t count = split(tag, part, ARRAY_LEN(part));

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_is(part[0], words[i].word))
			continue;
		if (count != words[i].arguments + 1)
			return complain(c, "wrong number of words", tag);
		TRY(check_path(c, part[1]));
		if (count == 3)
			TRY(check_path(c, part[2]));
		if (!html_place_takes_value(&c->place))
			return complain(c, "a value cannot be escaped here", tag);
		return add_step(c, words[i].kind, part[1], part[2]);
	}
	return complain(c, "unknown tag", tag);
}

static enum status
tag(struct compiler *c, struct str text)
{
	struct str inner = str_trim(text);
	struct str rest = str_trim(str_slice(inner, 1, inner.n));

	if (inner.n == 0)
		return complain(c, "empty tag", inner);
	switch (inner.p[0]) {
	case '#':
		return tag_open(c, HTML_SECTION, rest);
	case '^':
		return tag_open(c, HTML_INVERTED, rest);
	case '/':
		return tag_close(c, rest);
	case '>':
		return tag_partial(c, rest);
	case '!':
		return OK;
	default:
		if (str_find_char(inner, ' ') < inner.n)
			return tag_words(c, inner);
		return tag_value(c, inner);
	}
}

static enum status
compile(struct compiler *c, struct str text)
{
	while (text.n > 0) {
		size_t start = str_find(text, STR("{{"));
		struct str after = str_slice(text, start + 2, text.n);
		size_t end = str_find(after, STR("}}"));

		TRY(literal(c, str_slice(text, 0, start)));
		if (start == text.n)
			break;
		if (end == after.n)
			return complain(c, "tag without end", str_slice(after, 0, 20));
		TRY(tag(c, str_slice(after, 0, end)));
		for (size_t i = 0; i < end; i++)
			c->line += after.p[i] == '\n';
		text = str_slice(after, end + 2, after.n);
	}
	if (c->open_count > 0)
		return complain(c, "section without end", c->t->steps[c->open[c->open_count - 1].step].a);
	if (c->place.where != HTML_IN_TEXT)
		return complain(c, "the template ends inside a tag", (struct str){ 0 });
	return OK;
}

enum status
html_compile(const struct embedded_file *file, struct html_template *out, struct buf *why)
{
	struct html_template t = { .name = file->name };
	struct compiler c = { .t = &t, .file_name = file->name, .line = 1, .why = why };
	enum status st;

	if (str_ends(t.name, STR(".html")))
		t.name = str_slice(t.name, 0, t.name.n - 5);
	st = str_is_utf8(file->bytes) ? compile(&c, file->bytes) : complain(&c, "not UTF-8", (struct str){ 0 });
	if (st != OK) {
		html_template_clear(&t);
		return st;
	}
	*out = t;
	return OK;
}

void
html_template_clear(struct html_template *t)
{
	free(t->steps);
	*t = (struct html_template){ 0 };
}

/* ---- partials ---- */

static enum status
link_step(struct html_template *all, size_t count, const struct html_template *t, struct html_step *step,
	  struct buf *why)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(all[i].name, step->a)) {
			step->jump = i;
			return OK;
		}
	}
	buf_printf(why, "%.*s.html:%u: unknown partial: %.*s\n", STR_ARG(t->name), step->line, STR_ARG(step->a));
	return E_INVALID;
}

/* A partial that reaches itself reaches any depth. */
static enum status
check_depth(const struct html_template *all, size_t i, size_t depth, struct buf *why)
{
	if (depth == HTML_NESTING_MOST) {
		buf_printf(why, "%.*s.html: partials include each other in a circle\n", STR_ARG(all[i].name));
		return E_INVALID;
	}
	for (size_t s = 0; s < all[i].count; s++)
		if (all[i].steps[s].kind == HTML_PARTIAL)
			TRY(check_depth(all, all[i].steps[s].jump, depth + 1, why));
	return OK;
}

enum status
html_link(struct html_template *all, size_t count, struct buf *why)
{
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < all[i].count; s++)
			if (all[i].steps[s].kind == HTML_PARTIAL)
				TRY(link_step(all, count, &all[i], &all[i].steps[s], why));
	for (size_t i = 0; i < count; i++)
		TRY(check_depth(all, i, 0, why));
	return OK;
}
