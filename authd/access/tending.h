/*
 * tending.h: what happens to consents without anybody asking: terms that are over get their entry, people are reminded
 * before that, requests that nobody answered end, and consents whose purpose is no more or was changed are ended with
 * the reason; strangers whom nobody asks about any more are forgotten. Decisions do not wait for any of it: they refuse
 * from the instant itself.
 *
 * Every node does this. A row changes once, whoever comes first; the entry is in the same transaction, so a crash
 * leaves neither a state without an entry nor two entries. Work is taken in batches by an index; nothing is scanned.
 */
#ifndef AUTHD_ACCESS_TENDING_H
#define AUTHD_ACCESS_TENDING_H

#include "auditlog/base/status.h"

struct authd;
struct tending;

/* Days before the end on which people are reminded, each once: when the term is longer than that. */
#define TENDING_FIRST_DAYS  30
#define TENDING_SECOND_DAYS 7

/* About once a second, on a thread with a database connection of its own. */
MUST_USE enum status tending_start(struct authd *a, struct tending **out);
/* NULL is fine. */
void tending_stop(struct tending *t);

#endif
