/*
 * talk - who is at the other end, from the call to the goodbye, for every front end.
 *
 * A front end gives it lines and answers; it is told what there is to notice and what was said (struct
 * talk_face), asks what to wait for, and shows what a view or the record says.  There can be several others at
 * once.  Nothing here waits but talk_new, for the door; talk_answer, where another tchat is just adding a key; and at
 * the end of the program talk_free and talk_last_words, for processes that were killed.
 *
 *	for (;;) {
 *		polls_clear(&polls);
 *		talk_poll(talk, &polls);
 *		polls_wait(&polls);
 *		talk_step(talk, &polls);
 *	}
 */
#ifndef TALK_H
#define TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/polls.h"
#include "base/span.h"
#include "call/peer.h"
#include "record/record.h"
#include "trust/fingerprint.h"

struct call_options;
struct caller;
struct talk;
struct trust_options;

/* Who hears what the others say. */
enum talk_ear {
	EAR_PIPE,   /* a listener, and what it lets through is put in the record */
	EAR_OUTPUT, /* a listener, which writes to the output by itself */
	EAR_SELF    /* nobody, until talk_heard is asked: no process of its own */
};

/* What a talk stands on, whatever the front end, which passes it on. */
struct talk_base {
	const struct call_options *call;
	const struct trust_options *trust;
	struct caller *caller; /* has been started (caller_start) */
	struct log *log;       /* or NULL */
};

/* What the front end wants of it. */
struct talk_options {
	enum talk_ear ear;
	int output;	  /* EAR_OUTPUT: a descriptor; -1: nobody cares what is said */
	bool raw;	  /* EAR_OUTPUT: bytes pass unchanged, they are no lines */
	bool labels;	  /* ... or each line has its speaker's label before it (text/label.h) */
	bool unseen;	  /* ... nor does anybody look at them */
	bool patient;	  /* all of the input is sent, if the other side leaves, too, and however long it takes */
	bool needs_files; /* the front end opens files or starts programs all the time */
	size_t history;	  /* lines that are kept; 0: none */
	bool invites;	  /* a server says, before it waits, what to tell the other person */
	unsigned members; /* so many others at once, where it is no group (call_options.members) */
};

/* What a front end is told.  None of these may call the talk, but for talk_view. */
struct talk_face {
	void *context;
	/* Something to notice, as safe text in the person's language; in the record it is already. */
	void (*say)(void *context, enum voice voice, const char *text);
	/* EAR_PIPE: so many more lines of others are in the record. */
	void (*heard)(void *context, size_t lines);
	/* ... these, in a group: safe text, with the name before each; or NULL: they are shown from the record. */
	void (*show)(void *context, struct span lines);
};

/*
 * Has the caller listen or get ready to call, and prepares what will confine a listener.  All pointers must stay
 * good, and what they point to stays the other's.  NULL with a bilingual message in error, which has room for size
 * bytes, and is empty if a signal that asks the program to end is why.
 */
struct talk *talk_new(const struct talk_base *base, const struct talk_options *options, const struct talk_face *face,
		      char *error, size_t size);

/* Gives up making connections, begins to wait, or to call, and says so. */
void talk_begin(struct talk *talk);

/* Adds what to wait for. */
void talk_poll(struct talk *talk, struct polls *polls);

/* After the wait: does what there is to do.  Returns whether something is to be shown that was not before. */
bool talk_step(struct talk *talk, const struct polls *polls);

/* Nobody is there any more, and nobody will be; and the exit status then, of the last conversation. */
bool talk_is_over(const struct talk *talk);
int talk_status(const struct talk *talk);

/* --- Calling again: of a client for more than one conversation. --- */

/* Whether nobody is there, or is about to go, nor called at this moment, and the line can be called. */
bool talk_can_call(const struct talk *talk);

/* Calls, if so, once nobody is there; and says so. */
void talk_call(struct talk *talk);

/* So many seconds until it does so by itself (call_options.redial); -1: it does not. */
int talk_countdown(const struct talk *talk);

/* Whether it is about to, or does. */
bool talk_calls_by_itself(const struct talk *talk);

/* It does not any more, and stops calling, which is said.  Returns whether it would have, or did. */
bool talk_stop_calling(struct talk *talk);

void talk_free(struct talk *talk);

