#include "authd/http/html.h"

#include <stdlib.h>

#include "authd/http/html_compile.h"
#include "authd/http/html_run.h"

struct html {
	struct html_template *templates;
	size_t count;
};

static struct html *embedded;

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
	const struct html_run r = { h->templates, lang, out };

	if (t == NULL)
		return E_NOT_FOUND;
	html_run(&r, t, data);
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

void
html_close(void)
{
	html_free(embedded);
	embedded = NULL;
}
