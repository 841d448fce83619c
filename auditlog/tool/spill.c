#include "auditlog/tool/spill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/file.h"

#define PAIR sizeof(struct mapfile_pair)

/* Not every file system knows O_TMPFILE. */
static int
named_and_removed(const char *dir)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/auditlog-XXXXXX", dir) >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

enum status
spill_file(int *fd)
{
	const char *dir = getenv("TMPDIR");

	if (dir == NULL || dir[0] != '/')
		dir = "/tmp";
	*fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd < 0)
		*fd = named_and_removed(dir);
	return *fd < 0 ? E_IO : OK;
}

/* The newest pairs are in memory until there are SPILL_PAIRS of them. */
static uint64_t
on_disk(const struct spill *s)
{
	return s->put - s->put % SPILL_PAIRS;
}

enum status
spill_put(struct spill *s, const struct mapfile_pair *pair)
{
	s->in[s->put % SPILL_PAIRS] = *pair;
	if ((s->put + 1) % SPILL_PAIRS == 0) {
		if (s->fd < 0)
			TRY(spill_file(&s->fd));
		TRY(file_pwrite_all(s->fd, s->in, sizeof(s->in), (off_t)((s->put + 1 - SPILL_PAIRS) * PAIR)));
	}
	s->put++;
	return OK;
}

static enum status
load(struct spill *s)
{
	uint64_t from = s->got - s->got % SPILL_PAIRS;

	TRY(file_pread_all(s->fd, s->out, sizeof(s->out), (off_t)(from * PAIR)));
	s->loaded_from = from;
	s->loaded_to = from + SPILL_PAIRS;
	return OK;
}

enum status
spill_peek(struct spill *s, struct mapfile_pair *out)
{
	if (s->got == s->put)
		return E_END;
	if (s->got >= on_disk(s)) {
		*out = s->in[s->got % SPILL_PAIRS];
		return OK;
	}
	if (s->got < s->loaded_from || s->got >= s->loaded_to)
		TRY(load(s));
	*out = s->out[s->got % SPILL_PAIRS];
	return OK;
}

/* An emptied queue begins at the front of its file again. */
void
spill_take(struct spill *s)
{
	s->got++;
	if (s->got == s->put)
		s->got = s->put = s->loaded_from = s->loaded_to = 0;
}

void
spill_clear(struct spill *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	s->put = s->got = s->loaded_from = s->loaded_to = 0;
}
