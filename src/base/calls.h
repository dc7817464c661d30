/*
 * calls - a process gives up all system calls but those of its own list, on Linux: seccomp(2).
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__linux__) && defined(HAVE_SECCOMP)
#include <seccomp.h>
#endif

#define CALLS_MAX 512 /* some 60 are in use */

/* A list as the kernel takes it (seccomp_export_bpf(3)); a zeroed one is none. */
struct calls {
	uint64_t instructions[CALLS_MAX];
	size_t count;
};

/* Whether this program was built with seccomp, and whether the kernel has it. */
bool calls_are_built_in(void);
bool calls_are_in_kernel(void);

#if defined(__linux__) && defined(HAVE_SECCOMP)

/* A descriptor as the first or third argument: the kernel looks at its lower half only. */
#define FIRST_IS(fd) SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)(fd))
#define THIRD_IS(fd) SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, (scmp_datum_t)(fd))

/*
 * Adds a call of that number to a filter, whatever is done with it; but memory is never executable, shared, nor a
 * file.  Returns 0, or a negative errno.
 */
int calls_allow(scmp_filter_ctx filter, int number);

/* Adds a call with what it may be done to, in the same way; as is given to calls_make. */
typedef int calls_rule(scmp_filter_ctx filter, int number, const void *context);

/*
 * Makes the list of these numbers, each as the rule has it, after which any other system call ends the process.  To be
 * called while there is memory: libseccomp 2.5 does not survive a lack of that.  Returns 0, or -1 and errno.
 */
int calls_make(struct calls *calls, const int *numbers, size_t count, calls_rule *rule, const void *context);

/* From here on this process makes no other calls, or ends by SIGSYS.  Returns 0, or -1 and errno. */
int calls_restrict(const struct calls *calls);

#endif
#endif
