/*
 * replay.c: a main for fuzz targets where there is no libFuzzer: calls the target with every file of a corpus, then
 *with so many inputs that a simple mutator makes of them. The same every time: the seed is fixed, files come sorted.
 *
 *	replay CORPUS_DIR MUTATIONS CRASH_FILE
 *
 * What the target is called with when the process dies is written to CRASH_FILE. The last line is "N passed, N failed",
 * one for each file and one for all mutations.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "tests/fuzz/oracle.h"

#define FILES_MOST 4096
#define INPUT_MOST ((size_t)64 << 10)

static struct {
	const char *path;
	const uint8_t *data;
	size_t n;
} now;

static struct buf files[FILES_MOST];
static size_t count;

/* Only calls that are safe in a signal handler. */
static void
save(void)
{
	int fd = open(now.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (write(fd, now.data, now.n) == (ssize_t)now.n)
		(void)!write(STDOUT_FILENO, "\n0 passed, 1 failed\n", 20);
	(void)close(fd);
}

static void
on_abort(int sig)
{
	save();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static void
call(const uint8_t *data, size_t n)
{
	/* A block of exactly this size, so that reading past it is noticed. */
	CLEANUP(freep) uint8_t *copy = malloc(n > 0 ? n : 1);

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, data, n);
	now.data = copy;
	now.n = n;
	(void)LLVMFuzzerTestOneInput(copy, n);
}

static int
not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
load(const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, not_hidden, alphasort);

	for (int i = 0; i < n; i++) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		must(count < FILES_MOST);
		files[count] = BUF(INPUT_MOST);
		must(file_read_at(AT_FDCWD, path, &files[count]) == OK);
		count++;
		free(names[i]);
	}
	free(names);
}

/* xorshift64*: the same on every machine. */
static uint64_t
chance(uint64_t below)
{
	static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * UINT64_C(0x2545f4914f6cdd1d) >> 16) % below;
}

static void
change_once(struct buf *b, const struct buf *other)
{
	size_t at = (size_t)chance(b->n + 1), n = (size_t)chance(8) + 1;
	CLEANUP(buf_clear) struct buf tail = BUF(4 * INPUT_MOST);

	switch (chance(6)) {
	case 0: /* cut off */
		b->n = at;
		return;
	case 1: /* a bit */
		if (at < b->n)
			b->p[at] ^= (char)(1 << chance(8));
		return;
	case 2: /* another byte */
		if (at < b->n)
			b->p[at] = (char)chance(256);
		return;
	case 3: /* a few bytes less */
		buf_put(&tail, str_slice(buf_str(b), at + n, b->n));
		b->n = at;
		break;
	case 4: /* a piece twice */
		buf_put(&tail, str_slice(buf_str(b), at > n ? at - n : 0, b->n));
		b->n = at;
		break;
	default: /* goes on as another input does */
		buf_put(&tail, str_slice(buf_str(other), at, other->n));
		b->n = at;
		break;
	}
	buf_put(b, buf_str(&tail));
}

static void
mutate(void)
{
	CLEANUP(buf_clear) struct buf b = BUF(4 * INPUT_MOST);
	const struct buf *from = &files[chance(count)];

	buf_put(&b, buf_str(from));
	for (uint64_t i = chance(4) + 1; i > 0 && b.n > 0; i--)
		change_once(&b, &files[chance(count)]);
	must(buf_status(&b) == OK);
	call((const uint8_t *)b.p, b.n);
}

int
main(int argc, char **argv)
{
	long mutations = argc == 4 ? strtol(argv[2], NULL, 10) : 0;

	if (argc != 4)
		return 2;
	now.path = argv[3];
	(void)unlink(now.path);
	__sanitizer_set_death_callback(save);
	(void)signal(SIGABRT, on_abort);
	load(argv[1]);
	if (count == 0) {
		printf("%s: no corpus\n0 passed, 1 failed\n", argv[1]);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		call((const uint8_t *)files[i].p, files[i].n);
	for (long i = 0; i < mutations; i++)
		mutate();
	printf("%zu files, %ld mutations\n%zu passed, 0 failed\n", count, mutations, count + 1);
	for (size_t i = 0; i < count; i++)
		buf_clear(&files[i]);
	return 0;
}
