/*
 * round.h: one checkpoint at a time that every witness is asked about: the conductor (gather.h) opens a round, watchers
 * (watcher.h) wait for it, ask, and hand in what they heard. All of it may be called by any thread.
 */
#ifndef AUDITLOG_DAEMON_ROUND_H
#define AUDITLOG_DAEMON_ROUND_H

#include <stdbool.h>

#include "auditlog/base/buf.h"
#include "auditlog/daemon/cosign.h"

struct round;

/* What has come together. */
struct round_sum {
	size_t answered, given;
	uint64_t newest_s; /* of the cosignatures; 0 when there is none */
};

MUST_USE enum status round_new(struct round **out);
/* When nobody waits in it any more. NULL is fine. */
void round_free(struct round *r);

/* Begins the next one about the checkpoint of this size. What is still handed in for the one before is dropped. */
void round_open(struct round *r, uint64_t size, struct str note);
/* Waits for a round after *seen and copies what it is about. False: it is time to end. */
bool round_next(struct round *r, uint64_t *seen, uint64_t *size, struct buf *note);
/* One witness is done with the round that round_next() named; line is its cosignature on COSIGN_GIVEN. */
void round_hand_in(struct round *r, uint64_t number, enum cosign_outcome outcome, struct str line, uint64_t time_s);

/*
 * What has come together, and in *note the checkpoint with those cosignatures. When there are no more than `given` and
 * not all of `expected` answers yet, it waits for them a moment first, as round_rest() does.
 */
struct round_sum round_look(struct round *r, size_t given, size_t expected, struct buf *note);
/* Waits a moment (a fifth of a second). False: it is time to end. */
bool round_rest(struct round *r);

/* Everybody is told to end, now and whenever they look again. */
void round_stop(struct round *r);
bool round_stopping(struct round *r);
/* A witness did not answer, refused or talked nonsense; how often that was since the start. */
void round_failed(struct round *r);
uint64_t round_failures(struct round *r);

#endif
