#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "auditlog/base/sandbox_parts.h"

/*
 * Numbers from the kernel's interface, written out: the kernel that runs may be years newer than the headers that we
 * were built with, and libc has no functions for these calls.
 */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE       445
#define CALL_RESTRICT_SELF  446
#define ASK_VERSION         1U
#define RULE_PATH_BENEATH   1

#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_MAKE_SOCK   (UINT64_C(1) << 9)
#define FS_REFER       (UINT64_C(1) << 13)
#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_FIRST_ABI   ((UINT64_C(1) << 13) - 1)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)
#define NET_BIND       UINT64_C(1)
#define NET_TCP        UINT64_C(3) /* bind and connect */
#define SCOPE_ALL      UINT64_C(3) /* abstract unix sockets and signals */

#define READ_RIGHTS (FS_READ_FILE | FS_READ_DIR)
#define WRITE_RIGHTS                                                                                                   \
	(FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_REFER |        \
	 FS_TRUNCATE)
/* What a rule on something other than a directory may name. */
#define FILE_RIGHTS (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE)

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* What we take charge of, by the version that brought it. What is handled and not allowed is refused. */
static struct ruleset
ruleset_for(int abi, enum sandbox_profile profile)
{
	struct ruleset r = { .fs = FS_FIRST_ABI };

	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4 && profile != SANDBOX_AUTHD)
		r.net = profile == SANDBOX_COURIER ? NET_BIND : NET_TCP;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

static void
closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static enum status
allow_path(int ruleset, const struct sandbox_path *p, uint64_t handled)
{
	CLEANUP(closep) int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct path_rule rule = { .allowed = READ_RIGHTS, .parent = fd };
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? E_NOT_FOUND : E_SYSTEM;
	if (fstat(fd, &st) != 0)
		return E_SYSTEM;
	if (p->access == SANDBOX_READ_WRITE)
		rule.allowed |= WRITE_RIGHTS;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= FILE_RIGHTS;
	rule.allowed &= handled;
	return syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0U) == 0 ? OK : E_SYSTEM;
}

int
sandbox_landlock_abi(void)
{
	long abi = syscall(CALL_CREATE_RULESET, NULL, (size_t)0, ASK_VERSION);

	return abi > 0 ? (int)abi : 0;
}

enum status
sandbox_landlock(enum sandbox_profile profile, enum sandbox_mode mode, const struct sandbox_path *paths, size_t count)
{
	int abi = sandbox_landlock_abi();
	struct ruleset r = ruleset_for(abi, profile);
	CLEANUP(closep) int fd = -1;

	if (abi < 1)
		return E_UNSUPPORTED;
	/* Older kernels take the longer struct as long as what they do not know is zero. */
	fd = (int)syscall(CALL_CREATE_RULESET, &r, sizeof(r), 0U);
	if (fd < 0)
		return E_SYSTEM;
	for (size_t i = 0; i < count; i++) {
		enum status st = allow_path(fd, &paths[i], r.fs);

		if (st == E_NOT_FOUND && mode == SANDBOX_BEST_EFFORT)
			continue;
		TRY(st);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(CALL_RESTRICT_SELF, fd, 0U) != 0)
		return E_SYSTEM;
	return OK;
}
