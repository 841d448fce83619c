/*
 * bans.h: what people forbade and a replay has seen: objections to a purpose, restrictions of everything. Known by the
 * tag of the person in that month; no more than what holds is kept.
 */
#ifndef AUDITLOG_TOOL_BANS_H
#define AUDITLOG_TOOL_BANS_H

#include "auditlog/core/entry.h"

struct ban {
	uint64_t index; /* of the entry that set it */
	char tag[ENTRY_TAG_LEN];
	char purpose[ENTRY_TEXT_MAX + 1];  /* without its version; "": every one (a restriction) */
	char category[ENTRY_TEXT_MAX + 1]; /* "": every one */
	int64_t until_us;                  /* 0: until it is lifted */
};

struct bans {
	struct ban *item;
	size_t n, room;
};

void bans_clear(struct bans *b);
/* E_NOMEM; E_INVALID: no tag, or a text over its limit. */
MUST_USE enum status bans_add(struct bans *b, const struct ban *ban);
/*
 * False when no ban has this index. One of another tag stays: in its month that is another person, and nobody lifts
 * what somebody else forbade; in another month it speaks against nothing any more.
 */
bool bans_lift(struct bans *b, uint64_t index, struct str tag);
/* The first that speaks against a look at that time; NULL without one. Good until the next change. */
const struct ban *bans_against(const struct bans *b, struct str tag, struct str purpose, struct str category,
			       int64_t time_us, bool emergency);

#endif
