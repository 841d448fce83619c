/* users.h: names of users in configuration files, as numbers. */
#ifndef AUDITLOG_BASE_USERS_H
#define AUDITLOG_BASE_USERS_H

#include <sys/types.h>

#include "auditlog/base/conf.h"

#define USERS_MAX 32

/*
 * Resolves "auditlog" or "998" one by one into uids, which has room for USERS_MAX. E_NOT_FOUND for an unknown name,
 * E_TOO_LARGE for too many; *bad then points at the item.
 */
MUST_USE enum status users_resolve(const struct conf_strings *names, uid_t *uids, size_t *count, const char **bad);
/* The same for the setting `allow` of the file at path; err says what is wrong with it. E_INVALID. */
MUST_USE enum status
users_allow(const char *path, const struct conf_strings *names, uid_t *uids, size_t *count, struct conf_error *err);

#endif
