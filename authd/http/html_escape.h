/* html_escape.h: what may stand in a page as it is, and what is written in its place. */
#ifndef AUTHD_HTTP_HTML_ESCAPE_H
#define AUTHD_HTTP_HTML_ESCAPE_H

#include "auditlog/base/buf.h"

/* Escapes & < > " ' for text and quoted attributes; U+FFFD stands for what would turn the direction of the text. */
void html_escape_put(struct buf *out, struct str s);
/* The same for a value that starts an address: "#" in place of one with a scheme that could run something. */
void html_escape_put_url(struct buf *out, struct str url);

#endif
