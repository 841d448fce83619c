#include "auditlog/daemon/index_list.h"

#include <string.h>

#include "auditlog/base/encode.h"

void
index_list_put(struct buf *list, uint64_t index, const struct batch_item *item)
{
	uint8_t tag[16];

	buf_put_u64(list, index);
	buf_put_bytes(list, item->id.b, sizeof(item->id.b));
	buf_put_u8(list, (uint8_t)item->tag_count);
	for (size_t i = 0; i < item->tag_count; i++) {
		if (decode_base64url_into(batch_item_tag(item, i), tag, sizeof(tag)) != OK)
			memset(tag, 0, sizeof(tag)); /* entry_check_fragment() has seen it decode */
		buf_put_bytes(list, tag, sizeof(tag));
	}
}

enum status
index_list_get(struct str *list, struct index_known *k)
{
	if (list->n == 0)
		return E_END;
	TRY(buf_get_u64(list, &k->index));
	TRY(buf_get_into(list, k->id.b, sizeof(k->id.b)));
	TRY(buf_get_u8(list, &k->tag_count));
	return buf_get_bytes(list, (size_t)k->tag_count * 16, &k->tags);
}

static bool
has_tag(const struct index_known *k, const uint8_t tag[16])
{
	for (size_t i = 0; i < k->tag_count; i++)
		if (memcmp(k->tags.p + i * 16, tag, 16) == 0)
			return true;
	return false;
}

void
index_list_gather(struct str list, const uint8_t tag[16], uint64_t before, uint64_t *last, size_t limit, size_t *count)
{
	struct index_known k = { 0 };

	while (index_list_get(&list, &k) == OK) {
		if (k.index >= before || !has_tag(&k, tag))
			continue;
		if (*count == limit)
			memmove(last, last + 1, (limit - 1) * sizeof(*last));
		else
			++*count;
		last[*count - 1] = k.index;
	}
}
