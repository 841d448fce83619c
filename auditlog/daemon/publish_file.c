#include "auditlog/daemon/publish_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"

/*
 * Where a file is written before it has its name: not among what is published, so that what a crash leaves is nowhere
 * in the way. One writer: it is nobody else's, and overwritten the next time.
 */
#define PRIVATE   "wal"
#define TEMPORARY "publishing"

/* Opens name below *at, making it when missing, and puts it in the place of *at. */
static enum status
enter(int *at, const char *name)
{
	CLEANUP(beneath_closep) int next = -1;
	enum status st = beneath_open(*at, name, O_RDONLY | O_DIRECTORY, 0, &next);

	if (st == E_NOT_FOUND) {
		if (mkdirat(*at, name, 0755) != 0)
			return E_IO;
		TRY(beneath_open(*at, name, O_RDONLY | O_DIRECTORY, 0, &next));
		if (fchmod(next, 0755) != 0 || fsync(next) != 0 || fsync(*at) != 0)
			return E_IO;
		st = OK;
	}
	TRY(st);
	beneath_closep(at);
	*at = next;
	next = -1;
	return OK;
}

static enum status
open_parent(int dirfd, const char *parent, int *out)
{
	CLEANUP(beneath_closep) int at = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	struct str rest = str_of(parent), piece = { 0 };
	char name[BENEATH_PATH_MAX];

	if (at < 0)
		return E_IO;
	while (str_next(&rest, '/', &piece)) {
		if (piece.n == 0 || piece.n >= sizeof(name))
			return E_INVALID;
		memcpy(name, piece.p, piece.n);
		name[piece.n] = '\0';
		TRY(enter(&at, name));
	}
	*out = at;
	at = -1;
	return OK;
}

enum status
publish_file_sync(struct publish_dir *dir)
{
	enum status st = dir->fd < 0 || fsync(dir->fd) == 0 ? OK : E_IO;

	beneath_closep(&dir->fd);
	dir->path[0] = '\0';
	return st;
}

/* Consecutive tiles lie in the same directory: it is opened once and synced once. */
static enum status
change_dir(int dirfd, const char *parent, struct publish_dir *dir)
{
	if (dir->fd >= 0 && strcmp(dir->path, parent) == 0)
		return OK;
	TRY(publish_file_sync(dir));
	TRY(open_parent(dirfd, parent, &dir->fd));
	(void)snprintf(dir->path, sizeof(dir->path), "%s", parent);
	return OK;
}

static size_t
first_difference(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return i;
}

/* E_NOT_FOUND: there is none. E_CONFLICT: it has other bytes. */
static enum status
compare(int dirfd, const char *name, struct str bytes, size_t *differs)
{
	CLEANUP(buf_clear) struct buf there = BUF(bytes.n + 1);
	enum status st = file_read_at(dirfd, name, &there);

	if (st != OK && st != E_TOO_LARGE)
		return st;
	if (st == OK && str_eq(buf_str(&there), bytes))
		return OK;
	*differs = first_difference(buf_str(&there), bytes);
	return E_CONFLICT;
}

static enum status
write_temporary(int dirfd, struct str bytes)
{
	CLEANUP(beneath_closep) int fd = -1;

	TRY(beneath_open(dirfd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0644, &fd));
	if (fchmod(fd, 0644) != 0)
		return E_IO;
	TRY(file_write_all(fd, bytes.p, bytes.n));
	return fsync(fd) == 0 ? OK : E_IO;
}

static enum status
write_new(int dirfd, int parent, const char *name, struct str bytes, unsigned flags, size_t *differs)
{
	CLEANUP(beneath_closep) int private = -1;

	TRY(beneath_open(dirfd, PRIVATE, O_RDONLY | O_DIRECTORY, 0, &private));
	TRY(write_temporary(private, bytes));
	if (renameat2(private, TEMPORARY, parent, name, flags) != 0)
		return E_IO;
	return compare(parent, name, bytes, differs);
}

/* Opens the directory of path; *name is what comes behind. */
static enum status
enter_parent(int dirfd, const char *path, struct publish_dir *dir, const char **name)
{
	char parent[sizeof(dir->path)];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || (size_t)(slash - path) >= sizeof(parent))
		return E_INVALID;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	*name = slash + 1;
	return change_dir(dirfd, parent, dir);
}

enum status
publish_file_put(int dirfd, const char *path, struct str bytes, struct publish_dir *dir, size_t *differs)
{
	const char *name = NULL;
	enum status st;

	TRY(enter_parent(dirfd, path, dir, &name));
	st = compare(dir->fd, name, bytes, differs);
	return st == E_NOT_FOUND ? write_new(dirfd, dir->fd, name, bytes, RENAME_NOREPLACE, differs) : st;
}

enum status
publish_file_replace(int dirfd, const char *path, struct str bytes, struct publish_dir *dir)
{
	const char *name = NULL;
	size_t differs = 0;

	TRY(enter_parent(dirfd, path, dir, &name));
	return write_new(dirfd, dir->fd, name, bytes, 0, &differs);
}

static enum status
remove_files(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	enum status st = OK;

	if (dir == NULL) {
		beneath_closep(&fd);
		return E_IO;
	}
	while (st == OK && (d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    unlinkat(dirfd(dir), d->d_name, 0) != 0)
			st = E_IO;
	(void)closedir(dir);
	return st;
}

enum status
publish_file_remove_dir(int dirfd, const char *path)
{
	CLEANUP(beneath_closep) int parent = -1;
	const char *name = NULL;
	int fd = -1;
	enum status st = beneath_parent(dirfd, path, &parent, &name);

	if (st == OK)
		st = beneath_open(parent, name, O_RDONLY | O_DIRECTORY, 0, &fd);
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	TRY(remove_files(fd));
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? OK : E_IO;
}
