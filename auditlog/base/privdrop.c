#include "auditlog/base/privdrop.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum status
forbid_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return E_SYSTEM;
	/* Leaks are looked for by ptrace, which this would forbid. */
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return E_SYSTEM;
	return OK;
}

enum status
privdrop_start(void)
{
	(void)umask(077);
	TRY(forbid_dumps());
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? OK : E_SYSTEM;
}

/* The kernel's interface itself: libcap would be one more library in every daemon for two calls. */
struct capabilities {
	struct __user_cap_data_struct word[_LINUX_CAPABILITY_U32S_3];
};

static enum status
capabilities_get(struct capabilities *out)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &head, out->word) == 0 ? OK : E_SYSTEM;
}

static enum status
capabilities_clear(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct capabilities none = { 0 };

	return syscall(SYS_capset, &head, none.word) == 0 ? OK : E_SYSTEM;
}

/* What exec could bring back. Needs CAP_SETPCAP; who lacks it has no_new_privs to rely on, and no root to regain. */
static enum status
clear_bounds(void)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap <= 63; cap++) {
		int held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (held < 0) /* past the last one that this kernel knows */
			return OK;
		if (held == 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return errno == EPERM ? OK : E_SYSTEM;
	}
	return OK;
}

static enum status
become(const struct passwd *who)
{
	/* 1. groups  2. gid  3. uid: each needs what the next one gives away. */
	if (setgroups(1, &who->pw_gid) != 0 || setresgid(who->pw_gid, who->pw_gid, who->pw_gid) != 0 ||
	    setresuid(who->pw_uid, who->pw_uid, who->pw_uid) != 0)
		return errno == EPERM ? E_DENIED : E_SYSTEM;
	return OK;
}

static enum status
find_user(const char *user, const struct passwd **out)
{
	*out = NULL;
	if (user == NULL || *user == '\0')
		return OK;
	*out = getpwnam(user);
	return *out != NULL ? OK : E_NOT_FOUND;
}

/* Believes nothing that was just done. */
static enum status
check(const struct passwd *who)
{
	struct capabilities now;
	uid_t r, e, s;

	TRY(capabilities_get(&now));
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if ((now.word[i].effective | now.word[i].permitted | now.word[i].inheritable) != 0)
			return E_SYSTEM;
	if (who == NULL)
		return OK;
	if (getresuid(&r, &e, &s) != 0 || r != who->pw_uid || e != who->pw_uid || s != who->pw_uid)
		return E_SYSTEM;
	return who->pw_uid != 0 && setuid(0) == 0 ? E_SYSTEM : OK;
}

enum status
privdrop_finish(const char *user)
{
	const struct passwd *who;

	TRY(find_user(user, &who));
	TRY(clear_bounds());
	/* Already that user, as when systemd's User= did it: then there may be no right to set groups, and no need. */
	if (who != NULL && (who->pw_uid != geteuid() || who->pw_uid != getuid()))
		TRY(become(who));
	TRY(capabilities_clear());
	TRY(forbid_dumps()); /* a change of user makes a process dumpable again */
	return check(who);
}
