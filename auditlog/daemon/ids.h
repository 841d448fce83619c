/*
 * ids.h: which of the newest entries has this id: the window of idempotency. Eight bytes an entry and bounded: two
 * generations of IDS_WINDOW each, of which the older one goes when the newer one is full.
 *
 * It gives candidates: entries whose ids have the same keyed hash. Whoever asks compares with the entry itself; what is
 * remembered of an entry that was never written is therefore harmless. Any thread.
 */
#ifndef AUDITLOG_DAEMON_IDS_H
#define AUDITLOG_DAEMON_IDS_H

#include "auditlog/base/random.h"

#define IDS_WINDOW ((size_t)1 << 20)

struct ids;

MUST_USE enum status ids_new(struct ids **out);
void ids_free(struct ids *s);
/* Forgets everything. */
void ids_clear(struct ids *s);

/* E_NOMEM: then the entry is not remembered, and a repetition would be written twice: a fault for the caller. */
MUST_USE enum status ids_put(struct ids *s, const struct uuid *id, uint64_t index);

/* Is it this one? E_NOT_FOUND: go on looking. OK, or anything else, ends ids_find() with it. */
typedef enum status ids_confirm(void *ctx, uint64_t index);
/* Asks confirm about each candidate. E_NOT_FOUND when none was it. confirm runs without any lock held. */
MUST_USE enum status ids_find(struct ids *s, const struct uuid *id, ids_confirm *confirm, void *ctx, uint64_t *index);

#endif
