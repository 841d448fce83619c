#include "authd/ctl/tell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/file.h"

#define COLUMNS_MOST 8
#define GAP          2

int
tell(const char *program, int exit, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return exit;
}

int
tell_status(const char *program, const char *doing, enum status st)
{
	return st == OK ? CLI_GO : tell(program, CLI_CANNOT, "%s: %s", doing, status_name(st));
}

/* ---- values ---- */

static const json_t *
member(const json_t *record, const char *path)
{
	struct str rest = str_of(path), step;

	while (str_next(&rest, '.', &step))
		record = json_object_getn(record, step.p, step.n);
	return record;
}

/*
 * Bytes that a terminal must not see as they are: controls (U+0000..1F, U+7F, U+80..9F), line and paragraph ends
 * (U+2028, U+2029), and what turns the direction of a text, so that it reads as another (U+061C, U+200E, U+200F,
 * U+202A..2E, U+2066..69). 0: none here; else as many as they take, and which it is.
 */
static size_t
control_at(struct str s, size_t i, unsigned *which)
{
	const unsigned char c = (unsigned char)s.p[i];
	const unsigned char d = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;
	const unsigned char e = i + 2 < s.n ? (unsigned char)s.p[i + 2] : 0;

	*which = c;
	if (c < 0x20 || c == 0x7f)
		return 1;
	*which = (c & 0x1fu) << 6 | (d & 0x3fu);
	if ((c == 0xc2 && d >= 0x80 && d < 0xa0) || (c == 0xd8 && d == 0x9c))
		return 2;
	*which = (c & 0xfu) << 12 | (d & 0x3fu) << 6 | (e & 0x3fu);
	if (c != 0xe2 || (d != 0x80 && d != 0x81))
		return 0;
	return *which == 0x200e || *which == 0x200f || (*which >= 0x2028 && *which <= 0x202e) ||
		       (*which >= 0x2066 && *which <= 0x2069)
		   ? 3
		   : 0;
}

/* What others chose as a name must not move the cursor of a terminal, nor read as another: such a character is '?'. */
static void
put_text(struct buf *out, struct str s)
{
	unsigned which;

	for (size_t i = 0; i < s.n;) {
		size_t control = control_at(s, i, &which);

		buf_put_char(out, control > 0 ? '?' : s.p[i]);
		i += control > 0 ? control : 1;
	}
}

static void
put_value(struct buf *out, const json_t *v, enum tell_kind kind)
{
	if (v == NULL || json_is_null(v))
		return;
	if (json_is_string(v))
		put_text(out, str_from(json_string_value(v), json_string_length(v)));
	else if (json_is_boolean(v))
		buf_put_cstr(out, json_is_true(v) ? "yes" : "no");
	else if (json_is_integer(v) && kind == TELL_TIME)
		clock_put_rfc3339_seconds(out, json_integer_value(v));
	else if (json_is_integer(v))
		buf_printf(out, "%" PRId64, (int64_t)json_integer_value(v));
}

/* ---- tables ---- */

/* Characters, not bytes: names are in Cyrillic as often as not. */
static size_t
width(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
put_cell(struct buf *out, struct str text, size_t wide, bool last)
{
	buf_put(out, text);
	for (size_t i = width(text); !last && i < wide + GAP; i++)
		buf_put_char(out, ' ');
}

static size_t
column_width(const struct tell_field *field, const json_t *records)
{
	CLEANUP(buf_clear) struct buf cell = { 0 };
	size_t wide = width(str_of(field->title));

	for (size_t i = 0; i < json_array_size(records); i++) {
		buf_reset(&cell);
		put_value(&cell, member(json_array_get(records, i), field->member), field->kind);
		if (width(buf_str(&cell)) > wide)
			wide = width(buf_str(&cell));
	}
	return wide;
}

static void
put_row(struct buf *out, const struct tell_field *fields, size_t n, const size_t *wide, const json_t *record)
{
	CLEANUP(buf_clear) struct buf cell = { 0 };

	for (size_t i = 0; i < n; i++) {
		buf_reset(&cell);
		if (record == NULL)
			buf_put_cstr(&cell, fields[i].title);
		else
			put_value(&cell, member(record, fields[i].member), fields[i].kind);
		put_cell(out, buf_str(&cell), wide[i], i + 1 == n);
	}
	buf_put_char(out, '\n');
}

void
tell_put_table(struct buf *out, const struct tell_field *fields, size_t n, const json_t *records)
{
	size_t wide[COLUMNS_MOST];

	n = n < COLUMNS_MOST ? n : COLUMNS_MOST;
	for (size_t i = 0; i < n; i++)
		wide[i] = column_width(&fields[i], records);
	put_row(out, fields, n, wide, NULL);
	for (size_t i = 0; i < json_array_size(records); i++)
		put_row(out, fields, n, wide, json_array_get(records, i));
}

/* ---- pages ---- */

void
tell_put_page(struct buf *out, const struct tell_field *fields, size_t n, const json_t *record)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = member(record, fields[i].member);

		if (v == NULL || json_is_null(v))
			continue;
		buf_printf(out, "%s: ", fields[i].title);
		put_value(out, v, fields[i].kind);
		buf_put_char(out, '\n');
	}
}

/* The same value for a program; no terminal obeys it. Below U+20 there are only the line ends between members. */
void
tell_put_json(struct buf *out, const json_t *json)
{
	CLEANUP(freep) char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
	struct str s = str_of(text);
	unsigned which;

	if (text == NULL)
		out->failed = E_NOMEM;
	for (size_t i = 0; i < s.n;) {
		size_t control = control_at(s, i, &which);

		if (control > 0 && which >= 0x7f)
			buf_printf(out, "\\u%04X", which);
		else
			buf_put_char(out, s.p[i]);
		i += control > 0 ? control : 1;
	}
	buf_put_char(out, '\n');
}

int
tell_out(const char *program, const struct buf *text)
{
	GO(tell_status(program, "making the output", buf_status(text)));
	GO(tell_status(program, "writing the output", file_write_all(STDOUT_FILENO, text->p, text->n)));
	return CLI_HOLDS;
}
