/* html_run.h: compiled steps at work on data: the page. Internal to authd/http. */
#ifndef AUTHD_HTTP_HTML_RUN_H
#define AUTHD_HTTP_HTML_RUN_H

#include <jansson.h>

#include "authd/http/html_compile.h"
#include "authd/http/i18n.h"

/* Templates that were linked with each other, and whom the page is for. */
struct html_run {
	const struct html_template *templates;
	enum i18n_lang lang;
	struct buf *out; /* says when the page does not fit */
};

/* Appends what t makes of data, an object. */
void html_run(const struct html_run *r, const struct html_template *t, const json_t *data);

#endif
