/* html_scope.h: where the names in a template are looked up: the data, and each section that narrows it. */
#ifndef AUTHD_HTTP_HTML_SCOPE_H
#define AUTHD_HTTP_HTML_SCOPE_H

#include <jansson.h>

#include "auditlog/base/buf.h"
#include "authd/http/i18n.h"

/* A value that names are looked up in, and the one around it. Lives on the stack of whoever runs the section. */
struct html_scope {
	const json_t *value;
	const struct html_scope *up;
	size_t index, count; /* in a list; count 0 otherwise */
	struct str word;     /* is true here; empty: none is */
};

/* "a.b": a from the innermost scope that has it, then straight down. "." is the innermost value itself. NULL: none. */
const json_t *html_scope_find(const struct html_scope *scope, struct str path);
/* What a section asks; also "@first" and "@last" of the innermost list. */
bool html_scope_is_true(const struct html_scope *scope, struct str path);
/* The value as plain text, not escaped yet; also "@index" of the innermost list, and "lang" unless the data has one. */
void html_scope_put(const struct html_scope *scope, struct str path, enum i18n_lang lang, struct buf *out);

#endif
