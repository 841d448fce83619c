#include "auditlog/base/secret.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/expect.h"

Test(secret, a_new_one_is_zero_and_a_random_one_is_not)
{
	CLEANUP(secret_clear) struct secret a = { 0 }, b = { 0 }, c = { 0 };

	EXPECT_OK(secret_new(32, &a));
	EXPECT_OK(secret_random(32, &b));
	EXPECT_OK(secret_random(32, &c));
	cr_assert_eq(a.n, 32U);
	for (size_t i = 0; i < a.n; i++)
		cr_assert_eq(a.p[i], 0);
	cr_assert_not(secret_equal(secret_str(&b), secret_str(&c)));
	cr_assert_not(secret_equal(secret_str(&a), secret_str(&b)));
}

Test(secret, sizes_have_limits)
{
	struct secret s = { 0 };

	EXPECT_STATUS(E_INVALID, secret_new(0, &s));
	EXPECT_STATUS(E_INVALID, secret_copy(STR(""), &s));
	EXPECT_STATUS(E_TOO_LARGE, secret_new(SECRET_MAX + 1, &s));
	EXPECT_OK(secret_new(SECRET_MAX, &s));
	secret_clear(&s);
}

Test(secret, clearing_leaves_nothing_and_may_be_repeated)
{
	struct secret s = { 0 };

	secret_clear(&s);
	EXPECT_OK(secret_copy(STR("key"), &s));
	secret_clear(&s);
	cr_assert_null(s.p);
	cr_assert_eq(s.n, 0U);
	secret_clear(&s);
	secret_clear(NULL);
}

Test(secret, equality_needs_every_byte)
{
	cr_assert(secret_equal(STR("abc"), STR("abc")));
	cr_assert(secret_equal(STR(""), STR("")));
	cr_assert_not(secret_equal(STR("abc"), STR("abd")));
	cr_assert_not(secret_equal(STR("bbc"), STR("abc")));
	cr_assert_not(secret_equal(STR("abc"), STR("abcd")));
}

Test(secret, wiping_wipes)
{
	char bytes[] = "password";

	secret_wipe(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		cr_assert_eq(bytes[i], 0);
}

/* libsodium's guard page: reading past a key ends the process. */
Test(secret, a_read_past_the_end_does_not_get_far)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct secret s = { 0 };
		volatile unsigned char sum = 0;

		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		if (secret_new(4096, &s) != OK)
			_exit(0);
		for (size_t i = 0; i <= 4096; i++)
			sum = (unsigned char)(sum + ((volatile unsigned char *)s.p)[i]);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_not(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char path[] = "/tmp/test_secret_XXXXXX";

static void
write_key(const char *text, mode_t mode)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

Test(secret, a_key_file_is_read_whole)
{
	CLEANUP(secret_clear) struct secret s = { 0 };

	write_key("PRIVATE\n", 0600);
	EXPECT_OK(secret_read_file(path, 100, &s));
	EXPECT_STR(STR("PRIVATE\n"), secret_str(&s));
	(void)unlink(path);
}

Test(secret, a_key_file_that_others_may_read_is_refused)
{
	const mode_t modes[] = { 0640, 0604, 0610, 0601, 0660 };
	struct secret s = { 0 };

	write_key("PRIVATE\n", 0600);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		cr_assert_eq(chmod(path, modes[i]), 0);
		EXPECT_STATUS(E_DENIED, secret_read_file(path, 100, &s));
	}
	(void)unlink(path);
	cr_assert_null(s.p);
}

Test(secret, key_files_that_are_empty_large_missing_or_no_files_are_refused)
{
	struct secret s = { 0 };
	char link[64];

	write_key("", 0600);
	EXPECT_STATUS(E_INVALID, secret_read_file(path, 100, &s));
	cr_assert_eq(truncate(path, 101), 0);
	EXPECT_STATUS(E_TOO_LARGE, secret_read_file(path, 100, &s));
	(void)snprintf(link, sizeof(link), "%s.link", path);
	cr_assert_eq(symlink(path, link), 0);
	EXPECT_STATUS(E_IO, secret_read_file(link, 1000, &s));
	(void)unlink(link);
	(void)unlink(path);
	EXPECT_STATUS(E_NOT_FOUND, secret_read_file(path, 100, &s));
	EXPECT_STATUS(E_IO, secret_read_file("/tmp", 100, &s));
}
