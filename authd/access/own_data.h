/*
 * own_data.h: everything that is known of one person, as one document: for the person (/export) and for the
 * administrator whom they asked (authctl subject export).
 *
 * The database's rows of this person and no others; the log's entries that carry one of the person's tags, with what
 * was sealed for them opened. No secret is in it: of factors only that they are there.
 */
#ifndef AUTHD_ACCESS_OWN_DATA_H
#define AUTHD_ACCESS_OWN_DATA_H

#include <jansson.h>

#include "auditlog/base/buf.h"

struct request;
struct store_person;

#define OWN_DATA_ENTRIES_MOST 5000               /* entries of the log in one document, */
#define OWN_DATA_LINES_MOST   ((size_t)4 << 20)  /* and bytes of their lines */
#define OWN_DATA_TEXT_MOST    ((size_t)12 << 20) /* bytes of a document */

struct own_data_range {
	struct str from, to; /* months of the entries, both included: "2026-01"; empty: all */
};

/* E_INVALID unless both are months or empty. */
MUST_USE enum status own_data_check_range(const struct own_data_range *range);
/*
 * Collects. The members are in the manual of authctl(1); "complete" is false when there are more entries in the range
 * than fit: then ask for fewer months. *out is the caller's. Runs on a worker, for seconds: SERVER_LONG routes.
 */
MUST_USE enum status
own_data_collect(struct request *rq, const struct store_person *p, const struct own_data_range *range, json_t **out);

/* The document as a file. */
enum own_data_form { OWN_DATA_JSON, OWN_DATA_HTML };
/* "json", "html"; E_INVALID. */
MUST_USE enum status own_data_form_parse(struct str name, enum own_data_form *out);
MUST_USE enum status own_data_write(struct request *rq, const json_t *data, enum own_data_form form, struct buf *out);

#endif
