#include "auditlog/tool/tagbook.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 64
#define FNV_START  UINT64_C(14695981039346656037)
#define FNV_PRIME  UINT64_C(1099511628211)

void
tagbook_clear(struct tagbook *b)
{
	free(b->slot);
	*b = (struct tagbook){ 0 };
}

static uint64_t
fnv(uint64_t h, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		h = (h ^ (unsigned char)bytes.p[i]) * FNV_PRIME;
	return h;
}

/* The slot of the key, or the free one where it would be. There always is a free one. */
static struct tagnote *
slot_of(struct tagnote *slot, size_t room, const char *key)
{
	size_t at = (size_t)fnv(FNV_START, str_from(key, ENTRY_TAG_LEN)) & (room - 1);

	while (slot[at].used && memcmp(slot[at].key, key, ENTRY_TAG_LEN) != 0)
		at = (at + 1) & (room - 1);
	return &slot[at];
}

struct tagnote *
tagbook_find(const struct tagbook *b, struct str key)
{
	struct tagnote *note;

	if (b->n == 0 || key.n != ENTRY_TAG_LEN)
		return NULL;
	note = slot_of(b->slot, b->room, key.p);
	return note->used ? note : NULL;
}

static size_t
count_alive(const struct tagbook *b, int64_t now_us)
{
	size_t alive = 0;

	for (size_t i = 0; i < b->room; i++)
		alive += b->slot[i].used && b->slot[i].until_us > now_us;
	return alive;
}

/* Half full at most afterwards, so that the next time is as far away as what is there now: linear on the whole. */
static enum status
make_room(struct tagbook *b, int64_t now_us)
{
	struct tagbook next = { .n = count_alive(b, now_us), .room = ROOM_LEAST };

	while (next.room < next.n * 4)
		next.room *= 2;
	next.slot = calloc(next.room, sizeof(*next.slot));
	if (!next.slot)
		return E_NOMEM;
	for (size_t i = 0; i < b->room; i++)
		if (b->slot[i].used && b->slot[i].until_us > now_us)
			*slot_of(next.slot, next.room, b->slot[i].key) = b->slot[i];
	free(b->slot);
	*b = next;
	return OK;
}

enum status
tagbook_put(struct tagbook *b, struct str key, int64_t now_us, struct tagnote **out)
{
	if (key.n != ENTRY_TAG_LEN)
		return E_INVALID;
	*out = tagbook_find(b, key);
	if (*out)
		return OK;
	if ((b->n + 1) * 4 > b->room * 3)
		TRY(make_room(b, now_us));
	*out = slot_of(b->slot, b->room, key.p);
	**out = (struct tagnote){ .used = true, .until_us = INT64_MAX };
	memcpy((*out)->key, key.p, ENTRY_TAG_LEN);
	b->n++;
	return OK;
}

/* What stands behind it in the same run moves up, so that every search still ends at a free slot. */
void
tagbook_drop(struct tagbook *b, struct tagnote *note)
{
	size_t at = (size_t)(note - b->slot);

	b->slot[at].used = false;
	b->n--;
	for (at = (at + 1) & (b->room - 1); b->slot[at].used; at = (at + 1) & (b->room - 1)) {
		const struct tagnote moved = b->slot[at];

		b->slot[at].used = false;
		*slot_of(b->slot, b->room, moved.key) = moved;
	}
}

enum status
tagbook_key(const struct str *parts, size_t count, char key[ENTRY_TAG_LEN])
{
	CLEANUP(buf_clear) struct buf all = { 0 };
	struct hash h;

	for (size_t i = 0; i < count; i++)
		buf_put_block(&all, parts[i]);
	TRY(buf_status(&all));
	h = hash_sha256(buf_str(&all));
	memcpy(key, h.b, ENTRY_TAG_LEN);
	return OK;
}

uint64_t
tagbook_digest(const struct str *parts, size_t count)
{
	uint64_t h = FNV_START;

	for (size_t i = 0; i < count; i++)
		h = (fnv(h, parts[i]) ^ 0xff) * FNV_PRIME;
	return h;
}
