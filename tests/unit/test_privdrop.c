#include "auditlog/base/privdrop.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/expect.h"

/* Nothing given up comes back, so each act has a process of its own; true is exit status 0. */
static void
expect_in_child(bool (*act)(void))
{
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(act() ? 0 : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static bool
start_leaves_nothing_to_dump(void)
{
	struct rlimit core;

	return privdrop_start() == OK && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 && umask(0) == 077 &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && (SANITIZED || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

Test(privdrop, the_start_forbids_dumps_and_new_privileges)
{
	expect_in_child(start_leaves_nothing_to_dump);
}

static bool
keeping_the_user_drops_capabilities(void)
{
	uid_t before = geteuid();

	return privdrop_finish(NULL) == OK && privdrop_finish("") == OK && geteuid() == before &&
	       prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0;
}

static bool
root_without_capabilities_cannot_take_them_back(void)
{
	/* chown to somebody else needs CAP_CHOWN, which root has as long as it has its capabilities. */
	return privdrop_finish(NULL) == OK && chown("/tmp", 1, 1) != 0 && setuid(1) != 0;
}

static bool
another_user_is_for_good(void)
{
	return privdrop_start() == OK && privdrop_finish("nobody") == OK && geteuid() != 0 && getgid() != 0 &&
	       getgroups(0, NULL) == 1 && setuid(0) != 0 && setgid(0) != 0 && open("/etc/shadow", O_RDONLY) < 0 &&
	       (SANITIZED || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

Test(privdrop, root_gives_up_user_groups_and_capabilities)
{
	if (geteuid() != 0)
		cr_skip("only root has something to drop");
	expect_in_child(keeping_the_user_drops_capabilities);
	expect_in_child(root_without_capabilities_cannot_take_them_back);
	expect_in_child(another_user_is_for_good);
}

static bool
an_unknown_user_is_not_found(void)
{
	return privdrop_finish("no-such-user-here") == E_NOT_FOUND;
}

static bool
a_user_cannot_become_another(void)
{
	return setuid(65534) == 0 && privdrop_finish("daemon") == E_DENIED;
}

Test(privdrop, what_cannot_be_done_is_an_error)
{
	expect_in_child(an_unknown_user_is_not_found);
	if (geteuid() == 0)
		expect_in_child(a_user_cannot_become_another);
}
