/* html_compile.h: a template as a list of steps. Internal to authd/http. */
#ifndef AUTHD_HTTP_HTML_COMPILE_H
#define AUTHD_HTTP_HTML_COMPILE_H

#include "auditlog/base/buf.h"
#include "authd/http/embedded.h"

/* Sections and partials inside one another; bounds the renderer's recursion. */
#define HTML_NESTING_MOST 24

enum html_kind {
	HTML_LITERAL,  /* a: text */
	HTML_VALUE,    /* a: path */
	HTML_URL,      /* a: path; the value may not choose a dangerous scheme */
	HTML_SECTION,  /* a: path; jump: its end */
	HTML_INVERTED, /* a: path; jump: its end */
	HTML_END,      /* a: path */
	HTML_PARTIAL,  /* a: template name, b: what is true in it; jump: its number, set by html_link() */
	HTML_TEXT,     /* a: key */
	HTML_TEXT_BY,  /* a: prefix, b: path */
	HTML_PLURAL,   /* a: key, b: path */
	HTML_DATE,     /* a: path */
	HTML_DATETIME, /* a: path */
	HTML_MONTH,    /* a: path */
};

struct html_step {
	enum html_kind kind;
	struct str a, b;
	size_t jump;
	unsigned line;
};

struct html_template {
	struct str name; /* without ".html" */
	struct html_step *steps;
	size_t count, cap;
};

/* Compiles one file; steps point into its bytes. E_INVALID: why says file, line and what. */
MUST_USE enum status html_compile(const struct embedded_file *file, struct html_template *out, struct buf *why);
/* Finds partials by name and refuses unknown ones and circles. */
MUST_USE enum status html_link(struct html_template *all, size_t count, struct buf *why);
void html_template_clear(struct html_template *t);

#endif
