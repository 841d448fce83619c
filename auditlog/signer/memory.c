#include "auditlog/signer/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "auditlog/base/file.h"

#define NAME_MAX_LEN 160
#define CONTENT_MAX  SIGNING_REQUEST_MAX
#define EVIDENCE     ".evidence"
#define FORK         ".fork"
#define INTRODUCED   "introduced"

static enum status
file_name(const struct hash *origin_hash, struct buf *out)
{
	hash_put_hex(out, origin_hash);
	buf_put_char(out, '\0');
	return buf_status(out);
}

static enum status
read_file(int dirfd, const struct hash *origin_hash, struct buf *out)
{
	CLEANUP(buf_clear) struct buf name = BUF(NAME_MAX_LEN);

	TRY(file_name(origin_hash, &name));
	return file_read_at(dirfd, name.p, out);
}

/* The text that signatures cover: all of a bare one. */
static struct str
text_of(struct str content)
{
	size_t end = str_find(content, STR("\n\n"));

	return end < content.n ? str_slice(content, 0, end + 1) : content;
}

enum status
memory_load(int dirfd, struct str origin, struct signing_memory *out)
{
	CLEANUP(buf_clear) struct buf content = BUF(CONTENT_MAX);
	struct hash name = hash_sha256(origin);
	struct checkpoint c = { 0 };

	TRY(read_file(dirfd, &name, &content));
	if (checkpoint_parse(text_of(buf_str(&content)), &c) != OK || !str_eq(c.origin, origin))
		return E_CORRUPT;
	out->size = c.size;
	out->root = c.root;
	return OK;
}

enum status
memory_keep(int dirfd, struct str origin, const struct signing_memory *m, struct str note)
{
	struct checkpoint c = { .origin = origin, .size = m->size, .root = m->root };
	struct hash hash = hash_sha256(origin);
	CLEANUP(buf_clear) struct buf name = BUF(NAME_MAX_LEN);
	CLEANUP(buf_clear) struct buf text = BUF(CONTENT_MAX);

	TRY(file_name(&hash, &name));
	if (note.n > 0)
		buf_put(&text, note);
	else
		checkpoint_put(&text, &c);
	TRY(buf_status(&text));
	return file_replace_at(dirfd, name.p, buf_str(&text), 0600);
}

enum status
memory_note(int dirfd, const struct hash *origin_hash, struct buf *out)
{
	CLEANUP(buf_clear) struct buf content = BUF(CONTENT_MAX);
	struct str all;

	TRY(read_file(dirfd, origin_hash, &content));
	all = buf_str(&content);
	if (text_of(all).n == all.n)
		return E_NOT_FOUND;
	buf_put(out, all);
	return buf_status(out);
}

/* ---- the next key ---- */

enum status
memory_load_introduced(int dirfd, const struct note_key *next, uint64_t *when_s)
{
	CLEANUP(buf_clear) struct buf content = BUF(CONTENT_MAX);
	struct note_key key;
	struct str rest, time;
	uint64_t when = 0;
	enum status st = file_read_at(dirfd, INTRODUCED, &content);

	*when_s = 0;
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	rest = str_trim(buf_str(&content));
	if (!str_next(&rest, ' ', &time) || str_to_u64(time, INT64_MAX, &when) != OK || rest.p == NULL ||
	    note_parse_vkey(rest, &key) != OK)
		return E_CORRUPT;
	*when_s = note_key_eq(&key, next) ? when : 0;
	return OK;
}

enum status
memory_keep_introduced(int dirfd, const struct note_key *next, uint64_t when_s)
{
	CLEANUP(buf_clear) struct buf text = BUF(CONTENT_MAX);

	buf_put_u64_dec(&text, when_s);
	buf_put_char(&text, ' ');
	note_put_vkey(&text, next);
	buf_put_char(&text, '\n');
	TRY(buf_status(&text));
	return file_replace_at(dirfd, INTRODUCED, buf_str(&text), 0600);
}

/* ---- evidence ---- */

static void
close_dirp(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

static bool
is_of_kind(struct str name, bool fork)
{
	return str_ends(name, STR(EVIDENCE)) && str_ends(name, STR(FORK EVIDENCE)) == fork;
}

static enum status
count_evidence(int dirfd, bool fork, size_t *count)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_dirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return E_IO;
	}
	*count = 0;
	while ((e = readdir(d)) != NULL)
		*count += is_of_kind(str_of(e->d_name), fork);
	return OK;
}

static enum status
evidence_name(const struct memory_evidence *e, struct buf *name)
{
	struct hash log = hash_sha256(e->origin), tree = hash_sha256(text_of(e->offered));

	hash_put_hex(name, &log);
	buf_put_char(name, '-');
	hash_put_hex(name, &tree);
	buf_put_cstr(name, e->fork ? FORK EVIDENCE : EVIDENCE);
	buf_put_char(name, '\0');
	return buf_status(name);
}

enum status
memory_keep_evidence(int dirfd, const struct memory_evidence *e)
{
	CLEANUP(buf_clear) struct buf name = BUF(NAME_MAX_LEN);
	CLEANUP(buf_clear) struct buf text = BUF(2 * CONTENT_MAX + 64);
	size_t count = 0;

	TRY(evidence_name(e, &name));
	buf_put_cstr(&text, "== held ==\n");
	buf_put(&text, e->held);
	buf_put_cstr(&text, "== offered ==\n");
	buf_put(&text, e->offered);
	TRY(buf_status(&text));
	if (faccessat(dirfd, name.p, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return OK;
	TRY(count_evidence(dirfd, e->fork, &count));
	if (count >= MEMORY_EVIDENCE_MAX)
		return E_LIMITED;
	return file_replace_at(dirfd, name.p, buf_str(&text), 0600);
}
