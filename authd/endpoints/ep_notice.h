/* ep_notice.h: how the text of a notice becomes a page. */
#ifndef AUTHD_ENDPOINTS_EP_NOTICE_H
#define AUTHD_ENDPOINTS_EP_NOTICE_H

#include <jansson.h>

#include "auditlog/base/str.h"

/*
 * Plain text with blank lines between paragraphs; lines that start with "# " are headings, with "- " items of a list:
 * [{heading, paragraph, text, list}], for the template notice_text.
 */
json_t *ep_notice_paragraphs(struct str text);

#endif
