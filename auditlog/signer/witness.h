/*
 * witness.h: the rules of putting a name under a tree. Two checkpoints that this key has signed are always consistent
 * with each other: the larger one is remembered on disk before any signature leaves.
 *
 * The same rules serve the signer of a log (its own origin, asked by auditlogd with bare checkpoint texts) and a
 * witness (other logs' origins, checkpoints that must carry the log's signature). How a request arrives is not known
 * here.
 */
#ifndef AUDITLOG_SIGNER_WITNESS_H
#define AUDITLOG_SIGNER_WITNESS_H

#include "auditlog/client/signing.h"
#include "auditlog/core/note.h"

#define WITNESS_LOGS_MAX 64
/* Of one log. */
#define WITNESS_KEYS_MAX 4

struct witness;

/* Takes over the signer on OK; statedir stays the caller's and open. */
MUST_USE enum status witness_new(int statedir, struct note_signer *signer, struct witness **out);
void witness_free(struct witness *w);
void witness_freep(struct witness **w);

/*
 * The log whose key we are: its origin is the key's name and bare texts are signed. Its memory must exist
 * (E_NOT_FOUND), so that a lost file is not taken for a new log; E_CORRUPT when it does not read.
 */
MUST_USE enum status witness_add_own(struct witness *w);
/*
 * The log's next key: from now on it signs too. The old one goes on until overlap_s seconds after witness_introduced(),
 * and then signs no more. Takes the signer over on OK. E_INVALID: not a log key of the same name; E_CONFLICT: the same
 * key.
 */
MUST_USE enum status witness_set_next(struct witness *w, struct note_signer *next, uint64_t overlap_s);
/* The verifier keys that sign at this time, one a line. */
void witness_put_keys(const struct witness *w, uint64_t now_s, struct buf *out);
/* Readers can prove by now that the old key has introduced this one. Again is fine. E_NOT_FOUND: not our next key. */
MUST_USE enum status witness_introduced(struct witness *w, struct str vkey, uint64_t now_s);

/*
 * A log of somebody else: only checkpoints that this key has signed. One that was never seen starts at size 0. A second
 * key with the same name is one more key of that log; one that is there already is fine. E_TOO_LARGE, E_CORRUPT.
 */
MUST_USE enum status witness_add_log(struct witness *w, const struct note_key *key);

/* Writes the memory of a new log: size 0. E_CONFLICT when there is one. */
MUST_USE enum status witness_start_memory(int statedir, struct str origin);

/*
 * One add-checkpoint request. SIGNING_OK: the signature line is appended to *reply and the tree is remembered. Anything
 * else: the reason, and for SIGNING_OTHER_SIZE the size alone on a line. now_s is the time of a cosignature.
 */
unsigned witness_add_checkpoint(struct witness *w, struct str request, uint64_t now_s, struct buf *reply);
/* Appends the last cosigned note of the log whose origin has this SHA-256. E_NOT_FOUND: not on the list, none yet. */
MUST_USE enum status witness_note(struct witness *w, const struct hash *origin_hash, struct buf *out);
/* E_NOT_FOUND for an origin that is not on the list. */
MUST_USE enum status witness_memory(struct witness *w, struct str origin, struct signing_memory *out);

#endif
