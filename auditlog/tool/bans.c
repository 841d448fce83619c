#include "auditlog/tool/bans.h"

#include <stdlib.h>
#include <string.h>

void
bans_clear(struct bans *b)
{
	free(b->item);
	*b = (struct bans){ 0 };
}

enum status
bans_add(struct bans *b, const struct ban *ban)
{
	size_t room = b->room ? b->room * 2 : 16;
	struct ban *item;

	if (b->n == b->room) {
		item = reallocarray(b->item, room, sizeof(*item));
		if (!item)
			return E_NOMEM;
		b->item = item;
		b->room = room;
	}
	b->item[b->n++] = *ban;
	return OK;
}

bool
bans_lift(struct bans *b, uint64_t index, struct str tag)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->item[i].index != index)
			continue;
		if (tag.n == ENTRY_TAG_LEN && memcmp(b->item[i].tag, tag.p, ENTRY_TAG_LEN) == 0)
			b->item[i] = b->item[--b->n];
		return true;
	}
	return false;
}

static bool
speaks(const struct ban *ban, struct str purpose, struct str category, int64_t time_us, bool emergency)
{
	if (ban->until_us && time_us >= ban->until_us)
		return false;
	if (!ban->purpose[0])
		return !emergency;
	return str_is(purpose, ban->purpose) && (!ban->category[0] || str_is(category, ban->category));
}

const struct ban *
bans_against(const struct bans *b, struct str tag, struct str purpose, struct str category, int64_t time_us,
	     bool emergency)
{
	if (tag.n != ENTRY_TAG_LEN)
		return NULL;
	for (size_t i = 0; i < b->n; i++)
		if (memcmp(b->item[i].tag, tag.p, ENTRY_TAG_LEN) == 0 &&
		    speaks(&b->item[i], purpose, category, time_us, emergency))
			return &b->item[i];
	return NULL;
}
