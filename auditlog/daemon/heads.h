/*
 * heads.h: the two files that say how far the log goes: `checkpoint`, the newest tree that the log has signed, and
 * `checkpoint.witnessed`, the newest one that a quorum of witnesses has cosigned too. The first never waits for the
 * second; while the log rests they are the same. Both are replaced whole. Any thread.
 */
#ifndef AUDITLOG_DAEMON_HEADS_H
#define AUDITLOG_DAEMON_HEADS_H

#include "auditlog/base/buf.h"

#define HEADS_CHECKPOINT "checkpoint"
#define HEADS_WITNESSED  "checkpoint.witnessed"

struct heads;

/* What is in dirfd (borrowed) already is the present head. */
MUST_USE enum status heads_new(int dirfd, struct heads **out);
void heads_free(struct heads *h);

/* A new checkpoint, signed by the log. Durable when OK. */
MUST_USE enum status heads_put(struct heads *h, uint64_t size, struct str note);
/*
 * The same checkpoint with cosignatures. It becomes the checkpoint unless there is a newer one by now; with a quorum it
 * is the witnessed one.
 */
MUST_USE enum status heads_cosigned(struct heads *h, uint64_t size, struct str note, bool quorum);
/* Appends the newest signed checkpoint, as it was put (without cosignatures collected since). E_NOT_FOUND: none yet. */
MUST_USE enum status heads_get(struct heads *h, uint64_t *size, struct buf *note);
/* Its size; 0 without any. */
uint64_t heads_size(struct heads *h);

#endif
