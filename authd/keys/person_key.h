/*
 * person_key.h: K_s, the random key of one person, and what comes from it: monthly tags, consent tags, sealed details
 * of log entries, fields of the person's profile. It exists in clear only here, for the length of one request; deleting
 * its wrapped form erases everything that was sealed under it.
 */
#ifndef AUTHD_KEYS_PERSON_KEY_H
#define AUTHD_KEYS_PERSON_KEY_H

#include "authd/keys/envelope.h"
#include "authd/keys/keyring.h"

#define PERSON_KEY_TAG_LEN 22

/* Appends a new K_s, wrapped and bound to sub. */
MUST_USE enum status person_key_new(const struct keyring *ring, struct str sub, struct buf *wrapped);
/* E_CORRUPT when wrapped was not made for this sub. The caller's CLEANUP(envelope_key_clear) wipes it. */
MUST_USE enum status
person_key_unwrap(const struct keyring *ring, struct str sub, struct str wrapped, struct envelope_key *out);

/* month is "YYYY-MM" (E_INVALID). Appends PERSON_KEY_TAG_LEN characters. */
MUST_USE enum status person_key_tag(const struct envelope_key *ks, struct str month, struct buf *out);
MUST_USE enum status person_key_consent_tag(const struct envelope_key *ks, struct str record_id, struct buf *out);

/* Details of one log entry. event_id is a UUID as text (E_INVALID). */
MUST_USE enum status person_key_seal(const struct envelope_key *ks, struct str event_id, struct str aad,
				     struct str plaintext, struct buf *out);
MUST_USE enum status
person_key_open(const struct envelope_key *ks, struct str event_id, struct str aad, struct str sealed, struct buf *out);

/* A database field of this person; place is table, column and primary key. */
MUST_USE enum status
person_key_field_seal(const struct envelope_key *ks, const struct str place[3], struct str plaintext, struct buf *out);
MUST_USE enum status
person_key_field_open(const struct envelope_key *ks, const struct str place[3], struct str sealed, struct buf *out);

#endif
