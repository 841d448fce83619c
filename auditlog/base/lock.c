#include "auditlog/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"

enum status
lock_take(int dirfd, int *fd)
{
	CLEANUP(beneath_closep) int got = -1;
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	TRY(beneath_open(dirfd, "lock", O_RDWR | O_CREAT, 0600, &got));
	/* An open-file-description lock: unlike the older kind it is not lost when some other descriptor is closed. */
	if (fcntl(got, F_OFD_SETLK, &whole) != 0)
		return errno == EAGAIN || errno == EACCES ? E_CONFLICT : E_IO;
	/* The file can be removed and made anew by whoever may write here, the directory not. Not all file systems have
	 * it. */
	if (flock(dirfd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return E_CONFLICT;
	*fd = got;
	got = -1;
	return OK;
}
