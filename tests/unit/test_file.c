#include "auditlog/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/expect.h"

static char dir[] = "/tmp/test_file_XXXXXX";
static int dirfd_;

static void
make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	cr_assert_geq(dirfd_, 0);
}

static void
remove_dir(void)
{
	char command[64];

	(void)close(dirfd_);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = make_dir, .fini = remove_dir);

static size_t
count_names(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

Test(file, what_was_written_is_read)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);

	EXPECT_OK(file_replace_at(dirfd_, "a", STR("hello\0x"), 0640));
	EXPECT_OK(file_read_at(dirfd_, "a", &b));
	EXPECT_STR(STR("hello\0x"), buf_str(&b));
	EXPECT_OK(file_read_at(dirfd_, "a", &b)); /* appends */
	cr_assert_eq(b.n, 14U);
}

Test(file, replacing_leaves_one_file_with_the_mode_asked_for)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);
	struct stat st;

	(void)umask(077);
	EXPECT_OK(file_replace_at(dirfd_, "a", STR("old"), 0600));
	EXPECT_OK(file_replace_at(dirfd_, "a", STR("new"), 0644));
	EXPECT_OK(file_read_at(dirfd_, "a", &b));
	EXPECT_BUF("new", &b);
	cr_assert_eq(fstatat(dirfd_, "a", &st, 0), 0);
	cr_assert_eq(st.st_mode & 0777, 0644U);
	cr_assert_eq(count_names(), 1U);
}

Test(file, a_failed_replacement_leaves_the_old_file_and_no_litter)
{
	struct stat st;

	EXPECT_OK(file_make_dirs_at(dirfd_, "a/b", 0700));
	cr_assert_neq(file_replace_at(dirfd_, "a", STR("x"), 0600), OK); /* a directory with something in it */
	cr_assert_eq(fstatat(dirfd_, "a/b", &st, 0), 0);
	cr_assert_eq(count_names(), 1U);
	EXPECT_STATUS(E_NOT_FOUND, file_replace_at(dirfd_, "none/x", STR("x"), 0600));
}

Test(file, absolute_paths_and_paths_below_do)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);
	char path[64];

	EXPECT_OK(file_make_dirs_at(dirfd_, "x/y", 0700));
	EXPECT_OK(file_replace_at(dirfd_, "x/y/z", STR("1"), 0600));
	(void)snprintf(path, sizeof(path), "%s/x/y/z", dir);
	EXPECT_OK(file_replace_at(AT_FDCWD, path, STR("2"), 0600));
	EXPECT_OK(file_read_at(AT_FDCWD, path, &b));
	EXPECT_BUF("2", &b);
}

Test(file, the_maximum_is_exact)
{
	CLEANUP(buf_clear) struct buf fits = BUF(5), small = BUF(4);

	EXPECT_OK(file_replace_at(dirfd_, "a", STR("12345"), 0600));
	EXPECT_OK(file_read_at(dirfd_, "a", &fits));
	EXPECT_BUF("12345", &fits);
	EXPECT_STATUS(E_TOO_LARGE, file_read_at(dirfd_, "a", &small));
}

Test(file, what_is_missing_or_no_file_is_refused)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);
	char path[64];

	EXPECT_STATUS(E_NOT_FOUND, file_read_at(dirfd_, "none", &b));
	EXPECT_OK(file_replace_at(dirfd_, "a", STR("x"), 0600));
	EXPECT_STATUS(E_NOT_FOUND, file_read_at(dirfd_, "a/b", &b));
	cr_assert_eq(symlinkat("a", dirfd_, "link"), 0);
	EXPECT_STATUS(E_IO, file_read_at(dirfd_, "link", &b));
	EXPECT_STATUS(E_IO, file_read_at(dirfd_, ".", &b));
	(void)snprintf(path, sizeof(path), "%s/fifo", dir);
	cr_assert_eq(mkfifo(path, 0600), 0);
	EXPECT_STATUS(E_IO, file_read_at(dirfd_, "fifo", &b)); /* and does not hang */
	cr_assert_eq(b.n, 0U);
}

Test(file, directories_are_made_once)
{
	struct stat st;

	EXPECT_OK(file_make_dirs_at(dirfd_, "a/b//c/", 0750));
	EXPECT_OK(file_make_dirs_at(dirfd_, "a/b/c", 0750));
	cr_assert_eq(fstatat(dirfd_, "a/b/c", &st, 0), 0);
	cr_assert(S_ISDIR(st.st_mode));
	EXPECT_OK(file_replace_at(dirfd_, "file", STR("x"), 0600));
	EXPECT_STATUS(E_CONFLICT, file_make_dirs_at(dirfd_, "file", 0750));
	EXPECT_STATUS(E_CONFLICT, file_make_dirs_at(dirfd_, "file/x", 0750));
	EXPECT_STATUS(E_INVALID, file_make_dirs_at(dirfd_, "", 0750));
	EXPECT_OK(file_make_dirs_at(AT_FDCWD, dir, 0750));
}

Test(file, positioned_reads_want_all_of_it)
{
	int fd = openat(dirfd_, "a", O_RDWR | O_CREAT, 0600);
	char got[4] = "";

	EXPECT_OK(file_pwrite_all(fd, "abcd", 4, 2));
	EXPECT_OK(file_pread_all(fd, got, 4, 2));
	cr_assert(memcmp(got, "abcd", 4) == 0);
	EXPECT_STATUS(E_IO, file_pread_all(fd, got, 4, 3));
	EXPECT_STATUS(E_IO, file_pread_all(-1, got, 4, 0));
	EXPECT_STATUS(E_IO, file_write_all(-1, got, 4));
	EXPECT_OK(file_write_all(-1, got, 0));
	(void)close(fd);
}

Test(file, a_disk_that_is_full_is_an_error)
{
	int fd = open("/dev/full", O_WRONLY);

	EXPECT_STATUS(E_IO, file_write_all(fd, "x", 1));
	EXPECT_STATUS(E_IO, file_pwrite_all(fd, "x", 1, 0));
	(void)close(fd);
}
