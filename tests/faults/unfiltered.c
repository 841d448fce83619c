/*
 * unfiltered: `unfiltered PROGRAM ARGS...` runs a program that cannot get a seccomp filter, as on a kernel without
 * them.
 *
 * strace replaces a system call that is to fail by call number -1, which the daemons' filter answers with death.
 * Instead of a switch in the daemons that turns their filter off, this makes seccomp() fail: --sandbox=best-effort goes
 * on and says so in the log, --sandbox=require refuses to start.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 2 || ctx == NULL || seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) != 0 ||
	    seccomp_load(ctx) != 0) {
		(void)fprintf(stderr, "usage: unfiltered PROGRAM ARGS...\n");
		return 2;
	}
	seccomp_release(ctx);
	(void)execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
