/*
 * store_page.c: lists by keyset. A page starts behind the last row of the page before, found by its keys in an index,
 * so that page 1000 costs what page 1 does and rows that come or go in between shift nothing. The cursor holds those
 * keys; it is opaque but not secret: a forged one reads from another place of a list that its bearer may read anyway.
 */
#include "authd/store/store_page.h"

#include <string.h>

#include "auditlog/base/encode.h"

#define CURSOR_VERSION 1

static void
put_keys(const struct store_paging *how, const void *item, struct buf *raw)
{
	struct store_value fields[STORE_ARGS_MOST];

	buf_put_u8(raw, CURSOR_VERSION);
	store_record_bind(how->rec, how->rec->count, item, fields);
	for (size_t i = 0; i < how->key_count; i++) {
		const struct store_value *v = &fields[how->keys[i]];
		if (v->type == STORE_INT)
			buf_put_u64(raw, (uint64_t)v->i);
		else
			buf_put_block(raw, v->s);
	}
}

static enum status
make_cursor(const struct store_paging *how, const void *item, struct store_cursor *out)
{
	CLEANUP(buf_clear) struct buf raw = BUF(STORE_CURSOR_LEN);
	CLEANUP(buf_clear) struct buf text = BUF(STORE_CURSOR_LEN - 1);

	put_keys(how, item, &raw);
	TRY(buf_status(&raw));
	encode_base64url(&text, buf_str(&raw));
	TRY(buf_status(&text));
	memcpy(out->text, text.p, text.n);
	out->text[text.n] = '\0';
	return OK;
}

/* Before the first row there is the latest time, or the empty text; a further key counts only between equal ones. */
static void
first_keys(const struct store_paging *how, struct store_value *keys)
{
	for (size_t i = 0; i < how->key_count; i++)
		keys[i] = store_text((struct str){ 0 });
	if (how->newest_first)
		keys[0] = store_int(INT64_MAX);
}

static enum status
read_keys(const struct store_paging *how, struct str raw, struct store_value *keys)
{
	uint8_t version;

	TRY(buf_get_u8(&raw, &version));
	if (version != CURSOR_VERSION)
		return E_INVALID;
	for (size_t i = 0; i < how->key_count; i++) {
		uint64_t time;
		if (how->newest_first && i == 0) {
			TRY(buf_get_u64(&raw, &time));
			keys[i] = store_int((int64_t)time);
		} else {
			struct str text;
			TRY(buf_get_block(&raw, STORE_CURSOR_LEN, &text));
			keys[i] = store_text(text);
		}
	}
	return raw.n == 0 ? OK : E_INVALID;
}

/* raw keeps what the keys borrow from. */
static enum status
keys_from(const struct store_paging *how, struct str cursor, struct buf *raw, struct store_value *keys)
{
	if (cursor.n == 0) {
		first_keys(how, keys);
		return OK;
	}
	if (cursor.n >= STORE_CURSOR_LEN || decode_base64url(cursor, raw) != OK)
		return E_INVALID;
	return read_keys(how, buf_str(raw), keys) == OK ? OK : E_INVALID;
}

enum status
store_page_read(struct store *db, enum sql_id id, const struct store_value *args, size_t count,
		const struct store_paging *how, struct str cursor, int limit, struct store_page *out)
{
	CLEANUP(buf_clear) struct buf raw = BUF(STORE_CURSOR_LEN);
	CLEANUP(store_result_drop) struct store_result *mem = NULL;
	struct store_value all[STORE_ARGS_MOST];
	struct store_page page = { 0 };
	size_t most = limit > STORE_LIST_MAX ? STORE_LIST_MAX : (size_t)limit;

	if (limit < 1)
		return E_INVALID;
	if (count > 0)
		memcpy(all, args, count * sizeof(*args));
	TRY(keys_from(how, cursor, &raw, all + count));
	/* One more than asked for tells whether there is a next page. */
	all[count + how->key_count] = store_int((int64_t)most + 1);
	TRY(store_record_list(db, id, all, count + how->key_count + 1, how->rec, &page.items, &page.count, &mem));
	if (page.count > most) {
		page.count = most;
		TRY(make_cursor(how, (const char *)page.items + (most - 1) * how->rec->size, &page.next));
	}
	page.mem = STEAL(&mem);
	*out = page;
	return OK;
}
