#include "auditlog/daemon/prune_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/core/tile.h"

/* A folder holds the bundles with the next three digits, and folders for those with three more. */
#define GROUP 1000

struct pass {
	uint64_t minimum; /* in bundles */
	size_t left, removed;
};

/* The three digits at p. */
static bool
digits(const char *p, uint64_t *out)
{
	for (int i = 0; i < 3; i++)
		if (!isdigit((unsigned char)p[i]))
			return false;
	*out = (uint64_t)(p[0] - '0') * 100 + (uint64_t)(p[1] - '0') * 10 + (uint64_t)(p[2] - '0');
	return true;
}

static enum status
remove_at(struct pass *p, int dirfd, const char *name, bool *changed)
{
	if (unlinkat(dirfd, name, 0) != 0 && errno != ENOENT)
		return E_IO;
	*changed = true;
	p->removed++;
	p->left -= p->left > 0;
	return OK;
}

static enum status
open_folder(int dirfd, const char *name, DIR **out)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	*out = fd < 0 ? NULL : fdopendir(fd);
	if (*out != NULL)
		return OK;
	beneath_closep(&fd);
	return errno == ENOENT ? E_NOT_FOUND : E_IO;
}

static enum status
close_folder(DIR *dir, enum status st, bool changed)
{
	if (st == OK && changed && fsync(dirfd(dir)) != 0)
		st = E_IO;
	(void)closedir(dir);
	return st;
}

/* 067.p/: forms of an unfinished bundle, of which none is wanted. */
static enum status
remove_partial(struct pass *p, int at, const char *name, bool *changed)
{
	const struct dirent *d;
	enum status st = OK;
	bool within = false;
	DIR *dir = NULL;

	TRY(open_folder(at, name, &dir));
	while (st == OK && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			st = remove_at(p, dirfd(dir), d->d_name, &within);
	TRY(close_folder(dir, st, within));
	*changed = true;
	return unlinkat(at, name, AT_REMOVEDIR) == 0 ? OK : E_IO;
}

static enum status walk(struct pass *p, int at, const char *name, uint64_t prefix);

/* One name of a folder. Names that do not belong there are left alone: `auditlog verify --strict` names them. */
static enum status
judge(struct pass *p, int at, const char *name, uint64_t prefix, bool *changed)
{
	uint64_t number = 0;
	size_t n = strlen(name);

	if (n == 4 && name[0] == 'x' && digits(name + 1, &number)) {
		uint64_t below = prefix * GROUP + number;

		/* The first that it can hold. */
		if (below * GROUP >= p->minimum)
			return OK;
		TRY(walk(p, at, name, below));
		if (unlinkat(at, name, AT_REMOVEDIR) == 0)
			*changed = true;
		return OK;
	}
	if (n < 3 || !digits(name, &number) || prefix * GROUP + number >= p->minimum)
		return OK;
	if (n == 3)
		return remove_at(p, at, name, changed);
	return strcmp(name + 3, ".p") == 0 ? remove_partial(p, at, name, changed) : OK;
}

static enum status
walk(struct pass *p, int at, const char *name, uint64_t prefix)
{
	const struct dirent *d;
	enum status st = OK;
	bool changed = false;
	DIR *dir = NULL;

	TRY(open_folder(at, name, &dir));
	while (st == OK && p->left > 0 && (d = readdir(dir)) != NULL)
		st = judge(p, dirfd(dir), d->d_name, prefix, &changed);
	return close_folder(dir, st, changed);
}

enum status
prune_files_below(int dirfd, uint64_t minimum, size_t most, size_t *removed)
{
	struct pass p = { .minimum = minimum / TILE_WIDTH, .left = most };
	CLEANUP(beneath_closep) int tiles = -1;
	enum status st = beneath_open(dirfd, "tile/entries", O_RDONLY | O_DIRECTORY, 0, &tiles);

	if (st == OK)
		st = walk(&p, tiles, ".", 0);
	*removed = p.removed;
	TRY(st == E_NOT_FOUND ? OK : st);
	return p.left > 0 ? OK : E_BUSY;
}
