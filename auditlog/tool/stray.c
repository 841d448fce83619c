#include "auditlog/tool/stray.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/file.h"

/* Deeper than any path of the format goes: tile/entries/x001/…/067.p/17 at 2^63 entries. */
#define DEPTH_MAX 12

struct walk {
	const struct target *target;
	struct source source;
	bool strict;
	struct stray_result *result;
	struct findings *found;
};

/* ---- one file ---- */

static bool
has_width(const struct tile *t, struct str bytes)
{
	struct str line;
	unsigned count = 0;

	if (t->kind == TILE_HASHES)
		return bytes.n == (size_t)t->width * HASH_LEN;
	while (tile_next_entry(&bytes, &line) == OK)
		count++;
	return bytes.n == 0 && count == t->width;
}

/* One form of a tile is the beginning of every wider one. */
static void
compare_forms(struct walk *w, int dirfd, const char *name, const char *path, const struct tile *t, unsigned needed)
{
	CLEANUP(buf_clear) struct buf own = BUF(LOGREAD_BUNDLE_MAX);
	struct tile other = *t;
	struct str bytes;
	enum status st = file_read_at(dirfd, name, &own);

	if (st == E_NOT_FOUND) /* a running log takes partial tiles away when their full one is there */
		return;
	if (st != OK) {
		findings_resource(w->found, path, st, NULL);
		return;
	}
	other.width = needed;
	if (!has_width(t, buf_str(&own)))
		findings_bad(w->found, path, "its length or structure is wrong");
	else if (logread_tile(w->source.log, &other, &bytes) == OK &&
		 memcmp(own.p, bytes.p, own.n < bytes.n ? own.n : bytes.n) != 0)
		findings_bad(w->found, path, "it contradicts the other form of the same tile");
}

static void
note_unneeded(struct walk *w, uint64_t *counter, const char *path, const char *what)
{
	(*counter)++;
	if (w->strict)
		findings_bad(w->found, path, "%s", what);
}

static void
judge_tile(struct walk *w, int dirfd, const char *name, const char *path, const struct tile *t)
{
	uint64_t full = tile_full_count(t->level, w->target->head.size);
	unsigned last = tile_partial_width(t->level, w->target->head.size);
	unsigned needed = t->index < full ? TILE_WIDTH : t->index == full ? last : 0;

	if (t->width == needed)
		return;
	if (needed)
		compare_forms(w, dirfd, name, path, t, needed);
	if (t->width < needed)
		w->result->earlier++;
	else
		note_unneeded(w, &w->result->ahead, path, "it is not covered by the checkpoint");
}

static void
judge_file(struct walk *w, int dirfd, const char *name, const char *path)
{
	struct tile t;

	if (tile_parse_path(str_of(path), &t) == OK)
		judge_tile(w, dirfd, name, path, &t);
	else
		note_unneeded(w, &w->result->extra, path, "no such file belongs in a log");
}

/* ---- the walk ---- */

static void walk_dir(struct walk *w, int dirfd, const char *path, int depth);

static void
walk_entry(struct walk *w, int dirfd, const char *path, const char *name, int depth)
{
	char below[PATH_MAX];
	struct stat info;
	int fd;

	if (snprintf(below, sizeof(below), "%s/%s", path, name) >= (int)sizeof(below)) {
		note_unneeded(w, &w->result->extra, path, "no file of a log has so long a name");
	} else if (fstatat(dirfd, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			findings_unread(w->found, below, "it cannot be looked at");
	} else if (S_ISREG(info.st_mode)) {
		judge_file(w, dirfd, name, below);
	} else if (!S_ISDIR(info.st_mode) || depth == DEPTH_MAX) {
		note_unneeded(w, &w->result->extra, below, "only plain files in a few folders belong in a log");
	} else {
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			findings_unread(w->found, below, "the folder cannot be opened");
		if (fd >= 0)
			walk_dir(w, fd, below, depth + 1);
	}
}

static int
keep(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* Closes dirfd. Sorted, so that two runs find the same thing first. */
static void
walk_dir(struct walk *w, int dirfd, const char *path, int depth)
{
	struct dirent **names = NULL;
	int count = scandirat(dirfd, ".", &names, keep, alphasort);

	if (count < 0)
		findings_unread(w->found, path, "the folder cannot be listed");
	for (int i = 0; i < count; i++) {
		walk_entry(w, dirfd, path, names[i]->d_name, depth);
		free(names[i]);
	}
	free(names);
	close(dirfd);
}

void
stray_check(const struct target *t, bool strict, struct stray_result *out, struct findings *f)
{
	struct walk w = { .target = t, .strict = strict, .result = out, .found = f };
	int root = open(t->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int tiles = root < 0 ? -1 : openat(root, "tile", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*out = (struct stray_result){ 0 };
	if (root >= 0)
		close(root);
	if (tiles < 0 || target_source(t, &w.source) != OK) {
		if (t->head.size) /* an empty log has no tiles */
			findings_unread(f, "tile", "the folder cannot be listed");
		if (tiles >= 0)
			close(tiles);
		return;
	}
	walk_dir(&w, tiles, "tile", 0);
	target_source_close(&w.source);
}
