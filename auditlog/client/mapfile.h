/*
 * mapfile.h: the map of a month (tagmap.h) as a sorted file that grows by merging, so that nobody needs memory for all
 * tags: neither auditlogd, which makes the maps, nor `auditlog verify`, which makes them once more.
 *
 * The file: records (tag, u64 count, chain; 62 bytes each) in rising order of tag, then the roots of each full 256
 * leaves, from which a path costs no more than reading those. Memory while it grows: MAPFILE_PAIRS pairs of 32 bytes,
 * two buffers of 64 KiB, and an eighth of a byte for each tag.
 */
#ifndef AUDITLOG_CLIENT_MAPFILE_H
#define AUDITLOG_CLIENT_MAPFILE_H

#include "auditlog/core/tagmap.h"

/* Pairs that are merged at once. */
#define MAPFILE_PAIRS ((size_t)1 << 17)

/* An entry carries a tag. */
struct mapfile_pair {
	char tag[ENTRY_TAG_LEN];
	uint64_t index;
};

/* A finished one. fd is -1 when it is empty and has no file. */
struct mapfile {
	int fd;
	unsigned month;
	uint64_t tags;
	struct hash root;
};

/* Bytes of records and roots in the file of a map with so many tags. */
uint64_t mapfile_bytes(uint64_t tags);
/* Reads all records and compares them with the root and the stored roots. E_CORRUPT, E_IO. */
MUST_USE enum status mapfile_verify(const struct mapfile *m);
/* What the map says about a tag; follows from the root when the file is sound (tagmap_check tells). E_CORRUPT, E_IO. */
MUST_USE enum status mapfile_answer(const struct mapfile *m, struct str tag, struct tagmap_answer *out);
/* Closes the file. */
void mapfile_clear(struct mapfile *m);

/* Where a new, empty file comes from; each is written once, and closed when the next one has taken over. */
struct mapfile_place {
	enum status (*open)(void *ctx, int *fd);
	void *ctx;
};

/* A map that grows. Start with mapfile_begin(). */
struct mapfile_growth {
	struct mapfile at; /* what has been merged; all of it after mapfile_settle() */
	struct mapfile_place place;
	struct mapfile_pair *pair;
	size_t n;
};

/* from: what there is already, taken over on OK (fd -1: nothing). E_NOMEM. */
MUST_USE enum status mapfile_begin(struct mapfile_growth *g, struct mapfile_place place, struct mapfile from);
/* Indices rise, and are above all that was merged before. The same tag twice with one index counts once. */
MUST_USE enum status mapfile_add(struct mapfile_growth *g, const char tag[ENTRY_TAG_LEN], uint64_t index);
/* Merges what waits. On an error `at` is as it was. */
MUST_USE enum status mapfile_settle(struct mapfile_growth *g);
/* Closes the file and frees. Again is fine. */
void mapfile_end(struct mapfile_growth *g);

#endif
