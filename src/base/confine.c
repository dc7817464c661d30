#include <config.h>

#include <sys/mman.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#else /* it is Linux's, whatever was found */
#undef HAVE_LANDLOCK
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if defined(HAVE_LANDLOCK)
#include <linux/landlock.h>
#endif

#include "base/confine.h"

#define NAME_SERVERS 53 /* they answer by TCP where an answer is long (RFC 7766) */

/* --- Landlock: files, the network, signals. --- */

#if defined(HAVE_LANDLOCK)

/*
 * struct landlock_ruleset_attr as of version 6 of the interface, and what a rule for a port is: the kernel
 * takes any length whose end is zero, and the header of the machine where this is built may be older.
 */
struct ruleset {
	uint64_t files, network, scopes;
};
struct port_rule {
	uint64_t rights, port;
};
enum { PORT_RULE = 2, BIND = 1 << 0, CONNECT = 1 << 1 };

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
	return version >= 4 ? BIND | CONNECT : 0;
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

/* Where the system keeps what looking names up takes, and nobody a key. */
static const char *const system_folders[] = {
	"/etc", "/usr", "/lib", "/lib32", "/lib64", "/nix", "/gnu", "/run", "/var/cache", "/var/db",
	"/var/lib", "/var/run", "/var/yp"};

/* Those that can be links to somewhere else, as WSL has it. */
static const char *const system_files[] = {"/etc/hosts", "/etc/resolv.conf"};

/* Leaves what is at a path, or is below it, if there is anything.  Returns 0, or -1 and errno. */
static int
leave_rights(int ruleset, uint64_t rights, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	long result;

	if (rule.parent_fd == -1)
		return 0;
	result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return result == 0 ? 0 : -1;
}

/* Leaves the system's files to be read.  Returns 0, or -1 and errno. */
static int
leave_system(int ruleset)
{
	enum { FILES = LANDLOCK_ACCESS_FS_READ_FILE, FOLDERS = FILES | LANDLOCK_ACCESS_FS_READ_DIR };

	for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0]; i++)
		if (leave_rights(ruleset, FOLDERS, system_folders[i]) == -1)
			return -1;
	for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++)
		if (leave_rights(ruleset, FILES, system_files[i]) == -1)
			return -1;
	return 0;
}

static int
leave_port(int ruleset, uint64_t rights, unsigned port)
{
	struct port_rule rule = {rights, port};

	return syscall(SYS_landlock_add_rule, ruleset, PORT_RULE, &rule, 0) == 0 ? 0 : -1;
}

/* Adds to the ruleset what is not given up.  Returns 0, or -1 and errno. */
static int
leave(int ruleset, const struct access *access, long version)
{
	if (access->files == FILES_SYSTEM && leave_system(ruleset) == -1)
		return -1;
	if (access->folder != NULL && *access->folder != '\0' &&
	    leave_rights(ruleset, LANDLOCK_ACCESS_FS_REMOVE_FILE, access->folder) == -1)
		return -1;
	if (network_rights(version) == 0)
		return 0;
	for (int i = 0; i < 2; i++)
		if (access->connect[i] != 0 && leave_port(ruleset, CONNECT, access->connect[i]) == -1)
			return -1;
	return access->bind ? leave_port(ruleset, BIND, 0) : 0;
}

int
confine_access(const struct access *access)
{
	long version = landlock_version();
	struct ruleset rights = {access->files == FILES_ALL ? 0 : file_rights(version),
				 network_rights(version) & ~(access->connects ? (uint64_t)CONNECT : 0),
				 access->signals ? 0 : scopes(version)};
	int ruleset, result, cause;

	if (version < 1 || (rights.files == 0 && rights.network == 0 && rights.scopes == 0))
		return 0;
	if ((ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0)) == -1)
		return -1;
	result = leave(ruleset, access, version);
	if (result == 0)
		result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	cause = errno;
	close(ruleset);
	errno = cause;
	return result;
}

bool
confine_has_landlock(enum landlock where)
{
	return where == LANDLOCK_BUILT_IN || landlock_version() >= 1;
}

#else

int
confine_access(const struct access *access)
{
	(void)access;
	return 0;
}

bool
confine_has_landlock(enum landlock where)
{
	(void)where;
	return false;
}

#endif

/* --- What each process gives up. --- */

/* Shows it to nobody until it becomes another program.  Returns 0, or -1 and errno. */
static int
hide(void)
{
#if defined(__linux__)
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	return 0;
#endif
}

int
confine_dumps(void)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) == -1 ? -1 : hide();
}

void
confine_secrets(void)
{
#if !defined(SANITIZED) /* the leak checker is a debugger */
	(void)confine_dumps();
#endif
}

void
confine_running(void)
{
#if !defined(SANITIZED)
	(void)hide();
#endif
}

int
confine_privileges(void)
{
#if defined(__linux__)
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#else
	return 0;
#endif
}

#if !defined(SANITIZED)

#if defined(RLIMIT_AS)
#define MEMORY RLIMIT_AS
#else /* there it counts all that is mapped and not shared */
#define MEMORY RLIMIT_DATA
#endif
#define MEBIBYTE ((rlim_t)1024 * 1024)

