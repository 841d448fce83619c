#include "auditlog/daemon/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"

#define ORIGIN "origin"
#define VKEY   "log.vkey"

static enum status
read_origin(int dirfd, struct buf *out)
{
	TRY(file_read_at(dirfd, ORIGIN, out));
	return buf_status(out);
}

static enum status
write_origin(int dirfd, struct str origin)
{
	CLEANUP(buf_clear) struct buf text = BUF(NOTE_NAME_MAX + 1);

	buf_put(&text, origin);
	buf_put_char(&text, '\n');
	TRY(buf_status(&text));
	return file_replace_at(dirfd, ORIGIN, buf_str(&text), 0644);
}

/* Again is fine: an interrupted one is finished so. */
static enum status
claim(int dirfd, struct str origin)
{
	CLEANUP(buf_clear) struct buf there = BUF(NOTE_NAME_MAX + 1);
	enum status st = read_origin(dirfd, &there);

	if (st == E_NOT_FOUND)
		return write_origin(dirfd, origin);
	TRY(st);
	return str_eq(str_trim(buf_str(&there)), origin) ? OK : E_CONFLICT;
}

static enum status
open_made(const char *dir, int *fd)
{
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return E_IO;
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0)
		return E_IO;
	/* Readers come in; what is not for them has a directory of its own. */
	return fchmod(*fd, 0755) == 0 ? OK : E_IO;
}

enum status
setup_init(const char *dir, struct str origin)
{
	CLEANUP(beneath_closep) int fd = -1;

	if (!note_name_ok(origin))
		return E_INVALID;
	TRY(open_made(dir, &fd));
	if (faccessat(fd, "checkpoint", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    faccessat(fd, "wal/0000000000", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return E_CONFLICT;
	TRY(claim(fd, origin));
	TRY(file_make_dirs_at(fd, "wal", 0700));
	TRY(file_make_dirs_at(fd, "index", 0700));
	return file_sync_dir(fd, ".");
}

static enum status
read_keys(int dirfd, struct trust *out)
{
	CLEANUP(buf_clear) struct buf there = BUF(TRUST_FILE_MAX);

	TRY(file_read_at(dirfd, VKEY, &there));
	return trust_add_lines(out, buf_str(&there)) == OK ? OK : E_CONFLICT;
}

static enum status
write_keys(int dirfd, const struct trust *keys)
{
	CLEANUP(buf_clear) struct buf text = BUF(TRUST_FILE_MAX);

	for (size_t i = 0; i < keys->n; i++) {
		note_put_vkey(&text, &keys->key[i]);
		buf_put_char(&text, '\n');
	}
	TRY(buf_status(&text));
	return file_replace_at(dirfd, VKEY, buf_str(&text), 0644);
}

enum status
setup_add_key(int dirfd, const struct note_key *key)
{
	struct trust keys = { 0 };
	enum status st = read_keys(dirfd, &keys);
	size_t before = keys.n;

	if (st != E_NOT_FOUND)
		TRY(st);
	TRY(trust_add_key(&keys, key));
	return keys.n == before ? OK : write_keys(dirfd, &keys);
}

enum status
setup_load_keys(int dirfd, const struct note_key *key, struct trust *out)
{
	struct trust there = { 0 };
	enum status st = read_keys(dirfd, &there);

	*out = (struct trust){ 0 };
	TRY(trust_add_key(out, key));
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	for (size_t i = 0; i < there.n; i++)
		if (str_eq(str_of(there.key[i].name), str_of(key->name)))
			TRY(trust_add_key(out, &there.key[i]));
	return OK;
}

static enum status
check_vkey(int dirfd, const struct note_key *key)
{
	struct trust there = { 0 };
	enum status st = read_keys(dirfd, &there);

	if (st == E_NOT_FOUND)
		return setup_add_key(dirfd, key);
	TRY(st == E_TOO_LARGE ? E_CONFLICT : st);
	for (size_t i = 0; i < there.n; i++)
		if (note_key_eq(&there.key[i], key))
			return OK;
	return E_CONFLICT;
}

enum status
setup_check(int dirfd, const struct note_key *key)
{
	CLEANUP(buf_clear) struct buf origin = BUF(NOTE_NAME_MAX + 1);

	TRY(read_origin(dirfd, &origin));
	if (!str_eq(str_trim(buf_str(&origin)), str_of(key->name)))
		return E_CONFLICT;
	return check_vkey(dirfd, key);
}
