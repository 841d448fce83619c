/*
 * html.h: the page templates of authd/portal/templates, rendered over JSON data. Everything is escaped; there is no way
 * to write a value raw.
 *
 *	{{name}} {{a.b}}          value, escaped for text and quoted attributes. Looked up from the innermost section
 *	                          outwards; absent or null gives nothing. Inside a list of plain values: {{.}}
 *	{{#x}}...{{/x}}           once per element of a list; once with its members in scope for an object;
 *	                          once for true, a non-empty string or a number other than 0.
 *	                          Inside a list {{@index}} counts from 0,
 *	                          {{#@first}} {{#@last}} are true at its ends
 *	{{^x}}...{{/x}}           when {{#x}} would give nothing
 *	{{> name}}                the template name.html with the same data
 *	{{> name word}}           the same, and in it {{#word}} is true, whatever the data has under that name
 *	{{t key}}                 the text for key in the page's language; {placeholders} in it are looked up as values
 *	{{tk prefix_ path}}       the text whose key is prefix_ + the value at path
 *	{{tn key path}}           the plural form for the number at path; {n} in it is that number
 *	{{date path}} {{datetime path}} {{month path}}
 *	                          in words; path holds microseconds, RFC 3339 text or "2026-11"
 *	{{! remark}}              nothing
 *
 * Checked when compiled, so that a mistake stops the start and not a page: unknown partials, partials that include
 * themselves, unclosed or crossed sections, values inside <script> or <style>, in a tag outside a quoted attribute, in
 * on* and style attributes; a section must end in the same place of the markup where it began (inside one quoted value,
 * inside one tag, or between tags). A value that starts an href, src, action or formaction is written only when it is
 * relative or has the scheme http, https or mailto, otherwise as "#". "lang" is always defined.
 */
#ifndef AUTHD_HTTP_HTML_H
#define AUTHD_HTTP_HTML_H

#include <jansson.h>

#include "auditlog/base/buf.h"
#include "authd/http/embedded.h"
#include "authd/http/i18n.h"

#define HTML_PAGE_MOST ((size_t)4 << 20)

struct html;

/* Compiles templates ("login.html" is the template "login"). On E_INVALID why tells file, line and what. */
MUST_USE enum status html_new(const struct embedded_table *files, struct html **out, struct buf *why);
void html_free(struct html *h);
/* Every key used with {{t}} and {{tn}} is in every catalogue; E_INVALID with the missing ones in why. */
MUST_USE enum status html_check_keys(const struct html *h, struct buf *why);
/* Appends the page to out. E_NOT_FOUND: no such template. E_TOO_LARGE, E_NOMEM. data is borrowed, an object. */
MUST_USE enum status
html_render(const struct html *h, const char *name, const json_t *data, enum i18n_lang lang, struct buf *out);

/* The embedded templates, compiled once. html_open() at start, before threads, after i18n_open(). */
MUST_USE enum status html_open(struct buf *why);
/* html_open and html_check_keys: what a test and `authd -n` call. */
MUST_USE enum status html_check_all(struct buf *why);
/* A page of the embedded templates. */
MUST_USE enum status html_page(const char *name, const json_t *data, enum i18n_lang lang, struct buf *out);
void html_close(void);

#endif
