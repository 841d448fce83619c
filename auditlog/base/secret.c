#include "auditlog/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status
secret_new(size_t n, struct secret *out)
{
	unsigned char *p;

	if (n == 0)
		return E_INVALID;
	if (n > SECRET_MAX)
		return E_TOO_LARGE;
	if (sodium_init() < 0)
		return E_SYSTEM;
	p = sodium_malloc(n);
	if (p == NULL)
		return E_NOMEM;
	memset(p, 0, n);
	*out = (struct secret){ p, n };
	return OK;
}

enum status
secret_copy(struct str from, struct secret *out)
{
	TRY(secret_new(from.n, out));
	memcpy(out->p, from.p, from.n);
	return OK;
}

enum status
secret_random(size_t n, struct secret *out)
{
	TRY(secret_new(n, out));
	randombytes_buf(out->p, n);
	return OK;
}

static void
closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* n bytes, or E_IO: a file that shrinks while it is read is not a key. */
static enum status
read_exactly(int fd, unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return E_IO;
		p += got;
		n -= (size_t)got;
	}
	return OK;
}

enum status
secret_read_file(const char *path, size_t max, struct secret *out)
{
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP(secret_clear) struct secret s = { 0 };
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? E_NOT_FOUND : errno == EACCES ? E_DENIED : E_IO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return E_IO;
	if ((st.st_mode & 077) != 0)
		return E_DENIED;
	if (st.st_size < 1)
		return E_INVALID;
	if ((uint64_t)st.st_size > max)
		return E_TOO_LARGE;
	TRY(secret_new((size_t)st.st_size, &s));
	TRY(read_exactly(fd, s.p, s.n));
	*out = s;
	s = (struct secret){ 0 };
	return OK;
}

void
secret_clear(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->p); /* wipes; NULL is fine */
	*s = (struct secret){ 0 };
}

bool
secret_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

void
secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

struct str
secret_str(const struct secret *s)
{
	return str_from(s->p, s->n);
}
