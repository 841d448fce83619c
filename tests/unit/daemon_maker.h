/*
 * daemon_maker.h: for tests, a log directory with a write-ahead log, fragments to put into it, and calls of the kernel
 * that fail when told to.
 */
#ifndef TESTS_UNIT_DAEMON_MAKER_H
#define TESTS_UNIT_DAEMON_MAKER_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/tile.h"
#include "auditlog/daemon/recover.h"
#include "auditlog/daemon/wal.h"
#include "tests/unit/expect.h"

#define DAEMON_MAKER_ORIGIN "log.example.org/ombud"
#define DAEMON_MAKER_TAG    "k3mZAAAAAAAAAAAAAAAAAA"

struct daemon_maker {
	char dir[64];
	int dirfd;
	struct wal *wal;
	struct tip tip; /* of what the test wrote by daemon_maker_append() */
	size_t segment_bytes;
};

/* Which call of the kernel fails next: 0 none, 1 the next, 2 the one after. Stays at its errno until set to 0 when
 * sticky. */
struct daemon_maker_fault {
	int countdown;
	int error;
	bool sticky;
	bool after; /* the call has its effect, and fails all the same */
};
static UNUSED struct daemon_maker_fault daemon_maker_pwrite, daemon_maker_fdatasync, daemon_maker_fallocate;

static UNUSED bool
daemon_maker_fails(struct daemon_maker_fault *f)
{
	if (f->countdown == 0)
		return false;
	if (f->countdown > 1) {
		f->countdown--;
		return false;
	}
	if (!f->sticky)
		f->countdown = 0;
	errno = f->error;
	return true;
}

static UNUSED ssize_t
daemon_maker_on_pwrite(int fd, const void *p, size_t n, off_t at)
{
	bool fails = daemon_maker_fails(&daemon_maker_pwrite);
	int error = errno;

	if (fails && !daemon_maker_pwrite.after)
		return -1;
	/* Half of it, and then the power went: what a torn record looks like. */
	if (fails && pwrite(fd, p, n / 2, at) < 0)
		return -1;
	errno = error;
	return fails ? -1 : pwrite(fd, p, n, at);
}

static UNUSED int
daemon_maker_on_fdatasync(int fd)
{
	bool fails = daemon_maker_fails(&daemon_maker_fdatasync);
	int error = errno;

	if (fails && daemon_maker_fdatasync.after)
		(void)fdatasync(fd);
	errno = error;
	return fails ? -1 : fdatasync(fd);
}

/* A disk without a free block: only what a file has already can be given to it. */
static UNUSED bool daemon_maker_disk_full;

static UNUSED int
daemon_maker_on_fallocate(int fd, int mode, off_t at, off_t n)
{
	struct stat st;

	if (daemon_maker_fails(&daemon_maker_fallocate))
		return -1;
	if (daemon_maker_disk_full && (fstat(fd, &st) != 0 || st.st_blocks * 512 < at + n)) {
		errno = ENOSPC;
		return -1;
	}
	return fallocate(fd, mode, at, n);
}

static const UNUSED struct wal_io daemon_maker_io = { daemon_maker_on_pwrite, daemon_maker_on_fdatasync,
						      daemon_maker_on_fallocate };

static UNUSED struct hash
daemon_maker_origin(void)
{
	return hash_sha256(STR(DAEMON_MAKER_ORIGIN));
}

/* Opens (again) the write-ahead log of the directory; nothing is read yet. */
static UNUSED void
daemon_maker_open_wal(struct daemon_maker *m)
{
	struct wal_options opt = { .dirfd = m->dirfd,
				   .origin = daemon_maker_origin(),
				   .segment_bytes = m->segment_bytes,
				   .io = &daemon_maker_io };

	wal_free(m->wal);
	m->wal = NULL;
	EXPECT_OK(wal_new(&opt, &m->wal));
}

/* A fresh directory, nothing in its write-ahead log, ready to append. */
static UNUSED struct daemon_maker *
daemon_maker_new(size_t segment_bytes)
{
	struct daemon_maker *m = calloc(1, sizeof(*m));
	struct wal_report report;

	snprintf(m->dir, sizeof(m->dir), "/tmp/daemon_maker.XXXXXX");
	cr_assert_not_null(mkdtemp(m->dir));
	m->dirfd = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->segment_bytes = segment_bytes;
	daemon_maker_open_wal(m);
	EXPECT_OK(wal_scan(m->wal, false, &report));
	EXPECT_OK(wal_start(m->wal, false));
	return m;
}

static UNUSED void
daemon_maker_free(struct daemon_maker *m)
{
	char command[128];

	wal_free(m->wal);
	snprintf(command, sizeof(command), "rm -rf %s", m->dir);
	cr_assert_eq(system(command), 0);
	close(m->dirfd);
	free(m);
}

/* A login of nobody, or with a tag a look at somebody's data. */
static UNUSED void
daemon_maker_fragment_of(struct buf *out, const struct uuid *id, const char *tag)
{
	struct entry e = { .id = *id, .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("svc_portal") } };

	if (tag != NULL) {
		e.about[0].tag = str_of(tag);
		e.about_count = 1;
	}
	buf_reset(out);
	EXPECT_OK(entry_encode_fragment(&e, out));
}

static UNUSED void
daemon_maker_fragment(struct buf *out)
{
	struct uuid id = uuid_new();

	daemon_maker_fragment_of(out, &id, DAEMON_MAKER_TAG);
}

/* One record of `count` entries, straight into the write-ahead log. */
static UNUSED enum status
daemon_maker_try(struct daemon_maker *m, size_t count)
{
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX);
	struct buf *record = wal_record(m->wal);
	struct tip tip = m->tip;

	TRY(wal_prepare(m->wal, SEGMENT_RECORD_EXTRA + count * 512, false));
	segment_open_record(record);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);

		daemon_maker_fragment(&fragment);
		EXPECT_OK(entry_compose(&tip.leaf, tip.tree.size, tip.time_us + 1, buf_str(&fragment), &line));
		EXPECT_OK(tile_put_entry(record, buf_str(&line)));
		tip.leaf = hash_leaf(buf_str(&line));
		tip.time_us++;
		EXPECT_OK(merkle_add(&tip.tree, &tip.leaf, NULL, NULL));
	}
	TRY(wal_commit(m->wal, (uint32_t)count, &tip.leaf));
	m->tip = tip;
	return OK;
}

static UNUSED void
daemon_maker_append(struct daemon_maker *m, size_t count)
{
	EXPECT_OK(daemon_maker_try(m, count));
}

/* Changes one byte of a file below the directory. */
static UNUSED void
daemon_maker_flip(const struct daemon_maker *m, const char *path, off_t at)
{
	CLEANUP(beneath_closep) int fd = -1;
	unsigned char byte = 0;

	EXPECT_OK(beneath_open(m->dirfd, path, O_RDWR, 0, &fd));
	EXPECT_OK(file_pread_all(fd, &byte, 1, at));
	byte ^= 0x20;
	EXPECT_OK(file_pwrite_all(fd, &byte, 1, at));
}

/* Takes the bytes from `at` on away, as a power failure does: zeroes up to the old size. */
static UNUSED void
daemon_maker_tear(const struct daemon_maker *m, const char *path, off_t at)
{
	CLEANUP(beneath_closep) int fd = -1;
	struct stat st;

	EXPECT_OK(beneath_open(m->dirfd, path, O_RDWR, 0, &fd));
	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_eq(ftruncate(fd, at), 0);
	cr_assert_eq(ftruncate(fd, st.st_size), 0);
}

#endif
