/* consenting_parts.h: what the files of consenting.h share. */
#ifndef AUTHD_ACCESS_CONSENTING_PARTS_H
#define AUTHD_ACCESS_CONSENTING_PARTS_H

#include "auditlog/base/buf.h"
#include "authd/audit/audit.h"

struct consenting_giver;

bool consenting_contains(const struct str *list, size_t n, struct str s);
/* Appends "eligibility/3", as entries name a purpose. */
MUST_USE enum status consenting_purpose_ref(struct str id, unsigned version, struct buf *out);
/* An empty text as SQL's NULL. */
struct str consenting_or_null(struct str s);
/* Whom the event concerns, who acted (by.operator) and how: facts mandate, channel, confirmation, assisted_by,
 * second_operator, paper. */
void consenting_giver_sign(const struct consenting_giver *giver, struct audit_event *ev);

#endif
