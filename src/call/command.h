/*
 * command - a command that makes the connection (--via): its standard input and output are one socket, what it says
 * besides goes to the person, and it ends with the conversation.
 *
 * It is started by sh -c, in a session and process group of its own.  The first one can ask on the terminal
 * (call/console.h) as long as it is not known whether it gets through, which nothing says for certain: it does when
 * something comes from it, or when it has been silent for a while and no question stands there; for longer where it
 * could still ask, but it cannot put that off without end by what it says.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/polls.h"
#include "call/call.h"
#include "call/console.h"
#include "call/remarks.h"

enum command_state {
	COMMAND_NONE,	  /* nothing runs, or all that did has been told to end */
	COMMAND_STARTING, /* it is not known whether it gets through */
	COMMAND_THROUGH,  /* socket is the connection, and whose it is that takes it */
	COMMAND_FAILED	  /* it has ended before it was: command_describe_failure */
};

/* How far it has been brought to end. */
enum command_stage { COMMAND_RUNS, COMMAND_MAY_END, COMMAND_TERMINATED, COMMAND_KILLED };

/* What the command says, a bilingual text; and whether the person has seen it on the terminal. */
typedef void command_tell(void *context, const char *text, bool seen);

struct command {
	enum command_state state;
	pid_t pid; /* and of its group; 0: none */
	int socket;
	int voice; /* what it says comes out here, its standard error or this side of its terminal; or -1 */
	int its_terminal; /* held open, lest this side of it ends while the command does not use it; or -1 */
	bool has_terminal, had_terminal; /* whether it has one to ask on, or one before it had */
	struct console console;
	struct remarks remarks;
	int64_t quiet;	/* STARTING: if it says nothing until then, it is through, */
	int64_t latest;	/* ... and then whatever it says, as nothing was asked for long */
	int64_t hint;	/* by then an unfinished line has stood there for long, and is explained; or CLOCK_NEVER */
	bool hinted;	/* ... which was done */
	bool has_shut;	/* STARTING: the end of the connection has come from it */
	bool ended;	/* it has; others of its group may go on */
	int status;	/* ... as a shell has it, in $? */
	bool obeyed;	/* ... as it was told to */
	bool told;	/* ... which has been told */
	enum command_stage stage;
	int64_t deadline; /* ... of that stage */
	command_tell *tell;
	void *context;
	int voice_slot, socket_slot;
};

/* There is none.  What it will say is told so. */
void command_init(struct command *command, command_tell *tell, void *context);

/*
 * Starts the one of the options, where none runs; it can ask the person where that is said, and can be.  Returns 0,
 * or -1 and errno.  Its end has to be heard of by signals_hear_children.
 */
int command_start(struct command *command, const struct call_options *options, bool asks);

void command_poll(struct command *command, struct polls *polls);
enum command_state command_step(struct command *command, const struct polls *polls);

/*
 * Whether it has ended, or was, unless it had FAILED; true once.  Then text says how, bilingually, or is empty if that
 * was in order.
 */
bool command_has_ended(struct command *command, char *text, size_t size);

/* FAILED: why, in words, which are bilingual. */
void command_describe_failure(const struct command *command, char *text, size_t size);

/*
 * The conversation is over, or not wanted: the command has a moment to end by itself, as its input has ended, if the
 * socket is closed everywhere; then it is ended, with its group.  command_step goes on with that.
 */
void command_end(struct command *command);

/* Waits for that, which takes less than a second. */
void command_finish(struct command *command);

/* Whether nothing of it is left. */
bool command_is_gone(const struct command *command);

#endif
