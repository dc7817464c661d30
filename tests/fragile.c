/*
 * tchat with a Readline that goes wrong at a word: where the line ends with one of these, the next key makes it true.
 * With the variable FRAGILE, text that is put into the line is as bad as the word "crash!".  Linked with
 * --wrap=rl_callback_read_char and --wrap=rl_insert_text.
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

void __real_rl_callback_read_char(void);
void __wrap_rl_callback_read_char(void);
int __real_rl_insert_text(const char *text);
int __wrap_rl_insert_text(const char *text);

static void
crash(void)
{
	signal(SIGSEGV, SIG_DFL); /* the sanitizers catch it */
	raise(SIGSEGV);
}

static void
give_up(void)
{
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* A stack that overflows, as of a macro that calls itself. */
static int
descend(volatile int depth)
{
	volatile char room[4096];

	room[depth % 4096] = 1;
	return depth < 0 ? 0 : descend(depth + 1) + room[0];
}

static void
overflow(void)
{
	signal(SIGSEGV, SIG_DFL);
	(void)descend(0);
}

static void
run_for_ever(void)
{
	for (;;)
		pause();
}

static void
leave(void)
{
	exit(0);
}

/* What a mistake in its memory can bring about. */
static void
tell_nonsense(void)
{
	rl_point = 1 << 29;
}

static const struct {
	const char *word;
	void (*happens)(void);
} mishaps[] = {
	{"crash!", crash},	 {"abort!", give_up}, {"overflow!", overflow},
	{"loop!", run_for_ever}, {"exit!", leave},    {"nonsense!", tell_nonsense},
};

void
__wrap_rl_callback_read_char(void)
{
	void (*happens)(void) = NULL;

	for (size_t i = 0; i < sizeof mishaps / sizeof mishaps[0]; i++) {
		int length = (int)strlen(mishaps[i].word);
		if (rl_end >= length && strcmp(rl_line_buffer + rl_end - length, mishaps[i].word) == 0)
			happens = mishaps[i].happens;
	}
	__real_rl_callback_read_char();
	if (happens != NULL)
		happens();
}

int
__wrap_rl_insert_text(const char *text)
{
	if (getenv("FRAGILE") != NULL && *text != '\0')
		crash();
	return __real_rl_insert_text(text);
}
