#include <config.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "base/signals.h"
#include "screen/editor.h"

#define ANSWER_MS 5000		   /* Readline takes so long only if it would take for ever */
#define PART_MAX ((size_t)1 << 30) /* bytes of a part of an answer: Readline counts them in an int */

/* What goes through the socket: an order with its text, and an answer with its texts. */
struct order {
	enum editor_order what;
	size_t length;
};
enum part { PROMPT, LINE, UNSENT, COMPLETE, PARTS };
struct answer {
	unsigned event, hides, sends, amid;
	size_t used, cursor, lengths[PARTS];
};

static pid_t editor;
static int line = -1;		/* to it: a socket */
static struct buffer orders;	/* that it has not taken */
static struct buffer answers;	/* that it has given: one, in parts */
static bool was_silent;		/* it gave no answer */

/* --- The editor. --- */

/* Before fatal() ends this process, as where there is no memory: it has nowhere to say so, and its parent does. */
static void
give_up(void)
{
	_exit(errno);
}

/* Reads an order and its text.  Whoever gives it is gone if that fails. */
static enum editor_order
take_order(int socket, struct buffer *text)
{
	struct order order;

	buffer_drop(text, buffer_length(text));
	if (read_all(socket, &order, sizeof order) != sizeof order)
		_exit(0);
	if (read_all(socket, buffer_reserve(text, order.length), order.length) != (ssize_t)order.length)
		_exit(0);
	buffer_grow(text, order.length);
	return order.what;
}

static void
answer(int socket, struct edit_outcome outcome)
{
	const struct edit_view view = edit_show();
	const struct span parts[PARTS] = {
		[PROMPT] = view.prompt, [LINE] = view.line, [UNSENT] = view.unsent, [COMPLETE] = view.complete};
	struct answer told = {.event = outcome.event,
			      .hides = view.hides,
			      .sends = view.sends,
			      .amid = view.amid,
			      .used = outcome.used,
			      .cursor = view.cursor};
	struct buffer all = {0};

	for (int i = 0; i < PARTS; i++)
		told.lengths[i] = i != COMPLETE || outcome.event == INPUT_LINE ? parts[i].length : 0;
	buffer_add(&all, (const char *)&told, sizeof told);
	for (int i = 0; i < PARTS; i++)
		buffer_add(&all, parts[i].text, told.lengths[i]);
	if (write_all(socket, buffer_data(&all), buffer_length(&all)) == -1)
		_exit(0);
	buffer_free(&all);
}

static _Noreturn void
be_editor(int socket, pid_t parent)
{
	enum { ITS_TERMINAL, ITS_OUTPUT, ITS_ERRORS, ITS_SOCKET, ITS_COUNT };
	const int fds[ITS_COUNT] = {STDIN_FILENO, -1, -1, socket};
	struct buffer text = {0};

	child_begin(parent, -1);
	fatal_first(give_up);
	signals_ignore(SIGTSTP); /* it may not be continued when its parent is */
	signals_ignore(SIGTERM); /* one for the whole group: the speaker says when it is over */
	if (descriptors_keep(fds, ITS_COUNT) == -1 || descriptors_standard() == -1)
		_exit(errno);
	setproctitle("editing a line");
	confine_editor();
	edit_open();
	close(STDIN_FILENO); /* Readline has asked the terminal for its settings, and gets the keys from the speaker */
	if (descriptors_standard() == -1)
		_exit(errno);
	for (;;) {
		struct edit_outcome outcome = {.event = INPUT_NONE};
		enum editor_order order = take_order(ITS_SOCKET, &text);

		switch (order) {
		case EDITOR_KEYS:
			outcome = edit_keys(buffer_span(&text));
			break;
		case EDITOR_INSERT:
			edit_insert(buffer_span(&text));
			break;
		case EDITOR_PUT_BACK:
			edit_put_back(buffer_span(&text));
			break;
		case EDITOR_REPLACE:
			edit_replace(buffer_span(&text));
			break;
		}
		answer(ITS_SOCKET, outcome);
	}
}

/* --- The speaker's end. --- */

