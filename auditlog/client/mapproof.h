/*
 * mapproof.h: the proof file "these are all the entries about me in this month" or "there are none" (auditlog.5, PROOFS
 * OF COMPLETENESS). A text: for each month that counts, the log.map entry with its path to the signed root, and the
 * answer of the map; at its end the signed checkpoint.
 *
 * A tag is made by the sender of an entry and the month of a map goes by the time that the log gave it. An entry made
 * just before midnight and stored just after carries the old month's tag in the new month, so a proof for a month that
 * is over also holds the answer of the month that follows it in the log, and that of the one before where there is one.
 */
#ifndef AUDITLOG_CLIENT_MAPPROOF_H
#define AUDITLOG_CLIENT_MAPPROOF_H

#include "auditlog/client/logread.h"
#include "auditlog/core/tagmap.h"

#define MAPPROOF_PARTS_MAX 3
/* Entries of one tag in one month that a proof can list. */
#define MAPPROOF_INDICES_MAX ((size_t)100000)
#define MAPPROOF_ANSWER_MAX  ((size_t)2 << 20)
#define MAPPROOF_MAX         ((size_t)8 << 20)

/* ---- making ---- */

/*
 * Appends the answer of a map as text. index[0 .. count) are the entries of the tag, rising, below the size that the
 * map covers; count is that of the answer. E_INVALID when it is not; E_TOO_LARGE.
 */
MUST_USE enum status
mapproof_put_answer(const struct tagmap_answer *a, const uint64_t *index, size_t count, struct buf *out);

/* A log.map entry and what its map answers. */
struct mapproof_said {
	uint64_t index;
	struct str answer;
};

/*
 * Appends the file. The parts rise by month. The checkpoint says which tree; its signatures are not looked at.
 * E_INVALID when it is older than one of the entries; else what reading says.
 */
MUST_USE enum status mapproof_put(struct logread *log, struct str checkpoint, struct str tag, unsigned month,
				  const struct mapproof_said *said, size_t count, struct buf *out);

/* ---- checking ---- */

struct mapproof_part {
	uint64_t entry_index; /* of the log.map entry */
	struct str entry;     /* its line, borrowed from the text */
	struct proof path;
	struct tagmap_answer answer; /* when present: count and chain follow from the indices */
	uint64_t *index;
	size_t count;
	struct tagmap_facts facts; /* set by mapproof_check() */
};

/* About 30 KiB. Start it zeroed, clear it in any case. */
struct mapproof {
	struct str tag; /* borrowed, as the checkpoint is */
	unsigned month;
	size_t parts;
	struct mapproof_part part[MAPPROOF_PARTS_MAX];
	struct str checkpoint; /* the whole signed note */
};

/* Whether a file is of this kind at all, by its first line. */
bool mapproof_is(struct str text);
/* Strict, one spelling. E_INVALID, E_TOO_LARGE, E_NOMEM. Nothing is verified yet. */
MUST_USE enum status mapproof_parse(struct str text, struct mapproof *out);
void mapproof_clear(struct mapproof *p);
/*
 * Everything but the signatures, which the caller has checked: head is the checkpoint of the proof. E_CORRUPT when it
 * does not hold; *why then says what, as a static text.
 */
MUST_USE enum status mapproof_check(struct mapproof *p, const struct checkpoint *head, const char **why);
/* The part of the month that it is about. */
const struct mapproof_part *mapproof_main(const struct mapproof *p);

#endif
