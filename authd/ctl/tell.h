/* tell.h: how subcommands of authctl stop early, and how they print what the server answered. */
#ifndef AUTHD_CTL_TELL_H
#define AUTHD_CTL_TELL_H

#include <jansson.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/cli.h"

/* Leaves a subcommand with the exit status of expr unless it says CLI_GO. */
#define GO(expr)                                                                                                       \
	do {                                                                                                           \
		int go_ = (expr);                                                                                      \
		if (go_ != CLI_GO)                                                                                     \
			return go_;                                                                                    \
	} while (0)

/* "program: text" on stderr; returns exit, so that `return tell(...)` is the whole sentence. */
int tell(const char *program, int exit, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* For status other than OK: what went wrong here, not at the server; CLI_CANNOT. CLI_GO for OK. */
int tell_status(const char *program, const char *doing, enum status st);

enum tell_kind {
	TELL_TEXT,
	TELL_NUMBER,
	TELL_YES_NO,
	TELL_TIME, /* microseconds since 1970, printed as RFC 3339 */
};

/* A column of a table or a line of a page; a record without the member shows nothing there. */
struct tell_field {
	const char *title;
	const char *member; /* a.b for a member of a member */
	enum tell_kind kind;
};

/* Appends one row for each object of the array under a row of titles, columns aligned; only the titles when there is
 * none. */
void tell_put_table(struct buf *out, const struct tell_field *fields, size_t n, const json_t *records);
/* Appends "title: value" lines for the members that are there. */
void tell_put_page(struct buf *out, const struct tell_field *fields, size_t n, const json_t *record);
/* Appends the JSON as the server said it, indented, and a line feed. */
void tell_put_json(struct buf *out, const json_t *json);
/* Writes it all to stdout. CLI_HOLDS, or CLI_CANNOT when the output is closed or full. */
int tell_out(const char *program, const struct buf *text);

#endif
