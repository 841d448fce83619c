/*
 * beneath.h: files below a directory that is held open, reached without ever following a symlink. Whoever renames the
 * directory or puts a link into it leads nobody out of it.
 */
#ifndef AUDITLOG_BASE_BENEATH_H
#define AUDITLOG_BASE_BENEATH_H

#include <sys/types.h>

#include "auditlog/base/buf.h"

/* Longest path below the directory. */
#define BENEATH_PATH_MAX 256

/*
 * Opens path ("wal/0000000001"); flags and mode as of openat, O_CLOEXEC and O_NOFOLLOW are added. E_NOT_FOUND;
 * E_CONFLICT for O_EXCL and an existing file; E_DENIED when a component is a symlink or not a directory; E_INVALID for
 * an empty component, "." or "..", or a path that is too long; else E_IO.
 */
MUST_USE enum status beneath_open(int dirfd, const char *path, int flags, mode_t mode, int *fd);
/* The directory that holds path, and the last component, a pointer into path. */
MUST_USE enum status beneath_parent(int dirfd, const char *path, int *parentfd, const char **name);
/* Appends the whole file to out, at most out's maximum (E_TOO_LARGE). */
MUST_USE enum status beneath_read(int dirfd, const char *path, struct buf *out);

/*
 * Removes what file_replace_at() left in a directory when a crash came between its steps: names with ".tmp-" in them.
 * For the one writer of that directory, at its start.
 */
void beneath_remove_temporaries(int dirfd);

/* For CLEANUP on a descriptor that starts as -1. */
void beneath_closep(int *fd);

#endif
