/*
 * fence.h: no decision stands behind the end of what it rests on. An emitter decides by what its database says, and
 * only then sends the entry; between the two somebody may withdraw a consent, on this node or on another, and the
 * emitter may stand still for as long as it likes (SIGSTOP, paging, a network that comes back). Only the writer knows
 * what came first, so the writer decides:
 *
 * - An emitter says with a decision how many entries it knew to be durable before it read the first fact (`seen`).
 * - An entry that ends something raises a floor for the people, the grant and the mandate that it names.
 * - A decision about the same whose `seen` is below that floor is stale: it began before the end was in the log. It is
 *   not written; the emitter reads its facts again. The change of state was committed before its entry was sent, so the
 *   second reading knows of it.
 *
 * A decision that its person sees later carries a tag that leads to nobody (the fact `shown`), so what the person
 * forbids cannot name it: an end that cites no entry raises one more floor, which all decisions of that kind share.
 *
 * Nobody waits for anybody, no clock is compared, no node has to be known, alive or asked. A decision that does get in
 * stands before the end, or was made after it.
 *
 * Floors are kept for hashes, FENCE_SLOTS of them: a collision makes a decision begin again, nothing else. After a
 * start every decision that began before it is stale.
 */
#ifndef AUDITLOG_DAEMON_FENCE_H
#define AUDITLOG_DAEMON_FENCE_H

#include "auditlog/core/entry.h"

#define FENCE_SLOTS    4096
#define FENCE_KEYS_MAX (ENTRY_ABOUT_MAX + 3)

/* What an event does to decisions about the same people, grant or mandate. */
enum fence_effect { FENCE_NOTHING, FENCE_ENDS, FENCE_ENDS_ALL };

/* What an entry is about: the slots of its tags, of the entry that it cites and of its mandate. */
struct fence_keys {
	enum fence_effect effect;
	uint16_t count;
	uint16_t slots[FENCE_KEYS_MAX];
};

/* Zeroed is a fence that lets everything through. */
struct fence {
	uint64_t all;
	uint64_t floor[FENCE_SLOTS];
};

void fence_keys_of(const struct entry *e, struct fence_keys *out);

/* Whoever saw fewer than `size` entries begins again. Also forgets what was raised for entries that were never written.
 */
void fence_reset(struct fence *f, uint64_t size);
/* The entry with this index is written: raises what it ends. */
void fence_pass(struct fence *f, const struct fence_keys *keys, uint64_t index);
/* True when something that the entry is about has ended behind the first `seen` entries. */
bool fence_is_stale(const struct fence *f, const struct fence_keys *keys, uint64_t seen);

#endif
