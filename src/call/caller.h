/*
 * caller - a process of its own that calls, or waits for calls, and hands the connections over.
 *
 *   speaker                                    caller
 *      | <-- news: somebody is at the door ------ |   listens, or resolves and connects
 *      | --- order: let in, or turn away -------> |
 *      | <-- news: connected, and the socket ---- |   (SCM_RIGHTS, unix(7))
 *
 * "The caller" is this process; who calls a server is called so, too, where there is no doubt.
 *
 * It is forked before there is a key, and before anything is confined; the processes of a conversation can
 * make no connection.  It reads nothing of what peers send, and calls nobody but who is named on the command
 * line.  It ends with the speaker, and by itself once it cannot be needed any more: where there is to be one
 * conversation, with the first that it connects, or cannot; but a server with -t may have to let another one in, if
 * nothing is agreed with the first, and a client with -w to call again, if the line is busy.  Where a command makes the
 * connection (--via), it neither looks a name up nor connects, but runs that, before anything else as READY is told; it
 * hears what the command says as long as the conversation lasts, and has it end then.
 */
#ifndef CALLER_H
#define CALLER_H

#include "base/bilingual.h"
#include "base/buffer.h"
#include "base/child.h"
#include "base/polls.h"
#include "call/call.h"
#include "call/peer.h"
#include "call/reach.h"

/* The speaker's end. */
struct caller {
	const struct call_options *options;
	int socket; /* to the process; -1: nothing more is to be said or heard */
	int slot;
	struct child child;
	bool knocked;  /* somebody is at the door, and waits for what is ordered */
	bool done;     /* nobody more is to come: it ends, but for what it attends to */
	bool attends;  /* a command makes the connection, and has not ended, as far as was told */
	int64_t ends;  /* ... and then it is not waited for any longer; 0: it need not end yet */
	int trouble;   /* why nobody could be taken over, as was told */
	int64_t retry; /* ... and the next attempt is then */
	struct buffer early; /* what a command said before it was open: bilingual texts, each with its NUL */
	char error[BILINGUAL_LINE];
	char hosts[REACH_SIZE]; /* a server, once it is open: by what it can be called (reach_list), safe text */
};

enum caller_news {
	CALLER_NOTHING,	  /* nothing that there is to say */
	CALLER_CONNECTED, /* *peer is there */
	CALLER_UNREACHED, /* nobody has answered: error says why; it can be told to call again */
	CALLER_REFUSED,	  /* *peer was told that the line is busy */
	CALLER_TROUBLED,  /* nobody can be let in for a while, or is told of the server: error says why, once */
	CALLER_ANNOUNCED, /* the local network is told of the server: error says by which name */
	CALLER_SAID,	  /* the command that makes the connection says what is in error */
	CALLER_ENDED,	  /* ... has ended: error says how, or is empty if that was in order */
	CALLER_FAILED	  /* nobody will be there any more: error says why */
};

/*
 * What is to be done about who is at the door (caller->knocked): until that is said it waits there, as does who
 * comes after it, so nobody is turned away for what is over meanwhile.
 */
enum caller_answer { CALLER_ADMIT, CALLER_REFUSE };

/* Starts the process, which waits.  options must stay good.  Returns 0, or -1 and errno. */
int caller_start(struct caller *caller, const struct call_options *options);

/*
 * Has it listen, or get ready to call, and waits until it does; a signal that asks the program to end ends the
 * wait.  Returns 0, or -1 with the message in caller->error, which is empty after such a signal.
 */
int caller_open(struct caller *caller);

/* Says so, of a server.  This and the next two are for nobody where the process has ended, or is about to. */
void caller_answer(struct caller *caller, enum caller_answer answer);

/* Has a client call, for so many milliseconds (dial_begin); and stop that, unless somebody is there already. */
void caller_call(struct caller *caller, int64_t patience);
void caller_stop(struct caller *caller);

/* The conversation is over: the command that made its connection ends, too, which is told. */
void caller_end_command(struct caller *caller);

/* Nobody else is to come: the process ends, at once or, where a command makes the connection, once that is over. */
void caller_retire(struct caller *caller);

/* Whether there is nobody more to come: the process has ended, or will. */
bool caller_is_done(const struct caller *caller);

void caller_poll(struct caller *caller, struct polls *polls);

/* What there is to say; to be called after each wait.  *peer is set as said above. */
enum caller_news caller_step(struct caller *caller, const struct polls *polls, struct peer *peer);

/* Ends the process, and waits for its end: the port is free then. */
void caller_close(struct caller *caller);

#endif
