/* json_write.h: JSON for the outside: texts of documents, and the values that documents are put together from. */
#ifndef AUTHD_HTTP_JSON_WRITE_H
#define AUTHD_HTTP_JSON_WRITE_H

#include <jansson.h>
#include <stdint.h>

#include "auditlog/base/buf.h"

/* Compact, members in insertion order. */
MUST_USE enum status json_write(const json_t *json, struct buf *out);
/* Compact, members sorted by bytes, no floating-point numbers (E_INVALID): equal values give equal bytes. */
MUST_USE enum status json_write_canonical(const json_t *json, struct buf *out);
/* A JSON string of s, quotes included; s must be UTF-8. */
void json_put_string(struct buf *out, struct str s);
/* json_stringn for a struct str; NULL when s is not UTF-8 or memory is short. */
json_t *json_of_str(struct str s);
/* A moment in microseconds as "2026-11-22T12:00:00Z". */
json_t *json_of_time(int64_t us);

#endif
