#include "auditlog/signer/memory.h"

#include "auditlog/base/file.h"

#define NAME_MAX_LEN 80
#define CONTENT_MAX  ((size_t)1024)

static enum status
file_name(struct str origin, struct buf *out)
{
	struct hash h = hash_sha256(origin);

	hash_put_hex(out, &h);
	buf_put_char(out, '\0');
	return buf_status(out);
}

enum status
memory_load(int dirfd, struct str origin, struct signing_memory *out)
{
	CLEANUP(buf_clear) struct buf name = BUF(NAME_MAX_LEN);
	CLEANUP(buf_clear) struct buf text = BUF(CONTENT_MAX);
	struct checkpoint c = { 0 };

	TRY(file_name(origin, &name));
	TRY(file_read_at(dirfd, name.p, &text));
	if (checkpoint_parse(buf_str(&text), &c) != OK || !str_eq(c.origin, origin))
		return E_CORRUPT;
	out->size = c.size;
	out->root = c.root;
	return OK;
}

enum status
memory_keep(int dirfd, struct str origin, const struct signing_memory *m)
{
	struct checkpoint c = { .origin = origin, .size = m->size, .root = m->root };
	CLEANUP(buf_clear) struct buf name = BUF(NAME_MAX_LEN);
	CLEANUP(buf_clear) struct buf text = BUF(CONTENT_MAX);

	TRY(file_name(origin, &name));
	checkpoint_put(&text, &c);
	TRY(buf_status(&text));
	return file_replace_at(dirfd, name.p, buf_str(&text), 0600);
}
