/*
 * signing.h: what auditlog-signer understands on its unix socket, and a client for it.
 *
 *   request     payload                                              reply    payload
 *   CHECKPOINT  add-checkpoint text (tlog-witness): "old N", proof   SIGNED   signature lines
 *               lines, an empty line, the checkpoint                 REFUSED  u16 code, text
 *   MEMORY      the origin                                           KNOWN    u64 size, root
 *   NOTE        SHA-256 of an origin (a witness only)                SIGNED   the last cosigned checkpoint
 *   KEYS        nothing                                              KEY_LIST the verifier keys that sign, one a line
 *   INTRODUCED  a verifier key of that list: readers can prove that   DONE     nothing
 *               the old key has introduced it
 *
 * The codes are those of tlog-witness: 400 malformed, 403 not signed by the log, 404 unknown origin, 409 the old size
 * is not the remembered one (text: "<size>\n"), 422 the proof does not show it. The checkpoint of the signer's own log
 * comes as its bare text: its signature is what is asked for. 500 says that the memory could not be written: nothing is
 * signed then.
 */
#ifndef AUDITLOG_CLIENT_SIGNING_H
#define AUDITLOG_CLIENT_SIGNING_H

#include "auditlog/base/msg.h"
#include "auditlog/core/checkpoint.h"
#include "auditlog/core/proof.h"

enum signing_type {
	SIGNING_CHECKPOINT = 1,
	SIGNING_SIGNED = 2,
	SIGNING_REFUSED = 3,
	SIGNING_MEMORY = 4,
	SIGNING_KNOWN = 5,
	SIGNING_NOTE = 6,
	SIGNING_KEYS = 7,
	SIGNING_KEY_LIST = 8,
	SIGNING_INTRODUCED = 9,
	SIGNING_DONE = 10,
};

/* A proof of 63 hashes and a checkpoint with its cosignatures. */
#define SIGNING_REQUEST_MAX ((size_t)64 << 10)

enum signing_code {
	SIGNING_OK = 200,
	SIGNING_MALFORMED = 400,
	SIGNING_UNSIGNED = 403,
	SIGNING_UNKNOWN_ORIGIN = 404,
	SIGNING_OTHER_SIZE = 409,
	SIGNING_INCONSISTENT = 422,
	SIGNING_FAULT = 500,
};

/* The largest tree that was ever signed; size 0 and the root of nothing when none was. */
struct signing_memory {
	uint64_t size;
	struct hash root;
};

/* The add-checkpoint text. */
void signing_put_request(struct buf *out, uint64_t old_size, const struct proof *proof, struct str checkpoint);

/*
 * Blocking. E_NOT_FOUND: the signer does not know this origin. E_UNAVAILABLE, E_TIMEOUT: it does not answer. E_CORRUPT:
 * it answers something else.
 */
MUST_USE enum status
signing_ask_memory(struct msg_client *c, struct str origin, int64_t timeout_us, struct signing_memory *out);
/*
 * OK and *code SIGNING_OK: the signature lines are appended to *lines. OK and another code: refused, the text is
 * appended.
 */
MUST_USE enum status
signing_ask_signature(struct msg_client *c, struct str request, int64_t timeout_us, unsigned *code, struct buf *lines);
/* The keys that sign now, added to *keys. Statuses as signing_ask_memory(). */
MUST_USE enum status signing_ask_keys(struct msg_client *c, int64_t timeout_us, struct trust *keys);
/* OK: the signer knows, durably, and the old key's time runs. */
MUST_USE enum status signing_introduced(struct msg_client *c, const struct note_key *key, int64_t timeout_us);

#endif
