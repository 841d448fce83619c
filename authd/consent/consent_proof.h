/*
 * consent_proof.h: a receipt that somebody brings: is it one of this log, and do its entries say what its record says?
 * Pure: the text, the log's key, nothing else. Whether the record is the one that is kept, only the store knows.
 */
#ifndef AUTHD_CONSENT_CONSENT_PROOF_H
#define AUTHD_CONSENT_CONSENT_PROOF_H

#include <jansson.h>

#include "auditlog/core/note.h"

#define CONSENT_PROOF_MOST   ((size_t)64 << 10) /* bytes of a receipt */
#define CONSENT_PROOF_PROOFS 8

/*
 * The JSON form of consenting_receipt(), as it was downloaded. OK: every entry in it is under a checkpoint that `key`
 * signed, stands where its proof says, is of the kind that the record's history has there, and the grant names the
 * record's purpose, data, recipient and term. *out is the caller's.
 *
 * E_INVALID: it is no receipt. E_CORRUPT: a proof does not hold, or an entry says something else. E_TOO_LARGE.
 */
MUST_USE enum status consent_proof_check(struct str text, const struct note_key *key, json_t **out);

#endif
