#include "auditlog/daemon/mapstore.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"

#define DIRECTORY "index/maps"
#define GROWING   DIRECTORY "/growing"
#define PATH_LEN  64

/* At the end of the file: what it is the map of, and a hash over that. */
static const struct str MAGIC = STR_INIT("ombud map store v1\n");
#define TRAILER_LEN (19 + 8 * 6 + 1 + HASH_LEN + HASH_LEN)

static void
path_of(unsigned month, char path[PATH_LEN])
{
	(void)snprintf(path, PATH_LEN, DIRECTORY "/%04u-%02u", month / 12, month % 12 + 1);
}

void
mapstore_clear(struct mapstore_kept *k)
{
	mapfile_clear(&k->map);
}

enum status
mapstore_ready(int dirfd)
{
	return file_make_dirs_at(dirfd, DIRECTORY, 0700);
}

void
mapstore_remove(int dirfd, unsigned month)
{
	char path[PATH_LEN];

	path_of(month, path);
	(void)unlinkat(dirfd, path, 0);
}

/* ---- the trailer ---- */

static void
put_trailer(struct buf *out, const struct tagmap_facts *f, uint64_t entry)
{
	struct hash h;

	buf_put(out, MAGIC);
	buf_put_u64(out, f->month);
	buf_put_u64(out, f->first);
	buf_put_u64(out, f->size);
	buf_put_u64(out, (uint64_t)f->until_us);
	buf_put_u64(out, f->tags);
	buf_put_u64(out, entry);
	buf_put_u8(out, f->closed);
	buf_put(out, hash_str(&f->root));
	h = hash_sha256(buf_str(out));
	buf_put(out, hash_str(&h));
}

static enum status
get_facts(struct str in, struct tagmap_facts *f, uint64_t *entry)
{
	uint64_t month = 0, until = 0;
	uint8_t closed = 0;

	TRY(buf_get_u64(&in, &month));
	TRY(buf_get_u64(&in, &f->first));
	TRY(buf_get_u64(&in, &f->size));
	TRY(buf_get_u64(&in, &until));
	TRY(buf_get_u64(&in, &f->tags));
	TRY(buf_get_u64(&in, entry));
	TRY(buf_get_u8(&in, &closed));
	TRY(buf_get_into(&in, f->root.b, HASH_LEN));
	f->month = (unsigned)month;
	f->until_us = (int64_t)until;
	f->closed = closed == 1;
	return OK;
}

static enum status
get_trailer(struct str bytes, struct tagmap_facts *f, uint64_t *entry)
{
	struct hash h = hash_sha256(str_slice(bytes, 0, TRAILER_LEN - HASH_LEN));

	if (!str_eq(hash_str(&h), str_slice(bytes, TRAILER_LEN - HASH_LEN, TRAILER_LEN)) || !str_starts(bytes, MAGIC))
		return E_CORRUPT;
	return get_facts(str_slice(bytes, MAGIC.n, bytes.n), f, entry) == OK ? OK : E_CORRUPT;
}

static enum status
read_kept(int fd, struct mapstore_kept *k)
{
	char bytes[TRAILER_LEN] = { 0 };
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < (off_t)TRAILER_LEN || file_pread_all(fd, bytes, TRAILER_LEN, end - (off_t)TRAILER_LEN) != OK)
		return E_CORRUPT;
	TRY(get_trailer(str_from(bytes, TRAILER_LEN), &k->facts, &k->entry));
	if (k->facts.tags > (uint64_t)end || mapfile_bytes(k->facts.tags) + TRAILER_LEN != (uint64_t)end)
		return E_CORRUPT;
	k->map = (struct mapfile){ fd, k->facts.month, k->facts.tags, k->facts.root };
	return OK;
}

enum status
mapstore_load(int dirfd, unsigned month, struct mapstore_kept *out)
{
	char path[PATH_LEN];
	int fd = -1;
	enum status st;

	path_of(month, path);
	TRY(beneath_open(dirfd, path, O_RDWR, 0, &fd));
	st = read_kept(fd, out);
	if (st == OK && out->facts.month != month)
		st = E_CORRUPT;
	if (st != OK) {
		(void)close(fd);
		out->map.fd = -1;
	}
	return st;
}

/* ---- growing ---- */

enum status
mapstore_open_growing(void *ctx, int *fd)
{
	struct mapstore_place *p = ctx;

	(void)unlinkat(p->dirfd, GROWING, 0);
	TRY(beneath_open(p->dirfd, GROWING, O_RDWR | O_CREAT | O_EXCL, 0600, fd));
	p->fresh = true;
	return OK;
}

/* A month without tags has no file yet. */
static enum status
keep_in(struct mapstore_place *p, int fd, const struct tagmap_facts *f, uint64_t entry)
{
	CLEANUP(buf_clear) struct buf trailer = BUF(TRAILER_LEN);
	char path[PATH_LEN];

	put_trailer(&trailer, f, entry);
	TRY(buf_status(&trailer));
	TRY(file_pwrite_all(fd, trailer.p, trailer.n, (off_t)mapfile_bytes(f->tags)));
	if (!p->fresh) /* the file of the map before, which had the same tags in it */
		return OK;
	path_of(f->month, path);
	if (renameat(p->dirfd, GROWING, p->dirfd, path) != 0)
		return E_IO;
	p->fresh = false;
	return OK;
}

enum status
mapstore_keep(struct mapstore_place *place, const struct mapfile *map, const struct tagmap_facts *facts, uint64_t entry)
{
	CLEANUP(beneath_closep) int empty = -1;

	if (map->fd < 0)
		TRY(mapstore_open_growing(place, &empty));
	return keep_in(place, map->fd < 0 ? empty : map->fd, facts, entry);
}