static rlim_t
lower_of(rlim_t a, rlim_t b)
{
	return a < b ? a : b;
}

/* Whether memory can be had where so much may be in use, which is within the limit. */
static bool
fits(rlim_t memory, const struct rlimit *limit)
{
	const struct rlimit tried = {memory, limit->rlim_max};
	void *page;

	if (setrlimit(MEMORY, &tried) == -1)
		return true; /* who knows; then it is not limited */
	page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED && munmap(page, 1) == 0;
}

/* How much is in use.  It is tried out, as a process that has no files cannot read it (proc(5)). */
static rlim_t
memory_in_use(const struct rlimit *limit)
{
	rlim_t low = 0, high = lower_of(MEBIBYTE, limit->rlim_max);

	while (high < limit->rlim_max && !fits(high, limit)) {
		low = high;
		high = high > limit->rlim_max / 2 ? limit->rlim_max : 2 * high;
	}
	while (high - low > MEBIBYTE) {
		rlim_t middle = low + (high - low) / 2;

		if (fits(middle, limit))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* Leaves so much memory besides what is in use.  Returns 0, or -1 and errno. */
static int
limit_memory(size_t memory)
{
	struct rlimit limit;
	rlim_t most;

	if (getrlimit(MEMORY, &limit) == -1)
		return -1;
	most = memory_in_use(&limit);
	most = most < limit.rlim_cur && memory < limit.rlim_cur - most ? most + memory : limit.rlim_cur;
	return setrlimit(MEMORY, &(struct rlimit){most, most});
}

/* Returns 0, or -1 and errno. */
static int
limit_descriptors(unsigned count)
{
	struct rlimit limit;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return -1;
	most = lower_of(count, limit.rlim_cur);
	return setrlimit(RLIMIT_NOFILE, &(struct rlimit){most, most});
}

int
confine_resources(unsigned descriptors, size_t memory)
{
	const struct rlimit none = {0, 0};

	if (limit_memory(memory) == -1 || limit_descriptors(descriptors) == -1)
		return -1;
	return setrlimit(RLIMIT_NPROC, &none);
}

#else

int
confine_resources(unsigned descriptors, size_t memory)
{
	(void)descriptors;
	(void)memory;
	return 0;
}

#endif

#if defined(SANITIZED) /* the leak checker reads /proc at the end */
#define NO_FILES FILES_ALL
#else
#define NO_FILES FILES_NONE
#endif

void
confine_speaker(bool needs_files)
{
	/* Each time is one more layer, and their number is limited. */
	static enum { NOTHING, CONNECTIONS, FILES } given_up;

	if (given_up == FILES || (given_up == CONNECTIONS && needs_files))
		return;
	/* Signals are not scoped: a pager, or a listener that is older than this, may have to be ended. */
	if (confine_privileges() == 0 &&
	    confine_access(&(struct access){.files = needs_files ? FILES_ALL : NO_FILES, .signals = true}) == 0)
		given_up = needs_files ? CONNECTIONS : FILES;
#if defined(__OpenBSD__)
	/* "unix" is for getsockopt(2) and setsockopt(2), of a socket that is handed over: with it TCP stays out. */
	(void)pledge(needs_files ? "stdio rpath wpath cpath flock tty unix recvfd proc exec"
				 : "stdio unix recvfd proc",
		     NULL);
#endif
}

void
confine_waiting(bool names, const char *folder)
{
	confine_secrets();
	if (confine_privileges() == 0)
		(void)confine_access(&(struct access){.files = names ? FILES_SYSTEM : NO_FILES, .folder = folder});
#if defined(__OpenBSD__)
	(void)pledge(names ? "stdio rpath cpath getpw unix sendfd" : "stdio inet sendfd", NULL);
#endif
}

void
confine_calling(unsigned port)
{
	confine_secrets();
	if (confine_privileges() == 0)
		(void)confine_access(
			&(struct access){.files = FILES_SYSTEM,
					 .connect = {port, port != 0 ? NAME_SERVERS : 0},
					 .bind = port != 0});
#if defined(__OpenBSD__)
	(void)pledge("stdio rpath inet unix dns getpw proc sendfd", NULL);
#endif
}

void
confine_finding(void)
{
	confine_secrets();
	if (confine_privileges() == 0)
		(void)confine_access(&(struct access){.files = NO_FILES, .connects = true, .bind = true});
#if defined(__OpenBSD__)
	(void)pledge("stdio inet route sendfd", NULL);
#endif
}

void
confine_guard(void)
{
	confine_secrets();
	if (confine_privileges() == 0)
		(void)confine_access(&(struct access){.files = NO_FILES, .signals = true});
#if defined(__OpenBSD__)
	(void)pledge("stdio proc", NULL);
#endif
}

void
confine_editor(void)
{
	confine_secrets();
	if (confine_privileges() == 0) /* a key can have the init file read again, which can be anywhere */
		(void)confine_access(&(struct access){.files = FILES_ALL});
#if defined(__OpenBSD__)
	(void)pledge("stdio rpath tty", NULL);
#endif
}
