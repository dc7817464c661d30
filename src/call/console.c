#include <config.h>

#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "call/console.h"

#define KEYS 256	  /* bytes that are read at once */
#define ERASED "\b \b"	  /* what a terminal echoes where a character is taken back */

bool
console_open(struct console *c)
{
	*c = (struct console){.terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC),
			      .slot = POLLS_NONE};
	filter_init(&c->filter);
	if (c->terminal == -1)
		return false;
	c->open = tcgetpgrp(c->terminal) == getpgrp() && tcgetattr(c->terminal, &c->before) == 0;
	if (!c->open)
		close(c->terminal);
	return c->open;
}

/* As the person's, but that nobody is stopped by a key: who is, could not be continued. */
static void
set_alike(const struct console *c, int its)
{
	struct termios settings = c->before;
	struct winsize size;

	settings.c_cc[VSUSP] = _POSIX_VDISABLE;
	(void)tcsetattr(its, TCSANOW, &settings);
	if (ioctl(c->terminal, TIOCGWINSZ, &size) == 0)
		(void)ioctl(its, TIOCSWINSZ, &size);
}

int
console_make(const struct console *c, int *its)
{
	int side = posix_openpt(O_RDWR | O_NOCTTY), cause;
	const char *name;

	if (side == -1)
		return -1;
	if (grantpt(side) == 0 && unlockpt(side) == 0 && (name = ptsname(side)) != NULL &&
	    (*its = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) != -1) {
		set_alike(c, *its);
		(void)fcntl(side, F_SETFD, FD_CLOEXEC);
		(void)fcntl(side, F_SETFL, O_NONBLOCK);
		return side;
	}
	cause = errno;
	close(side);
	errno = cause;
	return -1;
}

/* --- The keys. --- */

/* What was typed before there was a question is no answer to it; it cannot be given back. */
static void
drop_typed(struct console *c)
{
	char typed[KEYS], text[BILINGUAL_LINE], shown[BILINGUAL_LINE];
	ssize_t n;

	while ((n = read(c->terminal, typed, sizeof typed - 1)) > 0) {
		typed[typed[n - 1] == '\n' ? n - 1 : n] = '\0';
		bilingual_print(text, sizeof text, "not an answer, as it was typed before the question: %s", typed);
		filter_language(text, PERSONAL, shown, sizeof shown);
		dprintf(c->terminal, "tchat: %s\n", shown);
	}
}

/* Each key comes as it is pressed, and none means anything before the command's own terminal. */
static void
take_keys(struct console *c)
{
	struct termios raw = c->before;

	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON);
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(c->terminal, TCSANOW, &raw);
	drop_typed(c);
}

void
console_restore(const struct console *c)
{
	if (c->open && tcgetpgrp(c->terminal) == getpgrp())
		(void)tcsetattr(c->terminal, TCSANOW, &c->before); /* a terminal that is stopped never drains */
}

void
console_poll(struct console *c, struct polls *polls)
{
	c->slot = c->open && c->asks ? polls_add(polls, c->terminal, POLLIN) : POLLS_NONE;
}

/* How many of these keys would have interrupted who runs there. */
static unsigned
count_interrupts(const struct console *c, const char *keys, size_t length)
{
	cc_t interrupt = c->before.c_cc[VINTR];
	unsigned count = 0;

	if ((c->before.c_lflag & ISIG) == 0 || interrupt == _POSIX_VDISABLE)
		return 0;
	for (size_t i = 0; i < length; i++)
		count += (unsigned char)keys[i] == interrupt;
	return count;
}

bool
console_step(struct console *c, const struct polls *polls, int side)
{
	char keys[KEYS];
	ssize_t n;

	if (polls_found(polls, c->slot) == 0)
		return false;
	n = read(c->terminal, keys, sizeof keys);
	if (n > 0) {
		c->answered = true;
		c->interrupts += count_interrupts(c, keys, (size_t)n);
		if (c->interrupts > 1)
			(void)kill(0, SIGINT); /* this process has its terminal, so it is of the group in front */
		(void)!write(side, keys, (size_t)n); /* there is room for thousands that were not read */
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		console_close(c);
	}
	explicit_bzero(keys, sizeof keys);
	return n > 0;
}

/* --- What is shown. --- */

/* Writes to the terminal what that takes at once: where it is stopped, by Ctrl-S, nobody else can wait for it. */
static void
put(const struct console *c, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(c->terminal, text, length);

		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

/* Shows some of it, made safe. */
static void
show(struct console *c, const char *bytes, const char *end)
{
	struct span safe;

	while ((safe = filter_next(&c->filter, &bytes, end)).length > 0)
		put(c, safe.text, safe.length);
}

void
console_show(struct console *c, const char *bytes, size_t length)
{
	const char *end = bytes + length, *erased;
	bool asks = end[-1] != '\n';

	if (asks && !c->asks) /* before the question can be seen: who answers it at once is in time */
		take_keys(c);
	while (asks && (erased = memmem(bytes, (size_t)(end - bytes), ERASED, strlen(ERASED))) != NULL) {
		show(c, bytes, erased);
		put(c, ERASED, strlen(ERASED)); /* no further than to the start of the row */
		bytes = erased + strlen(ERASED);
	}
	show(c, bytes, end);
	if (!asks && c->asks)
		console_restore(c);
	c->asks = asks;
}

void
console_tell(const struct console *c, const char *text)
{
	dprintf(c->terminal, "\ntchat: %s\n", text);
}

void
console_close(struct console *c)
{
	if (!c->open)
		return;
	if (c->asks) {
		put(c, "\n", 1);
		console_restore(c);
	}
	close(c->terminal);
	c->open = c->asks = false;
}
