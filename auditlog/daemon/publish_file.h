/*
 * publish_file.h: writes files of the published log: once, whole, never changed afterwards. Published directories and
 * files are readable by everybody, whatever the umask; symlinks are refused.
 */
#ifndef AUDITLOG_DAEMON_PUBLISH_FILE_H
#define AUDITLOG_DAEMON_PUBLISH_FILE_H

#include "auditlog/base/buf.h"

/* dirfd below is the log directory, with its wal/. A directory whose new names may not be durable yet. Starts as {0}
 * with fd -1. */
struct publish_dir {
	int fd;
	char path[128];
};

/*
 * Puts bytes at path below dirfd: 1. temporary file  2. fsync  3. the name, never over an existing file  4. read back.
 * A file that is there with these bytes is fine (OK); with others it is E_CONFLICT, and *differs says from which byte
 * on. Its directory is left in *dir to be synced by publish_file_sync(); the one that was there before is synced.
 */
MUST_USE enum status
publish_file_put(int dirfd, const char *path, struct str bytes, struct publish_dir *dir, size_t *differs);
/*
 * The same over a file that is there: for bytes that rotted, and for names of which nobody knows any more whether they
 * became durable. Readers see the old file or the new one.
 */
MUST_USE enum status publish_file_replace(int dirfd, const char *path, struct str bytes, struct publish_dir *dir);
/* Makes the names durable and closes. */
MUST_USE enum status publish_file_sync(struct publish_dir *dir);
/* Removes a directory of plain files. One that is not there is fine. */
MUST_USE enum status publish_file_remove_dir(int dirfd, const char *path);

#endif
