#include <config.h>

#if !defined(__linux__) /* it is Linux's, whatever was found */
#undef HAVE_SECCOMP
#endif

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/calls.h"
#include "base/confine.h"
#include "link/cell.h"

/* --- seccomp: the system calls of the listener. --- */

#if defined(HAVE_SECCOMP)

/* All that the listener may ask of the kernel, and what for; libseccomp passes over what a processor lacks. */
static const int allowed[] = {
	SCMP_SYS(recvfrom), /* what the peer sends: only from the socket */
	SCMP_SYS(recv), /* the same, on 32-bit processors */
	SCMP_SYS(write), /* raw bytes, the log, the report: not to the socket */
	SCMP_SYS(writev), /* lines, a few at a time: only to the output */
	SCMP_SYS(splice), /* raw bytes: only from the socket into the pipe, and from there to the output */
	SCMP_SYS(read), /* raw bytes that cannot be spliced to the output: only out of the pipe */
	SCMP_SYS(poll), /* to wait for room in an output that another program made non-blocking */
	SCMP_SYS(ppoll), /* the same, on processors that have no poll */
	SCMP_SYS(ppoll_time64), /* ... or where time had 32 bits */
	SCMP_SYS(restart_syscall), /* to go on waiting after a stop (SIGSTOP, SIGCONT) */
	SCMP_SYS(time), /* the log's times, where the vDSO cannot tell them */
	SCMP_SYS(clock_gettime), /* ... on processors that have no time */
	SCMP_SYS(clock_gettime64), /* ... or where it had 32 bits */
	SCMP_SYS(brk), /* memory for the log's lines */
#if defined(__NR_mmap2)
	SCMP_SYS(mmap2), /* the same, a lot of it; never executable, shared, nor a file: calls_allow */
#else /* beside mmap2, as on i386, mmap takes what it is to do from memory, where no filter can look */
	SCMP_SYS(mmap),
#endif
	SCMP_SYS(mremap), /* the same, when it grows: nothing but that */
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

/* Adds one of them to the filter, with what it may be done to.  Returns 0, or a negative errno. */
static int
allow(scmp_filter_ctx filter, int number, const void *cell)
{
	const struct cell *c = cell;
	int result = 0;

	switch (number) {
	case SCMP_SYS(recvfrom):
	case SCMP_SYS(recv):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(c->socket));
	case SCMP_SYS(writev):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, FIRST_IS(c->output));
	case SCMP_SYS(write):
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
	default:
		return calls_allow(filter, number);
	}
}

/* Making it costs as much as a fork, so it is made once. */
static struct calls calls;

static int
make_calls(const struct cell *cell)
{
	return calls_make(&calls, allowed, sizeof allowed / sizeof allowed[0], allow, cell);
}

static int
restrict_calls(void)
{
	return calls_restrict(&calls);
}

#else

static int
make_calls(const struct cell *cell)
{
	(void)cell;
	return 0;
}

static int
restrict_calls(void)
{
	return 0;
}

#endif

/* --- All of it. --- */

int
cell_prepare(const struct cell *cell)
{
	return calls_are_in_kernel() ? make_calls(cell) : 0;
}

#define MEMORY ((size_t)16 * 1024 * 1024) /* besides what it has: lines for a log that is behind take 4 MiB */

int
cell_enter(unsigned descriptors)
{
	if (confine_dumps() == -1 || confine_privileges() == -1 || confine_access(&(struct access){0}) == -1 ||
	    confine_resources(descriptors, MEMORY) == -1)
		return -1;
#if defined(__OpenBSD__)
	return pledge("stdio", NULL);
#else
	return calls_are_in_kernel() ? restrict_calls() : 0;
#endif
}

/* The names of those of both that are there; NULL: neither is. */
static const char *
name_methods(bool seccomp, bool landlock)
{
	return seccomp && landlock ? N_("seccomp and Landlock")
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
	return name_methods(calls_are_built_in(), confine_has_landlock(LANDLOCK_BUILT_IN));
#endif
}

const char *
cell_missing(void)
{
	return name_methods(calls_are_built_in() && !calls_are_in_kernel(),
			    confine_has_landlock(LANDLOCK_BUILT_IN) && !confine_has_landlock(LANDLOCK_IN_KERNEL));
}
