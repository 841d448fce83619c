#include "auditlog/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/random.h"

#define PATH_LONGEST 4096
#define READ_STEP    ((size_t)64 << 10)

static enum status
of_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return E_NOT_FOUND;
	case EACCES:
	case EPERM:
		return E_DENIED;
	case EEXIST:
		return E_CONFLICT;
	case ENOMEM:
		return E_NOMEM;
	case ENAMETOOLONG:
		return E_TOO_LARGE;
	default:
		return E_IO;
	}
}

static void
closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static enum status
open_at(int dirfd, const char *path, int flags, mode_t mode, int *fd)
{
	do
		*fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	while (*fd < 0 && errno == EINTR);
	return *fd >= 0 ? OK : of_errno(errno);
}

/* How much to ask for next: never more than one byte past the maximum, which is how "too large" shows. */
static size_t
next_step(const struct buf *out, size_t most)
{
	size_t left = most - out->n;

	return left < READ_STEP ? left : READ_STEP;
}

static enum status
at_end(int fd)
{
	char extra;
	ssize_t n;

	do
		n = read(fd, &extra, 1);
	while (n < 0 && errno == EINTR);
	return n == 0 ? OK : n > 0 ? E_TOO_LARGE : E_IO;
}

static enum status
read_all(int fd, struct buf *out)
{
	size_t most = out->max != 0 ? out->max : BUF_MAX_DEFAULT;

	for (;;) {
		size_t step = next_step(out, most);
		char *to;
		ssize_t n;

		if (step == 0)
			return at_end(fd);
		to = buf_room(out, step);
		if (to == NULL)
			return buf_status(out);
		n = read(fd, to, step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return E_IO;
		if (n == 0)
			return OK;
		out->n += (size_t)n;
	}
}

enum status
file_read_at(int dirfd, const char *path, struct buf *out)
{
	CLEANUP(closep) int fd = -1;
	struct stat st;

	TRY(buf_status(out));
	/* O_NONBLOCK: a fifo in a file's place must not hang us. */
	TRY(open_at(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &fd));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return E_IO;
	return read_all(fd, out);
}

enum status
file_write_all(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		ssize_t done = write(fd, from, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return E_IO;
		from += done;
		n -= (size_t)done;
	}
	return OK;
}

enum status
file_pwrite_all(int fd, const void *p, size_t n, off_t at)
{
	const char *from = p;

	while (n > 0) {
		ssize_t done = pwrite(fd, from, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return E_IO;
		from += done;
		at += done;
		n -= (size_t)done;
	}
	return OK;
}

enum status
file_pread_all(int fd, void *p, size_t n, off_t at)
{
	char *to = p;

	while (n > 0) {
		ssize_t done = pread(fd, to, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) /* an early end too: the caller asked for all of it */
			return E_IO;
		to += done;
		at += done;
		n -= (size_t)done;
	}
	return OK;
}

/* The directory part of path in dir: "." when it has none. */
static enum status
dir_of(const char *path, char *dir, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

	if (strlen(path) >= size - 1)
		return E_TOO_LARGE;
	memcpy(dir, n > 0 ? path : ".", n > 0 ? n : 1);
	dir[n > 0 ? n : 1] = '\0';
	return OK;
}

enum status
file_sync_dir(int dirfd, const char *path)
{
	CLEANUP(closep) int fd = -1;

	TRY(open_at(dirfd, path, O_RDONLY | O_DIRECTORY, 0, &fd));
	return fsync(fd) == 0 ? OK : E_IO;
}

/* Steps 1 and 2 of file_replace_at. The descriptor is closed on the way out; the sync has happened before. */
static enum status
write_synced(int dirfd, const char *path, struct str content, mode_t mode)
{
	CLEANUP(closep) int fd = -1;

	TRY(open_at(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode, &fd));
	/* Not left to the umask: the caller says who may read. */
	if (fchmod(fd, mode) != 0)
		return E_IO;
	TRY(file_write_all(fd, content.p, content.n));
	return fsync(fd) == 0 ? OK : E_IO;
}

static enum status
temporary_name(const char *path, char *name, size_t size)
{
	CLEANUP(buf_clear) struct buf b = BUF(PATH_LONGEST);
	unsigned char mark[8];

	random_bytes(mark, sizeof(mark));
	buf_put_cstr(&b, path);
	buf_put_cstr(&b, ".tmp-");
	encode_hex(&b, str_from(mark, sizeof(mark)));
	TRY(buf_status(&b));
	if (b.n >= size)
		return E_TOO_LARGE;
	memcpy(name, b.p, b.n);
	name[b.n] = '\0';
	return OK;
}

enum status
file_replace_at(int dirfd, const char *path, struct str content, mode_t mode)
{
	char temporary[PATH_LONGEST], dir[PATH_LONGEST];
	enum status st;

	TRY(dir_of(path, dir, sizeof(dir)));
	TRY(temporary_name(path, temporary, sizeof(temporary)));
	st = write_synced(dirfd, temporary, content, mode);
	if (st == OK && renameat(dirfd, temporary, dirfd, path) != 0)
		st = of_errno(errno);
	if (st != OK) {
		(void)unlinkat(dirfd, temporary, 0);
		return st;
	}
	return file_sync_dir(dirfd, dir);
}

/* One directory; there already is fine, but a file in its place is not. */
static enum status
make_dir(int dirfd, const char *path, mode_t mode)
{
	char parent[PATH_LONGEST];
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0) {
		TRY(dir_of(path, parent, sizeof(parent)));
		return file_sync_dir(dirfd, parent);
	}
	if (errno != EEXIST)
		return of_errno(errno);
	if (fstatat(dirfd, path, &st, 0) != 0)
		return of_errno(errno);
	return S_ISDIR(st.st_mode) ? OK : E_CONFLICT;
}

enum status
file_make_dirs_at(int dirfd, const char *path, mode_t mode)
{
	char part[PATH_LONGEST];
	size_t n = strlen(path);

	if (n == 0)
		return E_INVALID;
	if (n >= sizeof(part))
		return E_TOO_LARGE;
	for (size_t i = 1; i <= n; i++) {
		if ((path[i] != '/' && path[i] != '\0') || path[i - 1] == '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		TRY(make_dir(dirfd, part, mode));
	}
	return OK;
}