int
editor_start(void)
{
	pid_t parent = getpid();
	int ends[2], cause;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK); /* this end has no other process */
	if ((editor = fork()) == 0)
		be_editor(ends[1], parent);
	close(ends[1]);
	line = ends[0];
	was_silent = false;
	if (editor != -1)
		return 0;
	cause = errno;
	editor = 0;
	(void)editor_end();
	errno = cause;
	return -1;
}

/* Hands on what it takes of the order.  False if it is gone. */
static bool
send_some(void)
{
	ssize_t n;

	if (buffer_length(&orders) == 0)
		return true;
	n = write(line, buffer_data(&orders), buffer_length(&orders));
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	buffer_drop(&orders, (size_t)n);
	return true;
}

/* Takes what it has given of the answer.  False if it is gone. */
static bool
receive_some(void)
{
	enum { CHUNK = 65536 };
	ssize_t n = read(line, buffer_reserve(&answers, CHUNK), CHUNK);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	buffer_grow(&answers, (size_t)n);
	return n > 0;
}

/* Whether the answer is there as a whole: after a mistake in Readline's memory anything can be in it. */
enum state { INCOMPLETE, WHOLE, WRONG };

static enum state
examine(size_t given)
{
	struct answer told;
	size_t length = sizeof told;

	if (buffer_length(&answers) < length)
		return INCOMPLETE;
	memcpy(&told, buffer_data(&answers), sizeof told);
	if (told.event > INPUT_SUSPEND || told.used > given || told.cursor > told.lengths[LINE])
		return WRONG;
	for (int i = 0; i < PARTS; i++) {
		if (told.lengths[i] > PART_MAX)
			return WRONG;
		length += told.lengths[i];
	}
	if (buffer_length(&answers) < length)
		return INCOMPLETE;
	return told.event == INPUT_LINE && told.lengths[COMPLETE] == 0 ? WRONG : WHOLE;
}

/* Takes the answer, which is whole, apart. */
static void
understand(struct editor_answer *answer)
{
	const char *text = buffer_data(&answers) + sizeof(struct answer);
	struct span parts[PARTS];
	struct answer told;

	memcpy(&told, buffer_data(&answers), sizeof told);
	for (int i = 0; i < PARTS; i++) {
		parts[i] = (struct span){text, told.lengths[i]};
		text += told.lengths[i];
	}
	*answer = (struct editor_answer){
		.outcome = {.event = told.event, .used = told.used},
		.view = {.prompt = parts[PROMPT],
			 .line = parts[LINE],
			 .cursor = told.cursor,
			 .unsent = parts[UNSENT],
			 .hides = told.hides != 0,
			 .sends = told.sends != 0,
			 .amid = told.amid != 0,
			 .complete = parts[COMPLETE]},
	};
}

enum editor_reply
editor_ask(enum editor_order what, struct span text, struct editor_answer *answer)
{
	const struct order order = {what, text.length};
	int64_t deadline = clock_now() + ANSWER_MS;

	buffer_drop(&answers, buffer_length(&answers));
	buffer_add(&orders, (const char *)&order, sizeof order);
	buffer_add(&orders, text.text, text.length);
	while (signals_deadly() == 0) {
		struct pollfd end = {.fd = line, .events = POLLIN};

		if (!send_some() || !receive_some())
			return EDITOR_FAILED;
		switch (examine(text.length)) {
		case INCOMPLETE:
			break;
		case WHOLE:
			understand(answer);
			return EDITOR_ANSWERED;
		case WRONG:
			return EDITOR_FAILED;
		}
		was_silent = clock_until(deadline) == 0;
		if (was_silent)
			return EDITOR_FAILED;
		if (buffer_length(&orders) > 0)
			end.events |= POLLOUT;
		(void)signals_poll(&end, 1, clock_until(deadline));
	}
	return EDITOR_INTERRUPTED;
}

const char *
editor_end(void)
{
	int status = 0;

	if (line != -1)
		close(line);
	line = -1;
	buffer_free(&orders);
	buffer_free(&answers);
	if (editor != 0) {
		kill(editor, SIGKILL);
		while (waitpid(editor, &status, 0) == -1 && errno == EINTR)
			;
	}
	editor = 0;
	if (was_silent)
		return bilingual("it gave no answer");
	return WIFSIGNALED(status) ? bilingual_signal(WTERMSIG(status)) : bilingual_error(WEXITSTATUS(status));
}
