/*
 * tagmap.h: the map of a month, from tag to (how many entries carry it, a hash chain over their indices), whose root a
 * log.map entry puts into the log. A path of about twenty hashes then shows "these are all", two show "there are none".
 *
 * The map of a month covers the entries of that month (by the entry's own time, UTC) below the size that it names.
 *Times rise, so these are one stretch of the log: [first, size). An entry counts once for each tag that it carries.
 *
 *	chain(tag)          = SHA-256("ombud log.map v1 chain\n" || tag)
 *	chain(c, index)     = SHA-256(c || u64 index)                       in rising order of index
 *	leaf                = SHA-256(0x00 || "ombud log.map v1\n" || month || tag || u64 count || chain)
 *	root                = the tree of RFC 6962 over the leaves in rising order of tag (bytes of its 22 characters)
 *
 * Pure: no file, no clock.
 */
#ifndef AUDITLOG_CORE_TAGMAP_H
#define AUDITLOG_CORE_TAGMAP_H

#include "auditlog/core/entry.h"
#include "auditlog/core/proof.h"

/* A month as a number: 12 * year + (0 .. 11); as text "2026-11". */
#define TAGMAP_MONTH_LEN 7
/* A map that is not closed stands at most so many entries behind the size that it covers. */
#define TAGMAP_LAG_MAX ((uint64_t)1 << 20)

unsigned tagmap_month_of(int64_t us);
/* [*from_us, *until_us) */
void tagmap_month_bounds(unsigned month, int64_t *from_us, int64_t *until_us);
void tagmap_put_month(struct buf *out, unsigned month);
/* Strict; years 1970 .. 9998. E_INVALID. */
MUST_USE enum status tagmap_parse_month(struct str text, unsigned *out);
/* 22 characters of base64url. */
bool tagmap_is_tag(struct str text);

/* One tag of a map. */
struct tagmap_leaf {
	char tag[ENTRY_TAG_LEN];
	uint64_t count;
	struct hash chain;
};

/* Nothing yet. */
void tagmap_start(struct tagmap_leaf *l, const char tag[ENTRY_TAG_LEN]);
/* One more entry; indices rise. */
void tagmap_count(struct tagmap_leaf *l, uint64_t index);
struct hash tagmap_hash(unsigned month, const struct tagmap_leaf *l);

/* What a log.map entry says. */
struct tagmap_facts {
	unsigned month;
	uint64_t first;   /* index of the first entry of the month */
	uint64_t size;    /* entries below this are covered; above first */
	int64_t until_us; /* time of the last one covered */
	uint64_t tags;    /* leaves of the map */
	struct hash root;
	bool closed; /* entry `size` belongs to a later month: nothing more can come */
};

#define TAGMAP_FACTS 7
/* Texts of facts live here. */
struct tagmap_words {
	char month[TAGMAP_MONTH_LEN + 1], until[32], root[HASH_BASE64_LEN + 1];
};
void tagmap_put_facts(const struct tagmap_facts *f, struct tagmap_words *words, struct entry_fact out[TAGMAP_FACTS]);
/* From a log.map entry. Strict: these facts in this order, and what they say is possible. E_INVALID. */
MUST_USE enum status tagmap_get_facts(const struct entry_view *v, struct tagmap_facts *out);

/* A leaf in its place, with the path to the root. */
struct tagmap_place {
	uint64_t position;
	struct tagmap_leaf leaf;
	struct proof path;
};

/*
 * What is known about one tag: it is there, or these two stand next to each other and it would be between them. Before
 * the first and behind the last leaf there is one neighbour only, in an empty map none.
 */
struct tagmap_answer {
	bool present, has_left, has_right;
	struct tagmap_place at; /* when present */
	struct tagmap_place left, right;
};

/* OK: the answer follows from the root. E_CORRUPT: it does not. */
MUST_USE enum status tagmap_check(const struct tagmap_facts *f, struct str tag, const struct tagmap_answer *a);

/*
 * The tags of an entry, without reading the rest of it: cuts the next one off *rest, which starts as tagmap_tags()
 * says. For entries that are well-formed; in others it may find none.
 */
struct str tagmap_tags(struct str line);
bool tagmap_next_tag(struct str *rest, struct str *tag);
/* Whether the line is a log.map entry, by its head alone. */
bool tagmap_is_map(struct str line);

#endif
