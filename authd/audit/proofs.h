/*
 * proofs.h: sealed receipts: an entry with its inclusion proof under a signed checkpoint, as a file that anybody can
 * check offline (`auditlog check`). A checkpoint comes at most a second after an entry, so a proof may have to wait for
 * one.
 */
#ifndef AUTHD_AUDIT_PROOFS_H
#define AUTHD_AUDIT_PROOFS_H

#include <jansson.h>
#include <stdint.h>

#include "auditlog/base/buf.h"

struct authd;

#define PROOFS_WAIT_US INT64_C(1500000)

/*
 * Appends the tlog-proof of an entry and the entry's line (either may be NULL). Blocks: worker threads only.
 * E_NOT_FOUND: no such entry. E_UNAVAILABLE: no checkpoint covers it within PROOFS_WAIT_US.
 */
MUST_USE enum status proofs_make(struct authd *a, uint64_t index, struct buf *proof, struct buf *line);
/* The proof alone, waiting for at most wait_us (0: not at all). */
MUST_USE enum status proofs_within(struct authd *a, uint64_t index, int64_t wait_us, struct buf *proof);

/*
 * Appends the proof of completeness (mapproof.h): all entries that carry the tag in this month ("2026-11"), or that
 * there are none. A newest map older than the configured age (log.map_age) is renewed first. Blocks: worker threads
 * only. E_NOT_FOUND: the log has no map of that month. E_UNAVAILABLE, E_TIMEOUT: later.
 */
MUST_USE enum status proofs_complete(struct authd *a, struct str tag, struct str month, struct buf *proof);

/* Appends the log's verifier key as the configuration has it, or from the file that it names (perhaps with a newline).
 */
MUST_USE enum status proofs_log_key(const struct authd *a, struct buf *text);

/*
 * The proof of an entry as JSON for receipts: {"index","entry","proof"}: all that `auditlog check` needs besides the
 * key. The caller owns *out (json_decref).
 */
MUST_USE enum status proofs_json(struct authd *a, uint64_t index, json_t **out);

#endif
