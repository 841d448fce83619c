/* basis.h: what a permit can rest on (GDPR art. 6 and 152-FZ art. 6 in short). */
#ifndef AUTHD_POLICY_BASIS_H
#define AUTHD_POLICY_BASIS_H

#include "auditlog/base/str.h"

enum basis { BASIS_NONE, BASIS_CONSENT, BASIS_STATUTE, BASIS_CONTRACT, BASIS_VITAL, BASIS_BREAK_GLASS, BASIS_COUNT };

/* "consent", "statute" ...; "none" for BASIS_NONE. */
const char *basis_name(enum basis b);

/* E_NOT_FOUND for anything else, also for "none". */
MUST_USE enum status basis_parse(struct str name, enum basis *out);

#endif
