#include "authd/http/html_place.h"

#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Adds c to a name that is cut short when it is long. */
static void
add(char *name, size_t size, char c)
{
	size_t n = strlen(name);

	if (n + 1 < size) {
		name[n] = lower(c);
		name[n + 1] = '\0';
	}
}

static bool
ends_with(const struct html_place *p, const char *end)
{
	size_t n = strlen(p->tail), m = strlen(end);

	return n >= m && strcmp(p->tail + n - m, end) == 0;
}

static void
remember(struct html_place *p, char c)
{
	size_t n = strlen(p->tail);

	if (n + 1 == sizeof(p->tail)) {
		memmove(p->tail, p->tail + 1, n);
		n--;
	}
	p->tail[n] = lower(c);
	p->tail[n + 1] = '\0';
}

static bool
is_url_attr(const char *attr)
{
	static const char *const names[] = { "href", "src", "action", "formaction", "poster", "data", "xlink:href" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(attr, names[i]) == 0)
			return true;
	return false;
}

static void
end_tag(struct html_place *p)
{
	p->where = strcmp(p->tag, "script") == 0 || strcmp(p->tag, "style") == 0 ? HTML_IN_RAW : HTML_IN_TEXT;
	p->tail[0] = '\0';
}

static void
in_text(struct html_place *p, char c)
{
	if (c == '<') {
		p->where = HTML_IN_NAME;
		p->tag[0] = '\0';
	}
}

static void
in_name(struct html_place *p, char c)
{
	if (c == '>') {
		end_tag(p);
	} else if (is_space(c)) {
		p->where = p->tag[0] != '\0' ? HTML_IN_TAG : HTML_IN_TEXT;
	} else {
		add(p->tag, sizeof(p->tag), c);
		if (strcmp(p->tag, "!--") == 0)
			p->where = HTML_IN_REMARK;
	}
}

static void
in_tag(struct html_place *p, char c)
{
	if (c == '>') {
		end_tag(p);
	} else if (!is_space(c) && c != '/') {
		p->attr[0] = '\0';
		add(p->attr, sizeof(p->attr), c);
		p->where = HTML_IN_ATTR;
	}
}

static void
in_attr(struct html_place *p, char c)
{
	if (c == '>')
		end_tag(p);
	else if (c == '=')
		p->where = HTML_IN_EQUALS;
	else if (is_space(c))
		p->where = HTML_IN_TAG;
	else
		add(p->attr, sizeof(p->attr), c);
}

static void
in_equals(struct html_place *p, char c)
{
	if (c == '"' || c == '\'') {
		p->where = HTML_IN_QUOTES;
		p->quote = c;
		p->url_open = is_url_attr(p->attr);
	} else if (c == '>') {
		end_tag(p);
	} else if (!is_space(c)) {
		p->where = HTML_IN_BARE;
	}
}

static void
in_quotes(struct html_place *p, char c)
{
	if (c == p->quote)
		p->where = HTML_IN_TAG;
	/* After one of these nothing can be a scheme any more. */
	else if (c == '/' || c == '?' || c == '#')
		p->url_open = false;
}

static void
in_bare(struct html_place *p, char c)
{
	if (c == '>')
		end_tag(p);
	else if (is_space(c))
		p->where = HTML_IN_TAG;
}

static void
read_char(struct html_place *p, char c)
{
	remember(p, c);
	switch (p->where) {
	case HTML_IN_TEXT:
		in_text(p, c);
		break;
	case HTML_IN_NAME:
		in_name(p, c);
		break;
	case HTML_IN_TAG:
		in_tag(p, c);
		break;
	case HTML_IN_ATTR:
		in_attr(p, c);
		break;
	case HTML_IN_EQUALS:
		in_equals(p, c);
		break;
	case HTML_IN_QUOTES:
		in_quotes(p, c);
		break;
	case HTML_IN_BARE:
		in_bare(p, c);
		break;
	case HTML_IN_REMARK:
		if (ends_with(p, "-->"))
			p->where = HTML_IN_TEXT;
		break;
	case HTML_IN_RAW:
		if (ends_with(p, "</script") || ends_with(p, "</style")) {
			p->where = HTML_IN_NAME;
			strcpy(p->tag, "/");
		}
		break;
	}
}

void
html_place_read(struct html_place *p, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		read_char(p, text.p[i]);
}

bool
html_place_takes_value(const struct html_place *p)
{
	if (p->where == HTML_IN_TEXT)
		return true;
	/* Escaping does not help where the browser reads a program or a style. */
	return p->where == HTML_IN_QUOTES && strncmp(p->attr, "on", 2) != 0 && strcmp(p->attr, "style") != 0 &&
	       strcmp(p->attr, "srcdoc") != 0;
}

bool
html_place_is_url(const struct html_place *p)
{
	return p->where == HTML_IN_QUOTES && p->url_open;
}

bool
html_place_takes_section(const struct html_place *p)
{
	return p->where == HTML_IN_TEXT || p->where == HTML_IN_TAG || p->where == HTML_IN_QUOTES;
}

bool
html_place_join(struct html_place *p, const struct html_place *start)
{
	/* `<input {{#c}}checked{{/c}}`: a space or the end of the tag must follow, never an '=' that belongs to
	 * neither. */
	if (start->where == HTML_IN_TAG && (p->where == HTML_IN_ATTR || p->where == HTML_IN_BARE)) {
		p->where = HTML_IN_BARE;
		return strcmp(p->tag, start->tag) == 0;
	}
	if (p->where != start->where)
		return false;
	p->url_open |= start->url_open;
	if (p->where == HTML_IN_QUOTES)
		return p->quote == start->quote && strcmp(p->attr, start->attr) == 0;
	return p->where == HTML_IN_TEXT || strcmp(p->tag, start->tag) == 0;
}
