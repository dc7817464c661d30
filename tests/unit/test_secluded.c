/*
 * Secluded memory: pieces of all sizes, each for one at a time, and none of them in a child.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/secluded.h"

enum { COUNT = 44 };

/* Sizes around each at which another one is taken. */
static size_t
size_of(int number)
{
	return ((size_t)128 << (number / 4)) + (size_t)(number % 4) - 1;
}

/* What is written to one piece is in no other one. */
static void
test_pieces(void **state)
{
	char *pieces[COUNT];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++) {
			pieces[i] = secluded_get(size_of(i));
			assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			memset(pieces[i], i, size_of(i));
		}
		for (int i = round % 2; i < COUNT; i += 2) { /* some are given back, and got again */
			secluded_free(pieces[i], size_of(i));
			pieces[i] = secluded_get(size_of(i));
			memset(pieces[i], i, size_of(i));
		}
		for (int i = 0; i < COUNT; i++) {
			for (size_t j = 0; j < size_of(i); j++)
				assert_int_equal(pieces[i][j], i);
			secluded_free(pieces[i], size_of(i));
		}
	}
	secluded_free(NULL, 0);
}

#if defined(MADV_DONTFORK) && !defined(SANITIZED)

/* Whether there is memory at that address: the kernel can read it. */
static bool
is_there(const void *memory)
{
	int ends[2];
	bool there;

	if (pipe(ends) == -1)
		abort();
	there = write(ends[1], memory, 1) == 1;
	close(ends[0]);
	close(ends[1]);
	return there;
}

static bool forgotten;

static void
forget(void *context)
{
	*(bool *)context = true;
}

/* Ends with 0 if the child has neither of them, but memory of its own. */
static _Noreturn void
be_child(const char *small, const char *large, pid_t parent)
{
	char *own;

	child_begin(parent, -1);
	if (!forgotten || is_there(small) || is_there(large))
		_exit(1);
	own = secluded_get(300); /* where the parent has something else */
	memset(own, 'c', 300);
	secluded_free(own, 300);
	_exit(0);
}

static void
test_child(void **state)
{
	char *small = secluded_get(300), *large = secluded_get(300000);
	pid_t parent = getpid(), pid;
	int status;

	(void)state;
	*small = *large = 'p';
	assert_true(is_there(small) && is_there(large));
	child_forgets(forget, &forgotten);
	if ((pid = fork()) == 0)
		be_child(small, large, parent);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(forgotten);
	assert_true(*small == 'p' && *large == 'p');
	secluded_free(small, 300);
	secluded_free(large, 300000);
}

/* What was given back serves the next one, but for what is large, which is with the kernel again. */
static void
test_given_back(void **state)
{
	void *small = secluded_get(1000), *large = secluded_get(100000);

	(void)state;
	secluded_free(small, 1000);
	assert_ptr_equal(secluded_get(600), small);
	secluded_free(small, 600);
	secluded_free(large, 100000);
	assert_false(is_there(large));
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
#if defined(MADV_DONTFORK) && !defined(SANITIZED)
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_given_back),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