/* The front end has something to say itself, as bilingual_print writes it: as if the talk had (struct talk_face). */
void talk_notice(struct talk *talk, enum voice voice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- Speaking. --- */

enum talk_sent {
	TALK_SENT,
	TALK_NOBODY,   /* is there to hear it */
	TALK_FULL,     /* somebody takes nothing, and the queue is long */
	TALK_QUESTION  /* there is one to be answered first */
};

/* Sends lines, each with its LF, to everybody, and records them.  Otherwise nothing was sent. */
enum talk_sent talk_send(struct talk *talk, const char *lines, size_t length);

/* Somebody to talk to; zeroed: nobody yet. */
struct talk_whom {
	unsigned id; /* of the conversation */
	char key[FINGERPRINT_SIZE]; /* empty: none was shown */
	char place[PEER_NAME_MAX];  /* the host that was called, or the address that called */
};

/* Who is there, or was last. */
struct talk_whom talk_whom(const struct talk *talk);

/*
 * Whether somebody takes lines now who may not be the same: to a server, whoever calls again, unless with the same
 * key; to a client, who answers at the same place with another key.  Then a line that was begun before is not to be
 * sent before the person knows.
 */
bool talk_has_changed(const struct talk *talk, const struct talk_whom *before);

/*
 * Sends the lines that whoever is there has not got in earlier conversations (EAR_PIPE), after a notice that they were
 * typed before; or says that there are none, or why not.  They are never sent otherwise: the other side may have seen
 * them all the same.
 */
void talk_send_arrears(struct talk *talk);

/* Whether something can be sent, and somebody waits for it: then more is to be read from the input. */
bool talk_wants_input(const struct talk *talk);

/*
 * The same in two steps, for bytes that are read into place, when it wants input: room for length bytes, and
 * the sending of those that were written there.
 */
char *talk_reserve(struct talk *talk, size_t length);
void talk_send_reserved(struct talk *talk, size_t length);

/*
 * The same for raw bytes of a file that nobody looks at: they go straight from the kernel's memory, as far as
 * the socket takes them at once.  talk_poll_room waits until it does, and returns the slot.  Returns 1, or 0 at
 * the end of the file, or -1 where they have to be read.
 */
int talk_send_file(struct talk *talk, int file);
int talk_poll_room(const struct talk *talk, struct polls *polls);

/*
 * Whether what is sent is kept, as it may have to be sent again (-w): then it cannot come from a file, and there is a
 * limit to it (talk_wants_input).
 */
bool talk_may_repeat(const struct talk *talk);

/* The input has ended: what is queued is still sent, and what the others still say is heard. */
void talk_finish(struct talk *talk);

/* So far everybody has received of what was sent: bytes that the kernel took, and that arrived there. */
uint64_t talk_taken(const struct talk *talk);
uint64_t talk_arrived(const struct talk *talk);

/* Whether the latter is more than a guess. */
bool talk_knows_arrived(void);

/* What is being sent at this moment, and is not in any queue yet: for the program's last words. */
struct span talk_sending(const struct talk *talk);

/* --- Hearing. --- */

/* What was said so far, and by whom. */
const struct record *talk_record(const struct talk *talk);

/*
 * EAR_SELF: safe lines that nobody has taken yet; whoever takes one, drops it there.  Where one is too long
 * (FILTER_LINE_MAX), TALK_CUT, which is no safe text, stands for an LF that is none of the other side's.
 */
#define TALK_CUT '\0'
struct buffer *talk_heard(struct talk *talk);

/* The first of them with its LF, or the first part of it with its TALK_CUT; empty if there is none. */
struct span talk_heard_line(const struct talk *talk);

/*
 * EAR_SELF, while somebody is there: the front end has seen that it is PARTY_CLOSING, and done what it has to do
 * then.  That is waited for, and that it takes the lines that still come.
 */
void talk_note_closing(struct talk *talk);

/*
 * EAR_SELF, while somebody is there: a line, with its LF, is about to be shown, and goes into the log; or cannot be
 * shown, as cause (errno) says, which ends the conversation: what has been heard then is to be dropped.
 */
void talk_log_heard(struct talk *talk, struct span line);
void talk_fail_output(struct talk *talk, int cause);

/* Of a group: whether what the members say is to be heard just now; it is, until something else is said. */
void talk_hear(struct talk *talk, bool hears);

/* --- The question of trust. --- */

/*
 * The id of whoever is asked about (PARTY_ASKED), or 0.  Where several could be it is the one about whom the person was
 * asked, until that is decided, and then the first of them.
 */
unsigned talk_asked(const struct talk *talk);

/* Says what there is to decide, where somebody is asked about (PARTY_ASKED), once the person can answer. */
void talk_ask(struct talk *talk);

/*
 * EAR_PIPE, once it was asked: what there is to decide, which is not in the record's history, as rows of safe text in
 * the person's language, up to a NULL, good until the next call.  All but the last but one, which is advice, have to be
 * in view whenever an answer is taken.  NULL: nobody is asked about.
 */
const char *const *talk_question(const struct talk *talk);

/* The answer, with or without LF. */
void talk_answer(struct talk *talk, const char *text, size_t length);

/* There is nobody to ask; why, which is bilingual, is added to what is said. */
void talk_refuse(struct talk *talk, const char *why);

/* --- Leaving. --- */

#define TALK_LEAVE_MS 5000 /* so long what is on its way is waited for when the person or the other side leaves */
#define TALK_HURRY_MS 2000 /* ... when a signal ends the program */

/*
 * Nothing more is said, nobody else is waited for: what is on its way is delivered within so many milliseconds
 * (or until somebody is in a hurry, see signals_urgent_count), and the others have a moment to say goodbye.
 */
void talk_leave(struct talk *talk, int ms);

/* Ends it now. */
void talk_hang_up(struct talk *talk);

/*
 * Ends the conversation, or what may become one, or the call, and says so; the program goes on.  What is on its way is
 * delivered within TALK_LEAVE_MS; told again, it is not waited for.
 */
void talk_part(struct talk *talk);

/* --- Who is there. --- */

/* Who becomes what, and by what, is in talk/party.h. */
enum party_state {
	PARTY_MET,	/* it has just been connected */
	PARTY_AGREEING, /* on encryption */
	PARTY_ASKED,	/* the person is asked about it */
	PARTY_TALKING,
	PARTY_CLOSING,	/* one side has ended: what is queued goes out, what is on its way comes in */
	PARTY_REAPING,	/* its listener is waited for */
	PARTY_OVER
};

struct talk_view {
	unsigned id; /* of this conversation, from 1 on */
	enum party_state state;
	const char *name, *secrecy; /* as in call/peer.h, and trust/trust.h: in English (N_); good until it goes on */
	const char *host, *place;   /* ... where it is */
	bool local;		/* ... on this machine */
	const char *key;	/* the fingerprint of the key that it has shown; empty: none */
	time_t since;		/* when the conversation began */
	bool stalled;		/* it has taken nothing for a while */
	bool unanswered;	/* ... its machine does not even answer */
	bool ended;		/* it will say nothing more */
	bool silent;		/* it has said nothing so far (EAR_PIPE) */
	size_t arrears;		/* lines that it has not got before, and that talk_send_arrears would send now */
	bool told;		/* it was said that it is there: who calls again and again may not be told of */
	bool again;		/* it was busy, and is called once more: what was sent to it is sent again */
	size_t queued;		/* bytes that it has not received */
};

/* Views the other side of that number, from 0 on.  False if there are not so many. */
bool talk_view(const struct talk *talk, unsigned number, struct talk_view *view);

/* Views the one with that id.  False if there is none. */
bool talk_view_of(const struct talk *talk, unsigned id, struct talk_view *view);

/*
 * What is being done while nobody is there, in the person's language: "waiting on port 8080", or "not connected to
 * example.org port 8080".
 */
void talk_describe(const struct talk *talk, char *line, size_t size);

/* How many lines are on their way; of a group, to the one who lacks the most. */
size_t talk_count_undelivered(const struct talk *talk);

/*
 * Rows that tell in the person's language who is there, where, and how safe it is, or that nobody is there, and then
 * what to tell the other person, up to a NULL; good until the next call.
 */
const char *const *talk_secrecy(const struct talk *talk);

/* --- A group. --- */

/* Whether there can be several others at once, who hear each other. */
bool talk_is_group(const struct talk *talk);

/* How many others are there (PARTY_TALKING). */
size_t talk_members(const struct talk *talk);

/* To how many of them one's own line that ends there in the stream is still on its way. */
size_t talk_on_its_way(const struct talk *talk, uint64_t stream_end);

/*
 * Hangs up on the one with that id: it and the others are told, what is on its way to it is delivered as after
 * talk_part.  Where it bans, nobody is let in any more, as long as the program runs, who has the key that it has shown;
 * or, if it has shown none, who calls from its address.
 */
void talk_dismiss(struct talk *talk, unsigned id, bool bans);

/* Whether whoever is let in is talked to with encryption (-t). */
bool talk_encrypts(const struct talk *talk);

/* Views all of them, one after the other: each view is good until look returns. */
void talk_each(const struct talk *talk, void (*look)(void *context, const struct talk_view *view), void *context);

/* --- The end of the program. --- */

/*
 * Before fatal() ends the program: gives the record's memory back, notes what was not delivered, and ends the
 * caller.
 */
void talk_last_words(struct talk *talk);

/*
 * Lines that were not delivered in any of the conversations (EAR_PIPE), as safe text that is the caller's, of a group
 * those that nobody has; and, for the others, a bilingual word on it: empty if all was.
 */
struct buffer talk_lost(const struct talk *talk);
void talk_describe_lost(const struct talk *talk, char *text, size_t size);

#endif
