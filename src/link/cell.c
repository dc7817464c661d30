#include <config.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#else /* it is Linux's, whatever was found */
#undef HAVE_SECCOMP
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#if defined(HAVE_SECCOMP)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#endif

#include "base/confine.h"
#include "base/descriptor.h"
#include "link/cell.h"

/* --- seccomp: the system calls of the listener. --- */

#if defined(HAVE_SECCOMP)
#define BUILT_WITH_SECCOMP true

/* All that the listener may ask of the kernel, and what for; libseccomp passes over what a processor lacks. */
static const int allowed[] = {
	SCMP_SYS(recvfrom), /* what the peer sends: only from the socket */
	SCMP_SYS(recv), /* the same, on 32-bit processors */
	SCMP_SYS(write), /* raw bytes, the log, the report of how it ended, messages: not to the socket */
	SCMP_SYS(writev), /* lines, a few at a time: not to the socket */
	SCMP_SYS(splice), /* raw bytes: only from the socket into the pipe, and from there to the output */
	SCMP_SYS(read), /* raw bytes that cannot be spliced to the output: only out of the pipe */
	SCMP_SYS(poll), /* to wait for room in an output that another program made non-blocking */
	SCMP_SYS(ppoll), /* the same, on processors that have no poll */
	SCMP_SYS(ppoll_time64), /* ... or where time had 32 bits */
	SCMP_SYS(restart_syscall), /* to go on waiting after a stop (SIGSTOP, SIGCONT) */
	SCMP_SYS(time), /* the log's times, where the vDSO cannot tell them */
	SCMP_SYS(clock_gettime), /* ... on processors that have no time */
	SCMP_SYS(clock_gettime64), /* ... or where it had 32 bits */
	SCMP_SYS(close), /* the log, once it has failed */
	SCMP_SYS(brk), /* memory for the log's lines */
#if defined(__NR_mmap2)
	SCMP_SYS(mmap2), /* the same, a lot of it; never executable, nor a file, see below */
#else /* beside mmap2, as on i386, mmap takes what it is to do from memory, where no filter can look */
	SCMP_SYS(mmap),
#endif
	SCMP_SYS(mremap), /* the same, when it grows */
	SCMP_SYS(munmap), /* to give it back */
	SCMP_SYS(exit_group), /* to end */
#if defined(SANITIZED)
	SCMP_SYS(futex), /* the sanitizer's locks */
	SCMP_SYS(getpid), /* the sanitizer's reports */
	SCMP_SYS(madvise), /* the sanitizer's memory */
	SCMP_SYS(mprotect), /* the sanitizer's memory */
	SCMP_SYS(sched_yield), /* the sanitizer's locks */
	SCMP_SYS(sigaltstack), /* the sanitizer's signal handlers */
#endif
};

/* A descriptor as the first or third argument: the kernel looks at its lower half only. */
#define FIRST_IS(fd) SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)(fd))
#define THIRD_IS(fd) SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)(fd))

/* Adds one of them to the filter, with what it may be done to.  Returns 0, or a negative errno. */
static int
allow(scmp_filter_ctx filter, int number, const struct cell *c)
{
	int result = 0;

	switch (number) {
	case SCMP_SYS(recvfrom):
	case SCMP_SYS(recv):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(c->socket));
	case SCMP_SYS(write):
	case SCMP_SYS(writev):
		for (int fd = 0; fd < c->count && result == 0; fd++)
			if (fd != c->socket)
				result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(fd));
		return result;
	case SCMP_SYS(splice):
		if (!c->splices)
			return 0;
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2, FIRST_IS(c->socket),
					  THIRD_IS(c->pipe_in));
		if (result < 0)
			return result;
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2, FIRST_IS(c->pipe_out),
					THIRD_IS(c->output));
	case SCMP_SYS(read):
		if (!c->splices)
			return 0;
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(c->pipe_out));
#if !defined(__s390__) /* there mmap is like that, and there is no other */
	case SCMP_SYS(mmap2):
	case SCMP_SYS(mmap):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
					SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
#endif
	default:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
}

/* The filter as the kernel takes it.  Making it costs as much as a fork, so it is made once. */
static struct sock_filter instructions[PIPE_BUF / sizeof(struct sock_filter)]; /* some 60 are in use */
static struct sock_fprog program = {.filter = instructions};

/* Keeps the filter as the program.  Returns 0, or a negative errno. */
static int
keep(scmp_filter_ctx filter)
{
	int ends[2], result;
	ssize_t length;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	result = seccomp_export_bpf(filter, ends[1]);
	close(ends[1]);
	length = read_all(ends[0], instructions, sizeof instructions);
	if (result == 0 && length == -1)
		result = -errno;
	close(ends[0]);
	if (result == 0)
		program.len = (unsigned short)((size_t)length / sizeof *instructions);
	return result;
}

/* Makes the program, after which any system call that is not allowed ends the process. */
static int
make_program(const struct cell *cell)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter == NULL ? -ENOMEM : 0;

	/* Calls by the numbers of another architecture (32-bit ones, say) are none of ours. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
		result = allow(filter, allowed[i], cell);
	if (result == 0)
		result = keep(filter);
	seccomp_release(filter);
	errno = -result;
	return result == 0 ? 0 : -1;
}

/* From here on the program decides.  Returns 0, or -1 and errno. */
static int
restrict_calls(void)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static bool
has_seccomp(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else
#define BUILT_WITH_SECCOMP false

static int
make_program(const struct cell *cell)
{
	(void)cell;
	return 0;
}

static int
restrict_calls(void)
{
	return 0;
}

static bool
has_seccomp(void)
{
	return false;
}

#endif

/* --- All of it. --- */

int
cell_prepare(const struct cell *cell)
{
	return has_seccomp() ? make_program(cell) : 0;
}

int
cell_enter(void)
{
	if (confine_dumps() == -1 || confine_privileges() == -1 || confine_access(&(struct access){0}) == -1)
		return -1;
#if defined(__OpenBSD__)
	return pledge("stdio", NULL);
#else
	return has_seccomp() ? restrict_calls() : 0;
#endif
}

/* The names of those of both that are there; NULL: neither is. */
static const char *
name_methods(bool seccomp, bool landlock)
{
	return seccomp && landlock ? "seccomp and Landlock"
	       : seccomp	   ? "seccomp"
	       : landlock	   ? "Landlock"
				   : NULL;
}

const char *
cell_methods(void)
{
#if defined(__OpenBSD__)
	return "pledge";
#else
	return name_methods(BUILT_WITH_SECCOMP, confine_has_landlock(LANDLOCK_BUILT_IN));
#endif
}

const char *
cell_missing(void)
{
	return name_methods(BUILT_WITH_SECCOMP && !has_seccomp(),
			    confine_has_landlock(LANDLOCK_BUILT_IN) && !confine_has_landlock(LANDLOCK_IN_KERNEL));
}
