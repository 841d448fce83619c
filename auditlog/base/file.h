/* file.h: whole files, and writes that survive power loss. */
#ifndef AUDITLOG_BASE_FILE_H
#define AUDITLOG_BASE_FILE_H

#include <sys/types.h>

#include "auditlog/base/buf.h"

/* Appends a whole file to out, at most out's maximum (E_TOO_LARGE). E_NOT_FOUND when there is none. Never follows a
 * last symlink. dirfd may be AT_FDCWD. */
MUST_USE enum status file_read_at(int dirfd, const char *path, struct buf *out);
/* All n bytes or an error; goes on after EINTR and short writes. */
MUST_USE enum status file_write_all(int fd, const void *p, size_t n);
MUST_USE enum status file_pwrite_all(int fd, const void *p, size_t n, off_t at);
MUST_USE enum status file_pread_all(int fd, void *p, size_t n, off_t at);
/*
 * Replaces path by content: 1. write a temporary beside it  2. fsync  3. rename  4. fsync the directory. After a crash
 * there is the old file or the new one, never a mixture. The first sync error is returned, never retried (R4).
 */
MUST_USE enum status file_replace_at(int dirfd, const char *path, struct str content, mode_t mode);
MUST_USE enum status file_sync_dir(int dirfd, const char *path);
/* mkdir -p below dirfd, new directories synced. */
MUST_USE enum status file_make_dirs_at(int dirfd, const char *path, mode_t mode);

#endif
