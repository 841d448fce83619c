#include "authd/http/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/http/http_chars.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define NAME_SHOWN 48

static enum status
complain(struct form *f, const char *what, struct str name)
{
	/* Names are shown only when they are harmless text themselves. */
	if (name.n > 0 && name.n <= NAME_SHOWN && str_only(name, NAME_CHARS))
		snprintf(f->error, sizeof(f->error), "parameter %.*s: %s", STR_ARG(name), what);
	else
		snprintf(f->error, sizeof(f->error), "%s", what);
	return E_INVALID;
}

void
form_clear(struct form *f)
{
	free(f->pairs);
	buf_clear(&f->bytes);
	*f = (struct form){ 0 };
}

/* One character of a value: plain, '+' for a space, or escaped. */
static enum status
next_char(struct str in, size_t *i, char *out)
{
	char c = in.p[*i];
	int hi, lo;

	if (c == '%') {
		if (*i + 2 >= in.n)
			return E_INVALID;
		hi = http_hex_digit(in.p[*i + 1]);
		lo = http_hex_digit(in.p[*i + 2]);
		if (hi < 0 || lo < 0)
			return E_INVALID;
		*out = (char)(unsigned char)(hi * 16 + lo);
		*i += 3;
		return OK;
	}
	/* ';' is a second separator to some readers and a plain character to others. */
	if (c <= 0x20 || c >= 0x7f || c == ';')
		return E_INVALID;
	*out = c == '+' ? ' ' : c;
	*i += 1;
	return OK;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			return false;
	}
	return str_is_utf8(s);
}

/* Decodes into f->bytes, which is large enough from the start and does not move. */
static enum status
decode(struct form *f, struct str in, struct str *out)
{
	size_t start = f->bytes.n;
	struct str all;

	for (size_t i = 0; i < in.n;) {
		char c;

		TRY(next_char(in, &i, &c));
		buf_put_char(&f->bytes, c);
	}
	TRY(buf_status(&f->bytes));
	all = buf_str(&f->bytes);
	*out = str_from(all.p + start, all.n - start);
	return is_text(*out) ? OK : E_INVALID;
}

static bool
is_listed(struct str name, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		if (str_is(name, *list))
			return true;
	return false;
}

static enum status
add_pair(struct form *f, struct str piece, const char *const *may_repeat)
{
	size_t equals = str_find_char(piece, '=');
	struct form_pair *pair = &f->pairs[f->count];

	if (f->count == FORM_PAIRS_MOST)
		return complain(f, "too many parameters", (struct str){ 0 });
	if (!str_only(str_slice(piece, 0, equals), NAME_CHARS))
		return complain(f, "malformed parameter name", (struct str){ 0 });
	TRY(decode(f, str_slice(piece, 0, equals), &pair->name));
	if (decode(f, str_slice(piece, equals + 1, piece.n), &pair->value) != OK)
		return complain(f, "malformed value", pair->name);
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->pairs[i].name, pair->name) && !is_listed(pair->name, may_repeat))
			return complain(f, "given more than once", pair->name);
	f->count++;
	return OK;
}

static enum status
parse(struct str text, const char *const *may_repeat, struct form *f)
{
	struct str rest = text, piece;

	f->bytes = BUF(text.n + 1);
	f->pairs = calloc(FORM_PAIRS_MOST + 1, sizeof(*f->pairs));
	if (f->pairs == NULL || buf_room(&f->bytes, text.n + 1) == NULL)
		return E_NOMEM;
	while (rest.n > 0 && str_next(&rest, '&', &piece))
		TRY(add_pair(f, piece, may_repeat));
	/* "a=1&": a pair is missing. */
	if (text.n > 0 && text.p[text.n - 1] == '&')
		return complain(f, "malformed parameter name", (struct str){ 0 });
	return OK;
}

enum status
form_parse(struct str text, const char *const *may_repeat, struct form *out)
{
	struct form f = { 0 };
	enum status st = parse(text, may_repeat, &f);

	if (st != OK) {
		memcpy(out->error, f.error, sizeof(f.error));
		form_clear(&f);
		return st;
	}
	*out = f;
	return OK;
}

enum status
form_from_body(const struct http_request *req, const char *const *may_repeat, struct form *out)
{
	TRY(form_media_type(req, "application/x-www-form-urlencoded"));
	return form_parse(req->body, may_repeat, out);
}

enum status
form_from_query(const struct http_request *req, const char *const *may_repeat, struct form *out)
{
	return form_parse(req->query, may_repeat, out);
}

struct str
form_get_nth(const struct form *f, const char *name, size_t i)
{
	for (size_t at = 0; at < f->count; at++)
		if (str_is(f->pairs[at].name, name) && i-- == 0)
			return f->pairs[at].value;
	return (struct str){ 0 };
}

struct str
form_get(const struct form *f, const char *name)
{
	return form_get_nth(f, name, 0);
}

enum status
form_opt(struct form *f, const char *name, size_t max, struct str *out)
{
	struct str value = form_get(f, name);

	if (value.n > max)
		return complain(f, "too long", str_of(name));
	*out = value;
	return OK;
}

enum status
form_need(struct form *f, const char *name, size_t max, struct str *out)
{
	if (form_get(f, name).n == 0)
		return complain(f, "is required", str_of(name));
	return form_opt(f, name, max, out);
}

enum status
form_media_type(const struct http_request *req, const char *type)
{
	struct str value, params;
	size_t semicolon;

	if (http_header_one(req, "content-type", &value) != OK)
		return E_UNSUPPORTED;
	semicolon = str_find_char(value, ';');
	if (!str_eq_nocase(str_trim(str_slice(value, 0, semicolon)), str_of(type)))
		return E_UNSUPPORTED;
	if (semicolon == value.n)
		return OK;
	params = str_trim(str_slice(value, semicolon + 1, value.n));
	if (str_eq_nocase(params, STR("charset=utf-8")) || str_eq_nocase(params, STR("charset=\"utf-8\"")))
		return OK;
	return E_UNSUPPORTED;
}

void
form_put_escaped(struct buf *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (str_only(str_slice(s, i, i + 1), NAME_CHARS "~")) {
			buf_put_char(out, (char)c);
			continue;
		}
		buf_put_char(out, '%');
		buf_put_char(out, digits[c >> 4]);
		buf_put_char(out, digits[c & 15]);
	}
}

void
form_put_param(struct buf *url, const char *name, struct str value)
{
	struct str so_far = buf_str(url);
	bool query = str_find_char(so_far, '?') < so_far.n;

	buf_put_char(url, query ? '&' : '?');
	form_put_escaped(url, str_of(name));
	buf_put_char(url, '=');
	form_put_escaped(url, value);
}
