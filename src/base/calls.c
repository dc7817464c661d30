#include <config.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#else /* it is Linux's, whatever was found */
#undef HAVE_SECCOMP
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if defined(HAVE_SECCOMP)
#include <linux/filter.h>
#include <linux/seccomp.h>
#endif

#include "base/calls.h"
#include "base/descriptor.h"

#if defined(HAVE_SECCOMP)

_Static_assert(sizeof(struct sock_filter) == sizeof(uint64_t), "an instruction has eight bytes");

int
calls_allow(scmp_filter_ctx filter, int number)
{
	switch (number) {
#if !defined(__s390__) /* there mmap takes what it is to do from memory, and there is no other */
	case SCMP_SYS(mmap2):
	case SCMP_SYS(mmap):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
					SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_PRIVATE | MAP_SHARED,
						MAP_ANONYMOUS | MAP_PRIVATE));
#endif
	case SCMP_SYS(mremap):
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
					SCMP_A3(SCMP_CMP_MASKED_EQ, UINT32_MAX, MREMAP_MAYMOVE));
	default:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
}

/* Keeps the filter.  Returns 0, or a negative errno. */
static int
keep(struct calls *calls, scmp_filter_ctx filter)
{
	int ends[2], result;
	ssize_t length;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -errno;
	result = seccomp_export_bpf(filter, ends[1]);
	close(ends[1]);
	length = read_all(ends[0], calls->instructions, sizeof calls->instructions);
	if (result == 0 && length == -1)
		result = -errno;
	close(ends[0]);
	if (result == 0)
		calls->count = (size_t)length / sizeof calls->instructions[0];
	return result;
}

int
calls_make(struct calls *calls, const int *numbers, size_t count, calls_rule *rule, const void *context)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter == NULL ? -ENOMEM : 0;

	/* Calls by the numbers of another architecture (32-bit ones, say) are none of ours. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = rule(filter, numbers[i], context);
	if (result == 0)
		result = keep(calls, filter);
	seccomp_release(filter);
	errno = -result;
	return result == 0 ? 0 : -1;
}

int
calls_restrict(const struct calls *calls)
{
	const struct sock_fprog program = {.len = (unsigned short)calls->count,
					   .filter = (struct sock_filter *)(uintptr_t)calls->instructions};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

bool
calls_are_built_in(void)
{
	return true;
}

bool
calls_are_in_kernel(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else

bool
calls_are_built_in(void)
{
	return false;
}

bool
calls_are_in_kernel(void)
{
	return false;
}

#endif
