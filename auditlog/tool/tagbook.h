/*
 * tagbook.h: notes that a replay keeps under a key of 22 characters: the tag of a person, the ctag of a contract, or a
 * digest. About 130 bytes each. A note may say until when it matters: whoever makes room forgets those that are over,
 * so that a book holds what is open and not what ever was.
 */
#ifndef AUDITLOG_TOOL_TAGBOOK_H
#define AUDITLOG_TOOL_TAGBOOK_H

#include "auditlog/tool/grants.h"

struct tagnote {
	char key[ENTRY_TAG_LEN];
	bool used;
	unsigned flags;   /* of whoever keeps the book */
	uint64_t index;   /* of the entry that it is about */
	uint64_t digest;  /* of what must be the same later */
	int64_t time_us;  /* of that entry */
	int64_t until_us; /* may be forgotten after that; INT64_MAX: never */
	struct grant_uses use;
};

struct tagbook {
	struct tagnote *slot; /* room of them, a power of two */
	size_t n, room;
};

void tagbook_clear(struct tagbook *b);
/* NULL without one, or when the key has another length. Good until the next tagbook_put() or tagbook_drop(). */
struct tagnote *tagbook_find(const struct tagbook *b, struct str key);
/* The note under this key; a new one is zeroed but for its key and until_us (never). E_INVALID: no key. E_NOMEM. */
MUST_USE enum status tagbook_put(struct tagbook *b, struct str key, int64_t now_us, struct tagnote **out);
void tagbook_drop(struct tagbook *b, struct tagnote *note);
/* A key out of several texts. E_NOMEM. */
MUST_USE enum status tagbook_key(const struct str *parts, size_t count, char key[ENTRY_TAG_LEN]);
/* FNV-1a over several texts, with where one ends. */
uint64_t tagbook_digest(const struct str *parts, size_t count);

#endif
