/*
 * progress.h: what the threads of auditlogd tell each other: how far the log is durable, how far it is published, and
 * whether all is well.
 */
#ifndef AUDITLOG_DAEMON_PROGRESS_H
#define AUDITLOG_DAEMON_PROGRESS_H

#include <stdbool.h>

#include "auditlog/client/append.h"
#include "auditlog/daemon/tip.h"

/* Who may say that something is wrong. Each has one line of its own, so that one's relief does not hide another's
 * trouble. */
enum progress_part {
	PROGRESS_WRITER,
	PROGRESS_SCRUB,
	PROGRESS_SPACE,
	PROGRESS_PUBLISHER,
	PROGRESS_WITNESS,
	PROGRESS_INDEX,
	PROGRESS_MAPS,
	PROGRESS_PARTS
};

struct progress;

MUST_USE enum status progress_new(struct progress **out);
void progress_free(struct progress *p);

/* The writer: entries up to this tip are durable. Wakes who waits. */
void progress_set_tip(struct progress *p, const struct tip *tip);
void progress_get_tip(struct progress *p, struct tip *out);
/* How many entries are durable. */
uint64_t progress_size(struct progress *p);

/* The publisher: a signed checkpoint of this size can be read. */
void progress_set_published(struct progress *p, uint64_t size);

/* The gatherer: what witnesses say. */
void progress_set_witness(struct progress *p, const struct append_witness *w);

/* An operator's line; NULL when all is well again. It is kept by copy. True when that is news. */
bool progress_trouble(struct progress *p, enum progress_part part, const char *text);
/* What STATUS answers: healthy means that the writer has no trouble; the text is that of the first part that has any.
 */
void progress_state(struct progress *p, struct append_state *out);

/*
 * Waits until more than `size` entries are durable, the deadline (clock_mono_us) passes, or somebody asks to stop. One
 * thread only: the publisher.
 */
void progress_wait(struct progress *p, uint64_t size, int64_t deadline_us);
/* Waits for the deadline, or until somebody asks to stop. */
void progress_pause(struct progress *p, int64_t deadline_us);
/* Everybody is to end. */
void progress_stop(struct progress *p);
bool progress_stopping(struct progress *p);

#endif
