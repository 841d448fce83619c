#include "auditlog/daemon/index_ring.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"

#define STEP       4096
#define FILE_BYTES ((off_t)(IDS_WINDOW * sizeof(struct uuid)))

struct index_ring {
	int fd;
	uint64_t first; /* index of gathered[0] */
	size_t count;
	struct uuid gathered[STEP];
};

enum status
index_ring_open(int dirfd, struct index_ring **out)
{
	struct index_ring *r = calloc(1, sizeof(*r));
	enum status st;

	if (r == NULL)
		return E_NOMEM;
	st = beneath_open(dirfd, "index/newest", O_RDWR | O_CREAT, 0600, &r->fd);
	if (st == OK && ftruncate(r->fd, FILE_BYTES) != 0) {
		(void)close(r->fd);
		st = E_IO;
	}
	if (st != OK) {
		free(r);
		return st;
	}
	*out = r;
	return OK;
}

void
index_ring_close(struct index_ring *r)
{
	if (r == NULL)
		return;
	(void)close(r->fd);
	free(r);
}

static off_t
place_of(uint64_t index)
{
	return (off_t)(index % IDS_WINDOW * sizeof(struct uuid));
}

static enum status
write_gathered(struct index_ring *r)
{
	enum status st = OK;

	if (r->count > 0)
		st = file_pwrite_all(r->fd, r->gathered, r->count * sizeof(struct uuid), place_of(r->first));
	r->count = 0;
	return st;
}

enum status
index_ring_put(struct index_ring *r, uint64_t index, const struct uuid *id)
{
	/* STEP divides the window: a step that begins on a multiple of it never runs over the end of the file. */
	if (r->count > 0 && (index != r->first + r->count || index % STEP == 0))
		TRY(write_gathered(r));
	if (r->count == 0)
		r->first = index;
	r->gathered[r->count++] = *id;
	return OK;
}

enum status
index_ring_sync(struct index_ring *r)
{
	TRY(write_gathered(r));
	return fdatasync(r->fd) == 0 ? OK : E_IO;
}

enum status
index_ring_load(struct index_ring *r, uint64_t from, uint64_t to, struct ids *ids)
{
	while (from < to) {
		uint64_t n = STEP - from % STEP;

		n = n < to - from ? n : to - from;
		TRY(file_pread_all(r->fd, r->gathered, n * sizeof(struct uuid), place_of(from)));
		for (uint64_t i = 0; i < n; i++)
			TRY(ids_put(ids, &r->gathered[i], from + i));
		from += n;
	}
	return OK;
}
