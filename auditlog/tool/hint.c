#include "auditlog/tool/hint.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "auditlog/base/encode.h"

#define TAG_BYTES 16

/* The tables are index_db.c's. */
static const char SIZE_TEXT[] = "select size from state where one = 1 and origin = ?1";
static const char TAG_TEXT[] = "select idx from by_tag where tag = ?1 and idx >= ?2 order by idx";

struct hint {
	sqlite3 *sql;
	sqlite3_stmt *by_tag;
	uint64_t size;
};

static enum status
open_file(const char *dir, struct hint *h)
{
	CLEANUP(buf_clear) struct buf path = BUF(4096);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

	buf_printf(&path, "%s/index/index.db", dir);
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	if (sqlite3_open_v2(path.p, &h->sql, flags, NULL) != SQLITE_OK)
		return E_NOT_FOUND;
	(void)sqlite3_busy_timeout(h->sql, 1000);
	(void)sqlite3_exec(h->sql, "pragma trusted_schema = off; pragma cell_size_check = on;", NULL, NULL, NULL);
	return OK;
}

static enum status
read_size(struct hint *h, struct str origin)
{
	struct hash id = hash_sha256(origin);
	sqlite3_stmt *s = NULL;
	sqlite3_int64 size = -1;

	if (sqlite3_prepare_v2(h->sql, SIZE_TEXT, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_bind_blob(s, 1, id.b, HASH_LEN, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		size = sqlite3_column_int64(s, 0);
	(void)sqlite3_finalize(s);
	if (size < 0)
		return E_NOT_FOUND;
	h->size = (uint64_t)size;
	return sqlite3_prepare_v2(h->sql, TAG_TEXT, -1, &h->by_tag, NULL) == SQLITE_OK ? OK : E_NOT_FOUND;
}

enum status
hint_open(const char *dir, struct str origin, struct hint **out)
{
	CLEANUP(hint_closep) struct hint *h = calloc(1, sizeof(*h));

	if (!h)
		return E_NOMEM;
	TRY(open_file(dir, h));
	TRY(read_size(h, origin));
	*out = STEAL(&h);
	return OK;
}

void
hint_close(struct hint *h)
{
	if (!h)
		return;
	(void)sqlite3_finalize(h->by_tag);
	(void)sqlite3_close(h->sql);
	free(h);
}

void
hint_closep(struct hint **h)
{
	hint_close(*h);
}

uint64_t
hint_size(const struct hint *h)
{
	return h->size;
}

enum status
hint_tag(struct hint *h, struct str tag, uint64_t first)
{
	uint8_t bytes[TAG_BYTES];

	TRY(decode_base64url_into(tag, bytes, sizeof(bytes)));
	(void)sqlite3_reset(h->by_tag);
	if (sqlite3_bind_blob(h->by_tag, 1, bytes, TAG_BYTES, SQLITE_TRANSIENT) != SQLITE_OK ||
	    sqlite3_bind_int64(h->by_tag, 2, (sqlite3_int64)first) != SQLITE_OK)
		return E_NOMEM;
	return OK;
}

enum status
hint_next(struct hint *h, uint64_t *index)
{
	int code = sqlite3_step(h->by_tag);
	sqlite3_int64 at;

	if (code == SQLITE_DONE)
		return E_END;
	if (code != SQLITE_ROW)
		return E_IO;
	at = sqlite3_column_int64(h->by_tag, 0);
	if (at < 0)
		return E_CORRUPT;
	*index = (uint64_t)at;
	return OK;
}
