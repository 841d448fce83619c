/*
 * grants.h: the consents (or mandates) that a replay has seen granted, by log index, and how they ended. What was
 * granted is kept while it holds, about 300 bytes; of one that an entry has ended 32 bytes stay: that it was there, and
 * what ended it. One that was renewed keeps its terms for a moment: permits that were under way when its successor took
 * its place still rest on it. Nothing is kept for decisions.
 */
#ifndef AUDITLOG_TOOL_GRANTS_H
#define AUDITLOG_TOOL_GRANTS_H

#include "auditlog/core/entry.h"

/* How it ended. */
enum grant_end {
	GRANT_HOLDS,
	GRANT_WITHDRAWN,
	GRANT_EXPIRED,
	GRANT_REVOKED,
	GRANT_INVALIDATED,
	GRANT_RENEWED,
	GRANT_CLOSED,
	GRANT_VOIDED, /* a mandate, and nothing rests on what was given under it any more */
};

/* Permits in the window of time that is open: lawful_limit.c. count 0: as many as one likes, or nothing was said. */
struct grant_uses {
	uint64_t count;
	int64_t per_us; /* 0: one window for ever */
	int64_t window_us;
	uint64_t taken, before, ahead; /* in this window, in the one before, and in this one for the next */
};

struct grant_terms {
	int64_t from_us, until_us;                       /* 0: open */
	struct str ctag, purpose, recipient, categories; /* categories: as given to grants_add */
	struct str recipients;    /* of a grant to several, as categories; then recipient is empty */
	struct str ref;           /* of a contract or mandate: its kind */
	struct str operator_id;   /* of an emergency: whose it is */
	struct str tag;           /* of the person, in the month of the grant */
	char seen[ENTRY_TAG_LEN]; /* of the person, when it was last used; or zeroes */
	int64_t granted_us;
	bool has_mandate;
	uint64_t mandate;      /* under which it was given; of an heir's mandate: the death that it rests on */
	struct grant_uses use; /* of a consent: how often it may be used, and was */
};

struct grant {
	uint64_t index;
	uint64_t ended_by; /* index of the entry that ended it */
	enum grant_end end;
	struct grant_terms *terms; /* NULL once it has ended; of a renewed one until grants_fade() */
};

/* A renewed one whose terms are kept until then. */
struct grant_fading {
	uint64_t index;
	int64_t until_us;
};

struct grants {
	size_t n, live, room;
	struct grant *item;
	struct grant_fading *fading; /* oldest first, from `faded` on */
	size_t faded, fadings, fading_room;
};

void grants_clear(struct grants *g);
/* Copies the texts. Indices must rise. E_NOMEM; E_INVALID. */
MUST_USE enum status grants_add(struct grants *g, uint64_t index, const struct grant_terms *terms);
/* NULL when that entry granted nothing. Good until the next grants_add(). */
struct grant *grants_find(struct grants *g, uint64_t index);
/* The first end counts; a later one changes nothing. */
void grants_end(struct grants *g, struct grant *grant, enum grant_end how, uint64_t by);
/* Renewed by entry `by`: the terms are kept until until_us. Calls come in order of time. E_NOMEM. */
MUST_USE enum status grants_renew(struct grants *g, struct grant *grant, uint64_t by, int64_t until_us);
/* Forgets the terms of those whose time is over. */
void grants_fade(struct grants *g, int64_t now_us);
/* "withdrawn" and so on. */
const char *grants_end_name(enum grant_end end);

#endif
