/*
 * store_consent_identity.h: the particulars of a person and a representative as they stood in a consent when it was
 * given (152-FZ 9(4) items 1 and 2), sealed under the person's key. An erasure deletes them; the record stays, and
 * names nobody.
 */
#ifndef AUTHD_STORE_STORE_CONSENT_IDENTITY_H
#define AUTHD_STORE_STORE_CONSENT_IDENTITY_H

#include "authd/store/store.h"

struct store_consent_identity {
	struct str record_id;
	struct str sub;
	struct str sealed; /* keys_field_seal() at consent/identity/<record id> */
	struct store_result *mem;
};

void store_consent_identity_clear(struct store_consent_identity *i);

/* In the transaction that adds the record. E_CONFLICT: the record has some; E_NOT_FOUND: no such record (both end it).
 */
MUST_USE enum status store_consent_identity_add(struct store_tx *tx, const struct store_consent_identity *i);
/* E_NOT_FOUND: none is kept, or the person was erased. */
MUST_USE enum status
store_consent_identity_find(struct store *db, struct str record_id, struct store_consent_identity *out);

#endif
