/*
 * powercut: what a power failure does to a mounted file system, without a power failure: everything that was not synced
 * is dropped, the journal with it, and nothing more is written. `powercut DIR`; then unmount and mount again.
 */
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The same number on ext4 and xfs, which call it SHUTDOWN and GOINGDOWN. */
#define GOINGDOWN  _IOR('X', 125, __u32)
#define NOLOGFLUSH 2u

int
main(int argc, char **argv)
{
	__u32 how = NOLOGFLUSH;
	int fd, failed;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: powercut DIR\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	failed = fd < 0 || ioctl(fd, GOINGDOWN, &how) != 0;
	if (failed)
		perror(argv[1]);
	if (fd >= 0)
		(void)close(fd);
	return failed ? 1 : 0;
}
