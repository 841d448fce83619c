/*
 * datefield.h: days as people type them into a form: "12.09.2016" (Russia writes the day first; "12.9.2016" is the
 * same), or "2016-09-12". Spaces around it do not matter. Slashes are refused: half the world reads them the other way
 * round. Forms alone use this; interfaces for programs take ISO 8601 and nothing else.
 */
#ifndef AUTHD_ACCESS_DATEFIELD_H
#define AUTHD_ACCESS_DATEFIELD_H

#include "auditlog/base/str.h"

#define DATEFIELD_LEN 10

/* "2016-09-12", or "" of a field that was left empty. */
struct datefield {
	char iso[DATEFIELD_LEN + 1];
};

/* E_INVALID: no day of the calendar, or before 1900; *out is empty then. E_SYSTEM. */
MUST_USE enum status datefield_read(struct str typed, struct datefield *out);

#endif
