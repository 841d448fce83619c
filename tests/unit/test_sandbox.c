#include "auditlog/base/service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditlog/base/file.h"
#include "tests/unit/expect.h"

/* Each act runs in a child that has entered the sandbox; its exit status says how the act ended. */
#define DIED_OF_IT 1000

static char dir[] = "/tmp/test_sandbox_XXXXXX";

static void
need_kernel(void)
{
	if (SANITIZED)
		cr_skip("sanitizer builds have no sandbox");
	cr_assert_not_null(mkdtemp(dir));
}

static void
clean(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

TestSuite(sandbox, .init = need_kernel, .fini = clean);

static int
run_in(enum sandbox_profile profile, int (*act)(void))
{
	const struct sandbox_path paths[] = { { dir, SANDBOX_READ_WRITE }, { "/etc", SANDBOX_READ } };
	struct sandbox_level level;
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		if (sandbox_enter(profile, SANDBOX_REQUIRE, paths, ARRAY_LEN(paths), &level) != OK || !level.landlock ||
		    !level.seccomp)
			_exit(99);
		_exit(act());
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return DIED_OF_IT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 0 when it went well, else errno. */
static int
verdict(bool good)
{
	return good ? 0 : errno;
}

static int
write_inside(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	return file_replace_at(AT_FDCWD, path, STR("x"), 0600) == OK ? 0 : 1;
}

static int
write_outside(void)
{
	return verdict(open("/tmp/test_sandbox_outside", O_WRONLY | O_CREAT, 0600) >= 0);
}

static int
read_allowed(void)
{
	return verdict(open("/etc/passwd", O_RDONLY) >= 0);
}

static int
write_read_only(void)
{
	return verdict(open("/etc/passwd", O_WRONLY) >= 0);
}

static int
read_outside(void)
{
	return verdict(open("/usr/include/stdio.h", O_RDONLY) >= 0);
}

static int
run_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return verdict(execv("/bin/true", argv) == 0);
}

static int
open_network(void)
{
	return verdict(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int
open_unix(void)
{
	return verdict(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}

static int
signal_parent(void)
{
	return verdict(kill(getppid(), 0) == 0);
}

static int
write_code(void)
{
	return verdict(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		       MAP_FAILED);
}

static int
fork_again(void)
{
	return verdict(fork() >= 0);
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
start_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) == 0 && pthread_join(t, NULL) == 0 ? 0 : 1;
}

static const enum sandbox_profile profiles[] = { SANDBOX_KEYD, SANDBOX_SIGNER, SANDBOX_AUDITLOGD, SANDBOX_AUTHD };

static void
expect_everywhere(int want, int (*act)(void))
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
		cr_assert_eq(run_in(profiles[i], act), want, "profile %zu", i);
}

Test(sandbox, work_inside_goes_on)
{
	expect_everywhere(0, write_inside);
	expect_everywhere(0, read_allowed);
	expect_everywhere(0, open_unix);
	expect_everywhere(0, start_thread);
}

Test(sandbox, files_outside_are_out_of_reach)
{
	expect_everywhere(EACCES, write_outside);
	expect_everywhere(EACCES, read_outside);
	expect_everywhere(EACCES, write_read_only);
}

Test(sandbox, programs_children_signals_and_written_code_end_the_process)
{
	expect_everywhere(DIED_OF_IT, run_program);
	expect_everywhere(DIED_OF_IT, fork_again);
	expect_everywhere(DIED_OF_IT, signal_parent);
	expect_everywhere(DIED_OF_IT, write_code);
}

Test(sandbox, the_network_is_for_authd_alone)
{
	cr_assert_eq(run_in(SANDBOX_KEYD, open_network), DIED_OF_IT);
	cr_assert_eq(run_in(SANDBOX_SIGNER, open_network), DIED_OF_IT);
	cr_assert_eq(run_in(SANDBOX_AUDITLOGD, open_network), DIED_OF_IT);
	cr_assert_eq(run_in(SANDBOX_AUTHD, open_network), 0);
}

static int
require_missing(void)
{
	const struct sandbox_path missing = { "/nowhere/at/all", SANDBOX_READ };
	struct sandbox_level level;

	return sandbox_enter(SANDBOX_KEYD, SANDBOX_REQUIRE, &missing, 1, &level) == E_NOT_FOUND ? 0 : 1;
}

Test(sandbox, a_missing_path_is_an_error_when_the_sandbox_is_required)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(require_missing());
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(sandbox_mode, modes_are_spelt_one_way)
{
	struct service_options opt = { 0 };
	const struct cli_option options[] = { SERVICE_OPTIONS(&opt, "nothing") };
	const struct cli cli = { .program = "d", .summary = "Runs.", .options = options, .count = ARRAY_LEN(options) };
	char program[] = "d", require[] = "--sandbox=require", best[] = "--sandbox=best-effort";
	char off[] = "--sandbox=off", empty[] = "--sandbox=";
	int operand;

	cr_assert_eq(cli_parse(&cli, 2, (char *[]){ program, require, NULL }, &operand), CLI_GO);
	cr_assert_eq(opt.sandbox, SANDBOX_REQUIRE);
	cr_assert_eq(cli_parse(&cli, 2, (char *[]){ program, best, NULL }, &operand), CLI_GO);
	cr_assert_eq(opt.sandbox, SANDBOX_BEST_EFFORT);
	cr_assert_eq(cli_parse(&cli, 2, (char *[]){ program, off, NULL }, &operand), CLI_USAGE);
	cr_assert_eq(cli_parse(&cli, 2, (char *[]){ program, empty, NULL }, &operand), CLI_USAGE);
}
