#include "auditlog/base/users.h"

#include <pwd.h>
#include <stdio.h>

static enum status
resolve_one(const char *name, uid_t *uid)
{
	struct passwd row, *found = NULL;
	char names[4096];
	uint64_t number = 0;

	/* (uid_t)-1 means "nobody in particular" to the kernel and is never a user. */
	if (str_to_u64(str_of(name), UINT32_MAX - 1, &number) == OK) {
		*uid = (uid_t)number;
		return OK;
	}
	if (getpwnam_r(name, &row, names, sizeof(names), &found) != 0 || found == NULL)
		return E_NOT_FOUND;
	*uid = row.pw_uid;
	return OK;
}

enum status
users_resolve(const struct conf_strings *names, uid_t *uids, size_t *count, const char **bad)
{
	for (size_t i = 0; i < names->n; i++) {
		enum status st = i < USERS_MAX ? resolve_one(names->item[i], &uids[i]) : E_TOO_LARGE;

		if (st != OK) {
			*bad = names->item[i];
			return st;
		}
	}
	*count = names->n;
	return OK;
}

enum status
users_allow(const char *path, const struct conf_strings *names, uid_t *uids, size_t *count, struct conf_error *err)
{
	const char *bad = "";

	if (users_resolve(names, uids, count, &bad) == OK)
		return OK;
	(void)snprintf(err->text, sizeof(err->text), "%s: allow: there is no user \"%s\"; name one of this machine",
		       path, bad);
	return E_INVALID;
}
