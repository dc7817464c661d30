#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "screen/output.h"
#include "screen/placed.h"

#define DRAIN_MS 1000
#define CHUNK 4096

static int terminal = -1;    /* our own way to it */
static int memory = -1;	     /* what ncurses writes to, once captured */
static FILE *file;	     /* what ncurses was given */
static struct buffer drawn;  /* ... and taken from there */
static struct buffer behind; /* written, and not yet taken by the terminal */

FILE *
output_open(void)
{
	const char *name = ttyname(STDOUT_FILENO);
	int copy;

	/* Who has changed user may not be allowed to open the terminal: then a write may block. */
	if (name == NULL ||
	    (terminal = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) == -1)
		terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (terminal == -1 || (memory = open_memory("screen")) == -1)
		return NULL;
	if ((copy = fcntl(terminal, F_DUPFD_CLOEXEC, 0)) == -1)
		return NULL;
	return file = fdopen(copy, "w");
}

void
output_capture(void)
{
	if (dup3(memory, fileno(file), O_CLOEXEC) == -1)
		fatal("cannot capture the screen");
}

void
output_leave(void)
{
	close(fileno(file));
}

/* Takes what ncurses has written. */
static void
collect(void)
{
	off_t length = lseek(memory, 0, SEEK_CUR);

	if (length <= 0)
		return;
	if (pread(memory, buffer_reserve(&drawn, (size_t)length), (size_t)length, 0) != length ||
	    lseek(memory, 0, SEEK_SET) == -1)
		fatal("cannot read what is to be shown");
	placed_decode(buffer_data(&drawn), (size_t)length, &behind);
}

void
output_add(const char *sequence)
{
	collect();
	buffer_add(&behind, sequence, strlen(sequence));
}

void
output_flush(void)
{
	collect();
	while (buffer_length(&behind) > 0) {
		size_t length = buffer_length(&behind);
		ssize_t n = write(terminal, buffer_data(&behind), length < CHUNK ? length : CHUNK);

		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1 && errno != EINTR)
			n = (ssize_t)length; /* it is gone, and so is what was meant for it */
		if (n > 0)
			buffer_drop(&behind, (size_t)n);
	}
}

bool
output_is_behind(void)
{
	return buffer_length(&behind) > 0;
}

int
output_descriptor(void)
{
	return terminal;
}

bool
output_drain(void)
{
	int64_t deadline = clock_now() + DRAIN_MS;

	for (output_flush(); output_is_behind() && clock_until(deadline) > 0; output_flush())
		poll(&(struct pollfd){.fd = terminal, .events = POLLOUT}, 1, clock_until(deadline));
	if (!output_is_behind())
		return true;
	tcflush(terminal, TCOFLUSH);
	buffer_free(&behind);
	return false;
}
