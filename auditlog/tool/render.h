/* render.h: entries for people: one line, a page, or a row of CSV. Texts come out as they were meant, not as spelt. */
#ifndef AUDITLOG_TOOL_RENDER_H
#define AUDITLOG_TOOL_RENDER_H

#include "auditlog/core/entry.h"

enum render_form {
	RENDER_LINE, /* one line for people */
	RENDER_PAGE, /* all members, one a line, and an empty line */
	RENDER_JSON, /* the stored line as it is */
	RENDER_CSV,  /* a row under render_csv_head(); tags of several people are joined by spaces */
};

void render_entry(struct buf *out, enum render_form form, const struct entry_view *v, struct str line);
/* The names of the columns of RENDER_CSV. */
void render_csv_head(struct buf *out);

#endif
