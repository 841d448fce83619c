/*
 * index_list.h: entries that the index does not have on disk yet, one behind the other: u64 index, 16 bytes of id, u8
 * number of tags, 22 bytes of text each, 16 bytes of key of the service that made it.
 */
#ifndef AUDITLOG_DAEMON_INDEX_LIST_H
#define AUDITLOG_DAEMON_INDEX_LIST_H

#include "auditlog/daemon/batch.h"

/* One of them; tags borrows from the list. */
struct index_known {
	uint64_t index;
	struct uuid id;
	uint8_t tag_count;
	struct str tags;
	uint8_t service_key[APPEND_KEY_LEN];
};

void index_list_put(struct buf *list, uint64_t index, const struct batch_item *item);
/* Cuts the next off the front. E_END when nothing is left. */
MUST_USE enum status index_list_get(struct str *list, struct index_known *k);
/* Tag number i, as text. */
struct str index_list_tag(const struct index_known *k, size_t i);
/*
 * Adds those with the tag, or of the service with the key (what the tag spells), and an index below `before` to last[0
 * .. *count), oldest first. Lists are in order of index: when there are more than `limit`, the oldest are pushed out.
 */
void index_list_gather(struct str list, struct str tag, const uint8_t key[APPEND_KEY_LEN], uint64_t before,
		       uint64_t *last, size_t limit, size_t *count);

#endif
