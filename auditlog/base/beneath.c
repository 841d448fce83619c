#include "auditlog/base/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/file.h"

void
beneath_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static enum status
open_status(int error)
{
	switch (error) {
	case ENOENT:
		return E_NOT_FOUND;
	case EEXIST:
		return E_CONFLICT;
	case ELOOP:
	case ENOTDIR:
		return E_DENIED;
	default:
		return E_IO;
	}
}

static enum status
open_one(int dirfd, const char *name, int flags, mode_t mode, int *fd)
{
	int got;

	do {
		got = openat(dirfd, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return open_status(errno);
	*fd = got;
	return OK;
}

static bool
component_ok(const char *name, size_t n)
{
	return n > 0 && !(n == 1 && name[0] == '.') && !(n == 2 && name[0] == '.' && name[1] == '.');
}

/* Steps into the first component of *path and moves *path behind it. */
static enum status
step_into(int *dirfd, const char **path, size_t n)
{
	char name[BENEATH_PATH_MAX];
	int next = -1;

	if (!component_ok(*path, n))
		return E_INVALID;
	memcpy(name, *path, n);
	name[n] = '\0';
	TRY(open_one(*dirfd, name, O_RDONLY | O_DIRECTORY, 0, &next));
	beneath_closep(dirfd);
	*dirfd = next;
	*path += n + 1;
	return OK;
}

enum status
beneath_parent(int dirfd, const char *path, int *parentfd, const char **name)
{
	CLEANUP(beneath_closep) int at = -1;
	const char *slash;

	if (strlen(path) >= BENEATH_PATH_MAX)
		return E_INVALID;
	at = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	if (at < 0)
		return E_IO;
	while ((slash = strchr(path, '/')) != NULL)
		TRY(step_into(&at, &path, (size_t)(slash - path)));
	if (!component_ok(path, strlen(path)))
		return E_INVALID;
	*parentfd = at;
	at = -1;
	*name = path;
	return OK;
}

enum status
beneath_open(int dirfd, const char *path, int flags, mode_t mode, int *fd)
{
	CLEANUP(beneath_closep) int parent = -1;
	const char *name = NULL;

	TRY(beneath_parent(dirfd, path, &parent, &name));
	return open_one(parent, name, flags, mode, fd);
}

enum status
beneath_read(int dirfd, const char *path, struct buf *out)
{
	CLEANUP(beneath_closep) int parent = -1;
	const char *name = NULL;

	TRY(beneath_parent(dirfd, path, &parent, &name));
	return file_read_at(parent, name, out);
}

void
beneath_remove_temporaries(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		beneath_closep(&fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (strstr(d->d_name, ".tmp-") != NULL)
			(void)unlinkat(fd, d->d_name, 0);
	(void)closedir(dir);
}
