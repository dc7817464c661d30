/*
 * Runs a program as on a kernel that does not have seccomp(2).  A call that strace makes fail gets a
 * number that nobody has, and for that seccomp would end a confined process.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <unistd.h>

#if defined(HAVE_SECCOMP)
#include <seccomp.h>
#endif

int
main(int argc, char *argv[])
{
	(void)argc;
#if defined(HAVE_SECCOMP)
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) < 0 ||
	    seccomp_load(filter) < 0)
		errx(1, "cannot take seccomp away");
#endif
	execvp(argv[1], argv + 1);
	err(1, "cannot execute %s", argv[1]);
}
