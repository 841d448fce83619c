#include "auditlog/daemon/index_list.h"

#include <string.h>

void
index_list_put(struct buf *list, uint64_t index, const struct batch_item *item)
{
	buf_put_u64(list, index);
	buf_put_bytes(list, item->id.b, sizeof(item->id.b));
	buf_put_u8(list, (uint8_t)item->tag_count);
	for (size_t i = 0; i < item->tag_count; i++)
		buf_put(list, batch_item_tag(item, i));
	buf_put_bytes(list, item->service_key, sizeof(item->service_key));
}

enum status
index_list_get(struct str *list, struct index_known *k)
{
	if (list->n == 0)
		return E_END;
	TRY(buf_get_u64(list, &k->index));
	TRY(buf_get_into(list, k->id.b, sizeof(k->id.b)));
	TRY(buf_get_u8(list, &k->tag_count));
	TRY(buf_get_bytes(list, (size_t)k->tag_count * ENTRY_TAG_LEN, &k->tags));
	return buf_get_into(list, k->service_key, sizeof(k->service_key));
}

struct str
index_list_tag(const struct index_known *k, size_t i)
{
	return str_slice(k->tags, i * ENTRY_TAG_LEN, (i + 1) * ENTRY_TAG_LEN);
}

static bool
has_tag(const struct index_known *k, struct str tag, const uint8_t key[APPEND_KEY_LEN])
{
	if (memcmp(k->service_key, key, APPEND_KEY_LEN) == 0)
		return true;
	for (size_t i = 0; i < k->tag_count; i++)
		if (str_eq(index_list_tag(k, i), tag))
			return true;
	return false;
}

void
index_list_gather(struct str list, struct str tag, const uint8_t key[APPEND_KEY_LEN], uint64_t before, uint64_t *last,
		  size_t limit, size_t *count)
{
	struct index_known k = { 0 };

	while (index_list_get(&list, &k) == OK) {
		if (k.index >= before || !has_tag(&k, tag, key))
			continue;
		if (*count == limit)
			memmove(last, last + 1, (limit - 1) * sizeof(*last));
		else
			++*count;
		last[*count - 1] = k.index;
	}
}
