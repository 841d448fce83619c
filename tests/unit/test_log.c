#include "auditlog/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

/* stderr goes into a pipe that the test reads. */
static int out[2];

static void
catch_stderr(void)
{
	cr_assert_eq(pipe2(out, O_NONBLOCK), 0);
	cr_assert_geq(dup2(out[1], STDERR_FILENO), 0);
	log_open("tester", LOG_LEVEL_INFO);
}

TestSuite(log, .init = catch_stderr);

/* What has been written so far, as one NUL-terminated text. */
static const char *
caught(void)
{
	static char text[1 << 17];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(text) - 1 && (got = read(out[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

Test(log, a_line_has_time_level_program_event_status_and_values)
{
	const char *line;
	int64_t us;

	log_warn(E_TIMEOUT, "session.lookup", "peer=%s port=%d", "10.0.0.1", 443);
	line = caught();
	EXPECT_OK(clock_parse_rfc3339(str_from(line, CLOCK_RFC3339_LEN), &us));
	cr_assert_str_eq(line + CLOCK_RFC3339_LEN,
			 " warn tester session.lookup status=timeout peer=10.0.0.1 port=443\n");
}

Test(log, levels_below_the_least_are_silent)
{
	log_debug("a.b", "x=%d", 1);
	cr_assert_str_eq(caught(), "");
	log_open("tester", LOG_LEVEL_ERROR);
	log_info("a.b", "x=%d", 1);
	log_warn(OK, "a.b", "x=%d", 1);
	cr_assert_str_eq(caught(), "");
	log_error(OK, "a.b", "x=%d", 1);
	cr_assert_not_null(strstr(caught(), " error tester a.b x=1\n"));
}

Test(log, nobody_can_forge_a_line_or_steer_a_terminal)
{
	const char *line;

	log_info("a.b", "name=%s", "x\n2026-11-21T22:54:19.123456Z error tester forged y=1\r\x1b[2J\x7f\t");
	line = caught();
	cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);
	cr_assert_not_null(strstr(line, "name=x\\x0a2026"));
	cr_assert_not_null(strstr(line, "\\x0d\\x1b[2J\\x7f\\x09\n"));
}

Test(log, a_long_line_is_cut_and_still_ends)
{
	char text[9000];
	const char *line;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("a.b", "name=%s", text);
	line = caught();
	cr_assert_leq(strlen(line), 4096U);
	cr_assert_eq(line[strlen(line) - 1], '\n');
}

Test(log, a_full_pipe_drops_lines_and_later_says_how_many)
{
	char filler[4096];
	const char *line;
	size_t n;

	memset(filler, '.', sizeof(filler));
	while (write(out[1], filler, sizeof(filler)) > 0)
		;
	cr_assert_eq(errno, EAGAIN);
	log_info("lost.line", "x=%d", 1);
	log_info("lost.line", "x=%d", 2);
	n = strlen(caught());
	cr_assert_gt(n, 0U);
	log_info("kept.line", "x=%d", 3);
	line = caught();
	cr_assert_null(strstr(line, "lost.line"));
	cr_assert_not_null(strstr(line, "kept.line x=3 lines_dropped=2\n"));
	log_info("kept.line", "x=%d", 4);
	cr_assert_null(strstr(caught(), "lines_dropped"));
}

Test(log, logging_leaves_errno_alone)
{
	errno = ENOTTY;
	log_info("a.b", "x=%d", 1);
	cr_assert_eq(errno, ENOTTY);
	(void)close(STDERR_FILENO);
	errno = ENOTTY;
	log_info("a.b", "x=%d", 1);
	cr_assert_eq(errno, ENOTTY);
}

Test(status, every_status_has_a_name_of_its_own)
{
	for (int i = 0; i < STATUS_COUNT; i++) {
		cr_assert_str_neq(status_name((enum status)i), "unknown");
		for (int k = 0; k < i; k++)
			cr_assert_str_neq(status_name((enum status)i), status_name((enum status)k));
	}
	cr_assert_str_eq(status_name(STATUS_COUNT), "unknown");
	cr_assert_str_eq(status_name((enum status) - 1), "unknown");
}
