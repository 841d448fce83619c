/* breakglass_parts.h: what the files of breakglass.h share. Nobody else includes this. */
#ifndef AUTHD_ACCESS_BREAKGLASS_PARTS_H
#define AUTHD_ACCESS_BREAKGLASS_PARTS_H

#include "authd/access/breakglass.h"
#include "authd/access/officers.h"
#include "authd/audit/audit.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

/* Where the operator's (reviewed: the reviewer's) words stand. */
struct keys_place breakglass_place(const struct store_breakglass *b, bool reviewed);
/* Sealed for the person; for whom nobody knows under a key of the column: it must read the same to the officer. */
MUST_USE enum status breakglass_seal(struct authd *a, const struct store_person *person,
				     const struct store_breakglass *b, bool reviewed, struct str text, struct buf *out);
/* The person, or an empty row when nobody knows them (or does any more). */
MUST_USE enum status breakglass_person(struct store *db, struct str sub, struct store_person *out);
/* An event that refers to the entry of b and is about the person, when there is one. */
void breakglass_about(struct audit_event *ev, const struct store_breakglass *b, const struct store_person *person);

/* In the transaction of what they are told of; nobody when there is nobody. */
MUST_USE enum status breakglass_tell_officers(struct store_tx *tx, const json_t *officers,
					      const struct store_breakglass *b, enum inbox_kind kind);
MUST_USE enum status breakglass_tell_person(struct store_tx *tx, const struct store_person *person,
					    const struct store_breakglass *b, enum inbox_kind kind);
MUST_USE enum status
breakglass_tell_operator(struct store_tx *tx, struct str sub, const struct store_breakglass *b, enum inbox_kind kind);
/* E_DENIED own_matter, said: one of the two represents the other, now. */
MUST_USE enum status breakglass_check_strangers(struct request *rq, struct str a, struct str b, const char *why);

#endif
