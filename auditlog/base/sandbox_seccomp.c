#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "auditlog/base/sandbox_parts.h"

/* Calls that every daemon may make with any arguments. No exec, no ptrace, no mount, no kill, no io_uring. */
/* clang-format off */
static const int always[] = {
	/* descriptors */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(fcntl), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	/* files: where is Landlock's to say */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64), SCMP_SYS(sync_file_range), SCMP_SYS(flock), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(fchown), SCMP_SYS(umask), SCMP_SYS(utimensat), SCMP_SYS(copy_file_range),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock), SCMP_SYS(mlock2),
	SCMP_SYS(munlock), SCMP_SYS(msync),
	/* time, threads, ourselves */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(membarrier), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	SCMP_SYS(signalfd4), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getgroups),
	SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(arch_prctl),
	/* sockets: which kind is said below */
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(sendfile),
};
/* clang-format on */

/* A call that is allowed for one masked value of one argument: (arg & mask) == value. */
struct narrow {
	int call;
	unsigned arg;
	scmp_datum_t mask, value;
	bool networked; /* for profiles with a network */
};

#define EXACTLY ((scmp_datum_t)0xffffffff) /* these arguments are 32 bits wide; what is above them is noise */

static const struct narrow narrowed[] = {
	{ SCMP_SYS(socket), 0, EXACTLY, AF_UNIX, false },
	{ SCMP_SYS(socket), 0, EXACTLY, AF_INET, true },
	{ SCMP_SYS(socket), 0, EXACTLY, AF_INET6, true },
	{ SCMP_SYS(socket), 0, EXACTLY, AF_NETLINK, true }, /* getaddrinfo asks which addresses we have */
	{ SCMP_SYS(socketpair), 0, EXACTLY, AF_UNIX, false },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0, false },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0, false },
	/* Name services are loaded when the first name is looked up; code is mapped, but never writable. */
	{ SCMP_SYS(mmap), 2, PROT_EXEC | PROT_WRITE, PROT_EXEC, true },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC | PROT_WRITE, PROT_EXEC, true },
	{ SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD, false },
	{ SCMP_SYS(ioctl), 1, EXACTLY, FIONBIO, false },
	{ SCMP_SYS(ioctl), 1, EXACTLY, FIONREAD, false },
	{ SCMP_SYS(ioctl), 1, EXACTLY, TCGETS, false },
	{ SCMP_SYS(ioctl), 1, EXACTLY, TIOCGWINSZ, false },
	{ SCMP_SYS(prctl), 0, EXACTLY, PR_SET_NAME, false },
	{ SCMP_SYS(prctl), 0, EXACTLY, PR_GET_NAME, false },
	{ SCMP_SYS(prlimit64), 2, ~(scmp_datum_t)0, 0, false }, /* to read limits: no new ones */
};

static enum status
allow_calls(scmp_filter_ctx ctx)
{
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, always[i], 0) != 0)
			return E_SYSTEM;
	return OK;
}

static enum status
allow_narrowed(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
	for (size_t i = 0; i < ARRAY_LEN(narrowed); i++) {
		const struct narrow *n = &narrowed[i];
		const struct scmp_arg_cmp cmp = { n->arg, SCMP_CMP_MASKED_EQ, n->mask, n->value };

		if (n->networked && profile != SANDBOX_AUTHD && profile != SANDBOX_COURIER)
			continue;
		if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, n->call, 1, &cmp) != 0)
			return E_SYSTEM;
	}
	return OK;
}

static enum status
allow_special(scmp_filter_ctx ctx)
{
	/* abort() and raise(): signals to ourselves. */
	const struct scmp_arg_cmp self = { 0, SCMP_CMP_MASKED_EQ, EXACTLY, (scmp_datum_t)getpid() };

	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self) != 0)
		return E_SYSTEM;
	/* clone3 hides its flags where no filter looks; told that there is none, glibc takes clone instead. */
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 ? OK : E_SYSTEM;
}

static enum status
fill_and_load(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) != 0)
		return E_SYSTEM;
	/* A search tree instead of a list: a filter of 150 rules is run through on every call. */
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
		return E_SYSTEM;
	TRY(allow_calls(ctx));
	TRY(allow_narrowed(ctx, profile));
	TRY(allow_special(ctx));
	return seccomp_load(ctx) == 0 ? OK : E_UNSUPPORTED;
}

enum status
sandbox_seccomp(enum sandbox_profile profile)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	enum status st;

	if (ctx == NULL)
		return E_NOMEM;
	st = fill_and_load(ctx, profile);
	seccomp_release(ctx);
	return st;
}
