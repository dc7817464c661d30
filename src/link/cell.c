#include <config.h>

#include <sys/resource.h>
#if defined(__linux__)
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#else /* both are Linux's, whatever was found */
#undef HAVE_SECCOMP
#undef HAVE_LANDLOCK
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#if defined(HAVE_LANDLOCK)
#include <linux/landlock.h>
#endif
#if defined(HAVE_SECCOMP)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#endif

#include "link/cell.h"
#include "base/descriptor.h"

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
allow(scmp_filter_ctx filter, int number, const struct confinement *c)
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
make_program(const struct confinement *confinement)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter == NULL ? -ENOMEM : 0;

	/* Calls by the numbers of another architecture (32-bit ones, say) are none of ours. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
		result = allow(filter, allowed[i], confinement);
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
make_program(const struct confinement *confinement)
{
	(void)confinement;
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

/* --- Landlock: files and the network, for both processes. --- */

#if defined(HAVE_LANDLOCK)
#define BUILT_WITH_LANDLOCK true

/*
 * struct landlock_ruleset_attr as of version 6 of the interface: the kernel takes any length whose end
 * is zero, and the header of the machine where this is built may be older.
 */
struct ruleset {
	uint64_t files, network, scopes;
};

/* All the rights of a kind are its lowest bits, more of them with each version (landlock(7)). */
#define BITS(count) ((UINT64_C(1) << (count)) - 1)
static uint64_t
file_rights(long version)
{
	return version >= 5 ? BITS(16) : version >= 3 ? BITS(15) : version >= 2 ? BITS(14) : BITS(13);
}

static uint64_t
network_rights(long version) /* to bind and to connect TCP sockets */
{
	return version >= 4 ? BITS(2) : 0;
}

static uint64_t
scopes(long version) /* abstract UNIX sockets and signals */
{
	return version >= 6 ? BITS(2) : 0;
}

/* The version of the interface; below 1 if there is none. */
static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/* Gives up all the rights of the ruleset.  Returns 0, or -1 and errno. */
static int
give_up(struct ruleset ruleset)
{
	long fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
	long result;

	if (fd == -1)
		return -1;
	result = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return result == 0 ? 0 : -1;
}

static int
restrict_listener(void)
{
	long v = landlock_version();

	return give_up((struct ruleset){file_rights(v), network_rights(v), scopes(v)});
}

static void
restrict_speaker(bool needs_files)
{
	static bool done; /* each time would be one more layer, and their number is limited */
	long v = landlock_version();
	/* Signals are not scoped: the listener, which is older than this domain, may have to be ended. */
	struct ruleset ruleset = {0, network_rights(v), 0};

#if !defined(SANITIZED) /* the leak checker reads /proc at the end */
	if (!needs_files)
		ruleset.files = file_rights(v);
#else
	(void)needs_files;
#endif
	if (done || (ruleset.files == 0 && ruleset.network == 0))
		return;
	done = give_up(ruleset) == 0;
}

static bool
has_landlock(void)
{
	return landlock_version() >= 1;
}

#else
#define BUILT_WITH_LANDLOCK false

static int
restrict_listener(void)
{
	return 0;
}

static void
restrict_speaker(bool needs_files)
{
	(void)needs_files;
}

static bool
has_landlock(void)
{
	return false;
}

#endif

/* --- What each process gives up. --- */

/* What a conversation says is not left in a core file, nor told to a debugger of the same user. */
static int
give_up_dumps(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
#if defined(__linux__)
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	return 0;
#endif
}

/* No program that this process may ever become has more rights than it has. */
static int
give_up_privileges(void)
{
#if defined(__linux__)
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#else
	return 0;
#endif
}

void
confine_secrets(void)
{
#if !defined(SANITIZED) /* the leak checker is a debugger */
	(void)give_up_dumps();
#endif
}

int
confine_prepare(const struct confinement *confinement)
{
	return has_seccomp() ? make_program(confinement) : 0;
}

int
confine_listener(void)
{
	if (give_up_dumps() == -1 || give_up_privileges() == -1)
		return -1;
	if (has_landlock() && restrict_listener() == -1)
		return -1;
#if defined(__OpenBSD__)
	return pledge("stdio", NULL);
#else
	return has_seccomp() ? restrict_calls() : 0;
#endif
}

void
confine_speaker(bool needs_files)
{
	if (give_up_privileges() == 0 && has_landlock())
		restrict_speaker(needs_files);
#if defined(__OpenBSD__)
	(void)pledge(needs_files ? "stdio rpath wpath cpath flock tty inet proc exec" : "stdio inet proc", NULL);
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
confine_methods(void)
{
#if defined(__OpenBSD__)
	return "pledge";
#else
	return name_methods(BUILT_WITH_SECCOMP, BUILT_WITH_LANDLOCK);
#endif
}

const char *
confine_missing(void)
{
	return name_methods(BUILT_WITH_SECCOMP && !has_seccomp(), BUILT_WITH_LANDLOCK && !has_landlock());
}
