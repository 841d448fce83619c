/* consenting_parts.h: what the files of consenting.h share. */
#ifndef AUTHD_ACCESS_CONSENTING_PARTS_H
#define AUTHD_ACCESS_CONSENTING_PARTS_H

#include "auditlog/base/buf.h"

bool consenting_contains(const struct str *list, size_t n, struct str s);
/* Appends "eligibility/3", as entries name a purpose. */
MUST_USE enum status consenting_purpose_ref(struct str id, unsigned version, struct buf *out);

#endif
