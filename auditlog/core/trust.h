/* trust.h: the verifier keys of logs that somebody trusts. Pure: what is read from where is the caller's. */
#ifndef AUDITLOG_CORE_TRUST_H
#define AUDITLOG_CORE_TRUST_H

#include "auditlog/core/note.h"

#define TRUST_MAX      32
#define TRUST_FILE_MAX ((size_t)64 << 10)

struct trust {
	size_t n;
	struct note_key key[TRUST_MAX];
};

/* Adds one key as it is. Doubles are skipped. E_TOO_LARGE. */
MUST_USE enum status trust_add_key(struct trust *k, const struct note_key *key);
/* Adds one log key. E_INVALID, E_UNSUPPORTED (a witness's key: it belongs in a policy), E_TOO_LARGE. Doubles are
 * skipped. */
MUST_USE enum status trust_add(struct trust *k, struct str vkey);
/* Adds every line of a text; empty ones and those that start with # do not count. E_NOT_FOUND when none is left. */
MUST_USE enum status trust_add_lines(struct trust *k, struct str text);

#endif
