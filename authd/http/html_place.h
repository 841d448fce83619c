/*
 * html_place.h: where in the markup a template stands, so that the compiler can tell which values are safe there. It
 * reads the literal text between the {{tags}}. Internal to authd/http.
 */
#ifndef AUTHD_HTTP_HTML_PLACE_H
#define AUTHD_HTTP_HTML_PLACE_H

#include <stdbool.h>

#include "auditlog/base/str.h"

enum html_where {
	HTML_IN_TEXT,   /* between tags */
	HTML_IN_NAME,   /* "<di" */
	HTML_IN_TAG,    /* "<div " */
	HTML_IN_ATTR,   /* "<div cla" */
	HTML_IN_EQUALS, /* "<div class=" */
	HTML_IN_BARE,   /* "<div class=x" */
	HTML_IN_QUOTES, /* "<div class=\"" */
	HTML_IN_REMARK, /* "<!-- " */
	HTML_IN_RAW,    /* inside script or style */
};

struct html_place {
	enum html_where where;
	char quote;
	bool url_open; /* in a quoted URL where a scheme could still be written */
	char tag[16];  /* lower case, cut short */
	char attr[16];
	char tail[10]; /* last literal characters, for "-->" and "</script" */
};

/* Reads literal text. */
void html_place_read(struct html_place *p, struct str text);
/* A value may be written here, escaped. */
bool html_place_takes_value(const struct html_place *p);
/* A value here could choose the scheme of a URL. */
bool html_place_is_url(const struct html_place *p);
/* A section may begin here: between tags, between attributes, in a quoted value. */
bool html_place_takes_section(const struct html_place *p);
/*
 * p is where a section ended and start where it began; it may be left out, so what follows must be safe in both. False
 * when they differ; otherwise p becomes what is true of both.
 */
bool html_place_join(struct html_place *p, const struct html_place *start);

#endif
