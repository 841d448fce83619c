#include "auditlog/tool/loglist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/core/note.h"

/* Where we are and where to say what is wrong. */
struct reader {
	struct loglist *list;
	unsigned line;
	char *why;
	size_t why_size;
};

static enum status refuse(struct reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static enum status
refuse(struct reader *r, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(r->why, r->why_size, "line %u: ", r->line);

	va_start(args, fmt);
	if (n > 0 && (size_t)n < r->why_size)
		vsnprintf(r->why + n, r->why_size - (size_t)n, fmt, args);
	va_end(args);
	str_tame(r->why);
	return E_INVALID;
}

/* The next word, cut off the front of *line. */
static struct str
word(struct str *line)
{
	struct str w;
	size_t n = 0;

	*line = str_trim(*line);
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	w = str_slice(*line, 0, n);
	*line = str_slice(*line, n, line->n);
	return w;
}

static struct str
name_of(struct str vkey)
{
	return str_slice(vkey, 0, str_find_char(vkey, '+'));
}

static enum status
check_new(struct reader *r, struct str vkey, struct str place)
{
	for (size_t i = 0; i < r->list->n; i++) {
		if (str_is(place, r->list->item[i].place))
			return refuse(r, "%.*s is named twice", STR_ARG(place));
		if (str_eq(name_of(vkey), name_of(str_of(r->list->item[i].vkey))))
			return refuse(r, "the log %.*s is named twice", STR_ARG(name_of(vkey)));
	}
	return OK;
}

static enum status
add(struct reader *r, struct str vkey, struct str place)
{
	struct loglist_item *item = &r->list->item[r->list->n];
	struct note_key key;

	if (note_parse_vkey(vkey, &key) != OK || key.type != NOTE_ED25519)
		return refuse(r, "%.*s is no verifier key of a log", STR_ARG(vkey));
	if (place.n == 0)
		return refuse(r, "behind the key comes the directory or https URL of the log");
	TRY(check_new(r, vkey, place));
	if (r->list->n == LOGLIST_MAX) {
		(void)refuse(r, "more than %d logs", LOGLIST_MAX);
		return E_TOO_LARGE;
	}
	r->list->n++;
	TRY(str_dup(vkey, &item->vkey));
	return str_dup(place, &item->place);
}

static enum status
read_line(struct reader *r, struct str line)
{
	struct str statement = word(&line), vkey, place;

	if (statement.n == 0 || statement.p[0] == '#')
		return OK;
	if (!str_is(statement, "log"))
		return refuse(r, "\"%.*s\": a list of logs has lines \"log VKEY PLACE\" and nothing else",
			      STR_ARG(statement));
	vkey = word(&line);
	place = word(&line);
	if (word(&line).n > 0)
		return refuse(r, "there is more behind the place %.*s", STR_ARG(place));
	return add(r, vkey, place);
}

enum status
loglist_parse(struct str text, struct loglist *out, char *why, size_t why_size)
{
	struct reader r = { .list = out, .why = why, .why_size = why_size };
	struct str line;

	*out = (struct loglist){ 0 };
	if (memchr(text.p ? text.p : "", '\0', text.n) != NULL)
		return refuse(&r, "it is no text");
	while (str_next(&text, '\n', &line)) {
		r.line++;
		TRY(read_line(&r, line));
	}
	return out->n > 0 ? OK : refuse(&r, "it names no log");
}

void
loglist_clear(struct loglist *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].vkey);
		free(l->item[i].place);
	}
	*l = (struct loglist){ 0 };
}
