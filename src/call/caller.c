#include <config.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "base/signals.h"
#include "call/announce.h"
#include "call/caller.h"
#include "call/console.h"
#include "call/dial.h"
#include "call/handed.h"
#include "call/door.h"
#include "call/reach.h"
#include "record/notice.h"
#include "text/filter.h"

#define END_MS 1000  /* a command has ended by then, and that was told */
#define RETRY_MS 100 /* after somebody could not be taken over */

/* One message, news from the process. */
enum kind { READY, CONNECTED, REFUSED, KNOCKED, TROUBLED, ANNOUNCED, UNREACHED, SAID, SHOWN, ENDED, FAILED };
struct message {
	enum kind kind;
	struct origin from; /* whom it is about */
	char error[BILINGUAL_LINE];
	char hosts[REACH_SIZE]; /* READY, of a server: by what it can be called */
};

/* One order to it; the first is to listen, or to get ready to call. */
enum what { OPEN, ADMIT, REFUSE, CALL, STOP };
struct order {
	enum what what;
	int64_t patience; /* CALL */
};

/*
 * Whether the process has done what it is there for once somebody is connected, or, of a client, cannot be.  A patient
 * client may have to call again, as the line is busy.
 */
static bool
serves_one(const struct call_options *o)
{
	return !o->keep && (o->role == ROLE_CLIENT ? o->wait == 0 : !o->tls || o->once);
}

/* --- The process. --- */

struct process {
	const struct call_options *options;
	int speaker; /* the socket to it */
	struct door door; /* server */
	int trouble;	  /* why nobody could be let in, as was told */
	struct announcement announcement; /* ... to the local network */
	struct dial dial; /* client */
	bool early;	  /* ... has called before it was told to (--via): what comes of that waits for the order */
};

/* There is nothing to do here without a speaker. */
static _Noreturn void
leave(struct process *p)
{
	p->speaker = -1;
	door_close(&p->door);
	if (p->options->via != NULL)
		command_finish(&p->dial.command);
	_exit(0);
}

/* Tells the speaker, and hands a socket over unless it is -1. */
static void
tell(struct process *p, const struct message *message, int socket)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = sizeof *message};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {{0}};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (socket != -1) {
		struct cmsghdr *rights;

		header.msg_control = control.bytes;
		header.msg_controllen = sizeof control.bytes;
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof socket);
		memcpy(CMSG_DATA(rights), &socket, sizeof socket);
	}
	while (p->speaker != -1 && sendmsg(p->speaker, &header, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			leave(p);
}

/* Tells what has gone wrong. */
static void
tell_error(struct process *p, enum kind kind, const char *error)
{
	struct message message = {.kind = kind};

	strlcpy(message.error, error, sizeof message.error);
	tell(p, &message, -1);
}

static void
hand_over(struct process *p, const struct origin *from, int socket)
{
	struct message message = {.kind = CONNECTED, .from = *from};

	peer_prepare(socket);
	tell(p, &message, socket);
	close(socket);
}

/* Takes an order.  Returns it, or ends with the speaker. */
static struct order
take_order(struct process *p)
{
	struct order order;
	ssize_t n;

	while ((n = recv(p->speaker, &order, sizeof order, 0)) == -1 && errno == EINTR)
		;
	if (n != sizeof order)
		leave(p);
	return order;
}

/* Lets in whoever is at the door, if anybody still is. */
static void
admit(struct process *p)
{
	char error[BILINGUAL_LINE];
	struct origin from = {.user = ""};
	int fd = door_admit(&p->door, &from);

	if (fd == -1 && p->door.cause != 0 && p->door.cause != p->trouble) {
		bilingual_print(error, sizeof error, "nobody can be let in: %s", bilingual_error(p->door.cause));
		tell_error(p, TROUBLED, error);
	}
	p->trouble = fd == -1 ? p->door.cause : 0;
	if (fd == -1)
		return;
	if (serves_one(p->options))
		door_close(&p->door);
	hand_over(p, &from, fd);
	if (serves_one(p->options))
		_exit(0);
}

static void
refuse(struct process *p)
{
	struct message message = {.kind = REFUSED};

	if (door_refuse(&p->door, &message.from))
		tell(p, &message, -1);
}

/* Tells what has become of the announcement, if something has. */
static void
tell_announcement(struct process *p)
{
	char text[BILINGUAL_LINE];

	switch (announce_news(&p->announcement, text, sizeof text)) {
	case ANNOUNCE_MADE:
		tell_error(p, ANNOUNCED, text);
		break;
	case ANNOUNCE_ENDED:
		tell_error(p, TROUBLED, text);
		break;
	case ANNOUNCE_NOTHING:
		break;
	}
}

/* As the speaker says, and until it has gone. */
static _Noreturn void
wait_for_calls(struct process *p)
{
	struct polls polls = {0};

	for (;;) {
		int orders;

		polls_clear(&polls);
		orders = polls_add(&polls, p->speaker, POLLIN);
		door_poll(&p->door, &polls);
		announce_poll(&p->announcement, &polls);
		polls_wait(&polls);
		announce_step(&p->announcement, &polls);
		tell_announcement(p);
		if (polls_found(&polls, orders) != 0) {
			struct order order = take_order(p);

			if (p->door.held && order.what == ADMIT)
				admit(p);
			else if (p->door.held)
				refuse(p);
			p->door.held = false;
		}
		door_hang_up(&p->door);
		if (door_is_knocked_at(&p->door)) {
			p->door.held = true;
			tell(p, &(struct message){.kind = KNOCKED}, -1);
		}
	}
}

/* Tells how the command has ended that made the connection, if it has. */
static void
tell_ending(struct process *p)
{
	char how[BILINGUAL_LINE];

	if (!p->early && command_has_ended(&p->dial.command, how, sizeof how))
		tell_error(p, ENDED, how);
}

/* Calls, or stops that, as the speaker says; the call that was made early is the first. */
static void
obey(struct process *p)
{
	struct order order = take_order(p);
	bool failed_early = p->early && p->dial.state == DIAL_FAILED;

	if (p->early && order.what == CALL && (!failed_early || order.patience == 0)) {
		p->early = false;
		return;
	}
	p->early = false;
	if (p->dial.state == DIAL_CONNECTED) /* early, and not wanted */
		socket_close(p->dial.socket);
	dial_stop(&p->dial);
	if (order.what != CALL)
		return;
	command_finish(&p->dial.command);
	tell_ending(p);
	dial_begin(&p->dial, order.patience);
}

/* Notes where somebody is who was found in the local network. */
static void
note_place(const struct dial *dial, struct origin *there)
{
	there->address.length = sizeof there->address.storage;
	if (getpeername(dial->socket, (struct sockaddr *)&there->address.storage, &there->address.length) == -1)
		there->address = (struct address){0};
	there->bare = nearby_is_bare(&dial->nearby);
}

/* Tells what has come of the call, if something has. */
static void
tell_outcome(struct process *p)
{
	bool connected = p->dial.state == DIAL_CONNECTED;
	struct origin there = {.user = ""};

	if (p->early)
		return;
	if (connected && p->options->path != NULL)
		(void)local_user(p->dial.socket, there.user);
	else if (connected && p->options->nearby != NULL)
		note_place(&p->dial, &there);
	if (connected)
		hand_over(p, &there, p->dial.socket);
	else if (p->dial.state == DIAL_FAILED)
		tell_error(p, serves_one(p->options) || p->dial.hopeless ? FAILED : UNREACHED, p->dial.error);
	else
		return;
	if ((serves_one(p->options) && p->options->via == NULL) || p->dial.hopeless)
		_exit(connected ? 0 : 1);
	p->dial.state = DIAL_IDLE;
}

/* Waits for what comes next, and goes on with the call.  Returns whether there is an order. */
static bool
go_on_calling(struct process *p, struct polls *polls)
{
	int orders;

	polls_clear(polls);
	orders = polls_add(polls, p->speaker, POLLIN);
	dial_poll(&p->dial, polls);
	polls_wait(polls);
	dial_step(&p->dial, polls);
	return polls_found(polls, orders) != 0;
}

/* Each time that it is told to, until it has somebody, or gives up. */
static _Noreturn void
call(struct process *p)
{
	struct polls polls = {0};

	for (;;) {
		if (go_on_calling(p, &polls) && (p->dial.state != DIAL_CONNECTED || p->early))
			obey(p);
		tell_outcome(p);
		tell_ending(p);
	}
}

/* A command says something. */
static void
tell_said(void *process, const char *text, bool seen)
{
	tell_error(process, seen ? SHOWN : SAID, text);
}

/*
 * Calls by a command, which can ask on the terminal now, before somebody else has it, and waits until it is known what
 * comes of that.  Returns 0, or -1 with a message in error; whoever goes on calling has failed once then.
 */
static int
call_early(struct process *p, char *error, size_t size)
{
	struct polls polls = {0};

	p->early = true;
	dial_hear(&p->dial, tell_said, p);
	dial_begin(&p->dial, 0);
	while (p->dial.state == DIAL_STARTING)
		if (go_on_calling(p, &polls)) /* there is no order yet: it has gone */
			leave(p);
	polls_free(&polls);
	if (p->dial.state == DIAL_CONNECTED || p->options->wait > 0 || p->options->redial)
		return 0;
	strlcpy(error, p->dial.error, size);
	return -1;
}

/* Gets the door or the dial ready.  Returns 0, or -1 with a message in error. */
static int
get_ready(struct process *p, char *error, size_t size)
{
	if (p->options->role == ROLE_SERVER)
		return door_open(&p->door, p->options, error, size);
	if (dial_open(&p->dial, p->options) == 0)
		return p->options->via != NULL ? call_early(p, error, size) : 0;
	strlcpy(error, p->dial.error, size);
	return -1;
}

/* Gives up what is not needed any more; where a command has been started already, all that was at the beginning. */
static void
confine(const struct process *p)
{
	const struct call_options *o = p->options;

	if (o->via != NULL)
		return;
	if (o->role == ROLE_SERVER)
		confine_waiting(door_has_users(&p->door), p->door.local.parent);
	else if (o->nearby != NULL)
		confine_finding();
	else
		confine_calling(o->path == NULL ? o->port : 0);
}

static _Noreturn void
be_caller(const struct call_options *options, int speaker, pid_t parent)
{
	const int its_speaker = HANDED_FIRST + options->handed;
	int fds[HANDED_FIRST + HANDED_MAX + 1] = {-1, -1, -1}; /* nothing to write to but the speaker */
	struct process p = {.options = options, .speaker = speaker};
	struct message news = {.kind = READY};
	char error[sizeof p.dial.error], said[BILINGUAL_LINE], title[sizeof said];
	bool ready;

	child_begin(parent, -1);
	if (options->via != NULL || (options->role == ROLE_SERVER && options->path != NULL))
		child_outlive(); /* it has something to end, or to take away, whatever becomes of the speaker */
	if (options->via != NULL) {
		signals_hear_children();
		confine_running(); /* before there is a command, to which what is typed goes through here */
	}
	signals_ignore(SIGTSTP);
	for (int i = HANDED_FIRST; i < HANDED_FIRST + options->handed; i++)
		fds[i] = i;
	fds[its_speaker] = speaker;
	signals_ignore(SIGTERM); /* one for the whole group: the speaker says when it is over */
	ready = descriptors_keep(fds, its_speaker + 1) == 0;
	if (ready)
		p.speaker = its_speaker;
	if (!ready || descriptors_standard() == -1) {
		bilingual_print(error, sizeof error, "cannot start the process that calls: %s", bilingual_error(errno));
		ready = false;
	}
	take_order(&p); /* before the end: what is unread then would be an error of the other side's */
	if (!ready || get_ready(&p, error, sizeof error) == -1) {
		tell_error(&p, FAILED, error);
		leave(&p);
	}
	call_describe(options, said, sizeof said);
	bilingual_choose(said, ENGLISH, title, sizeof title);
	setproctitle("%s", title);
	if (options->role == ROLE_SERVER) {
		reach_find(p.door.listening, p.door.count, news.hosts);
		announce_begin(&p.announcement, options, *news.hosts != '\0');
	}
	confine(&p);
	tell(&p, &news, -1);
	if (options->role == ROLE_SERVER)
		wait_for_calls(&p);
	call(&p);
}

/* --- The speaker's end. --- */

int
caller_start(struct caller *caller, const struct call_options *options)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	*caller = (struct caller){.options = options, .socket = -1, .slot = POLLS_NONE};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	if ((pid = fork()) == 0)
		be_caller(options, ends[1], parent);
	close(ends[1]);
	handed_close(options);
	caller->socket = ends[0];
	caller->child.pid = pid == -1 ? 0 : pid;
	if (pid == -1)
		caller_close(caller);
	return pid == -1 ? -1 : 0;
}

/* Nothing more is heard of it. */
static void
hang_up(struct caller *caller)
{
	if (caller->socket != -1)
		close(caller->socket);
	caller->socket = -1;
}

static void
send_order(struct caller *caller, struct order order)
{
	/* It reads them at once, but for a moment, so there is room. */
	if (!caller_is_done(caller) && send(caller->socket, &order, sizeof order, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		child_kill(&caller->child);
}

void
caller_answer(struct caller *caller, enum caller_answer answer)
{
	caller->knocked = false;
	send_order(caller, (struct order){.what = answer == CALLER_ADMIT ? ADMIT : REFUSE});
}

void
caller_call(struct caller *caller, int64_t patience)
{
	send_order(caller, (struct order){.what = CALL, .patience = patience});
}

void
caller_stop(struct caller *caller)
{
	send_order(caller, (struct order){.what = STOP});
}

void
caller_end_command(struct caller *caller)
{
	struct order stop = {.what = STOP};

	caller->ends = clock_now() + END_MS;
	if (caller->attends && send(caller->socket, &stop, sizeof stop, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		child_kill(&caller->child);
}

void
caller_retire(struct caller *caller)
{
	if (caller_is_done(caller))
		return;
	if (caller->attends)
		caller->done = true;
	else
		caller_close(caller);
}

/* Whether a descriptor can be the socket of such a conversation, as far as the kernel says. */
static bool
is_connection(const struct call_options *o, int fd)
{
	bool may_be_local = o->path != NULL || o->handed > 0 || o->via != NULL;
	int type = SOCK_STREAM, domain = AF_INET;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}) == -1 && errno == ENOTSOCK)
		return false;
#if defined(SO_DOMAIN)
	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof domain});
#endif
	return type == SOCK_STREAM && (domain == AF_UNIX ? may_be_local : domain == AF_INET || domain == AF_INET6);
}

/* Receives a message, and the socket that is with it, or -1.  Returns whether it is one. */
static bool
receive(struct caller *caller, struct message *message, int *socket)
{
	struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct msghdr header = {.msg_iov = &part,
				.msg_iovlen = 1,
				.msg_control = control.bytes,
				.msg_controllen = CMSG_LEN(sizeof *socket)}; /* no room for a second one */
	ssize_t n = recvmsg(caller->socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights = n > 0 ? CMSG_FIRSTHDR(&header) : NULL;

	*socket = -1;
	if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
	    rights->cmsg_len == CMSG_LEN(sizeof *socket))
		memcpy(socket, CMSG_DATA(rights), sizeof *socket);
	if (n != sizeof *message || (header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0)
		return false;
	if (*socket != -1 && !is_connection(caller->options, *socket))
		return false;
	message->error[sizeof message->error - 1] = '\0';
	message->hosts[sizeof message->hosts - 1] = '\0';
	message->from.user[sizeof message->from.user - 1] = '\0';
	return message->kind <= FAILED && (message->kind == CONNECTED) == (*socket != -1) &&
	       message->from.address.length <= sizeof message->from.address.storage;
}

/* Keeps what a command says before there is anybody to tell; which the person is to see all the same. */
static void
keep_early(struct caller *caller, const struct message *message)
{
	char text[BILINGUAL_LINE];

	filter_bilingual(message->error, text, sizeof text);
	buffer_add(&caller->early, text, strlen(text) + 1);
	if (message->kind == SAID)
		notice(NULL, "%s", text);
}

/* Waits for the first message, but for what a command says.  Returns whether it is one. */
static bool
await_first(struct caller *caller, struct message *message, int *socket)
{
	struct pollfd fd = {.fd = caller->socket, .events = POLLIN};
	bool told = true;

	do {
		while (signals_deadly() == 0 && signals_poll(&fd, 1, -1) == 0)
			;
		if (signals_deadly() != 0)
			return false;
		told = receive(caller, message, socket);
		if (told && (message->kind == SAID || message->kind == SHOWN))
			keep_early(caller, message);
	} while (told && (message->kind == SAID || message->kind == SHOWN));
	return told;
}

int
caller_open(struct caller *caller)
{
	struct message message = {.kind = FAILED};
	struct console console = {.open = false};
	int socket = -1;
	bool told;

	if (caller->options->via != NULL)
		(void)console_open(&console);
	send_order(caller, (struct order){.what = OPEN});
	told = await_first(caller, &message, &socket);
	if (told && message.kind == READY) {
		console_close(&console);
		filter_string(message.hosts, caller->hosts, sizeof caller->hosts);
		return 0;
	}
	if (socket != -1)
		socket_close(socket);
	if (told && message.kind == FAILED) {
		filter_bilingual(message.error, caller->error, sizeof caller->error);
	} else if (signals_deadly() == 0) {
		bilingual_print(caller->error, sizeof caller->error, "the process that calls cannot begin");
	}
	caller_close(caller);
	console_restore(&console); /* where the process has died, and could not */
	console_close(&console);
	return -1;
}

bool
caller_is_done(const struct caller *caller)
{
	return caller->socket == -1 || caller->done;
}

void
caller_poll(struct caller *caller, struct polls *polls)
{
	bool waits = clock_until(caller->retry) > 0;

	caller->slot = POLLS_NONE;
	if (caller->socket != -1 && !waits)
		caller->slot = polls_add(polls, caller->socket, POLLIN);
	if (waits)
		polls_until(polls, caller->retry);
	if (caller->attends && caller->ends != 0)
		polls_until(polls, caller->ends);
	child_poll(&caller->child, polls);
}

/* Whether there is a descriptor to be had for who comes: if not, it stays where it is. */
static bool
has_room(struct caller *caller)
{
	int spare = fcntl(caller->socket, F_DUPFD_CLOEXEC, 0);

	if (spare == -1)
		return false;
	close(spare);
	return true;
}

/* Nobody can be taken over.  Says why, once. */
static enum caller_news
retry_later(struct caller *caller, int cause)
{
	enum caller_news news = cause == caller->trouble ? CALLER_NOTHING : CALLER_TROUBLED;

	bilingual_print(caller->error, sizeof caller->error,
			caller->options->role == ROLE_SERVER ? N_("nobody can be let in: %s")
							     : N_("the connection cannot be taken over: %s"),
			bilingual_error(cause));
	caller->trouble = cause;
	caller->retry = clock_now() + RETRY_MS;
	return news;
}

/* The process has ended, which can be as it should. */
static enum caller_news
look_after(struct caller *caller)
{
	bool attended = caller->attends;
	int status;

	hang_up(caller);
	if (!child_has_ended(&caller->child, &status))
		return CALLER_NOTHING;
	caller->attends = false;
	if (caller->done && !attended)
		return CALLER_NOTHING;
	bilingual_print(caller->error, sizeof caller->error,
			caller->done ? N_("the process that attends to the command died: %s")
			: caller->options->role == ROLE_SERVER
				? N_("the process that waits for calls died: %s")
				: N_("the process that calls died: %s"),
			WIFSIGNALED(status) ? bilingual_signal(WTERMSIG(status)) : bilingual("unknown cause"));
	if (caller->done)
		return CALLER_ENDED;
	caller->done = true;
	return CALLER_FAILED;
}

/* What a message says. */
static enum caller_news
understand(struct caller *caller, struct message *message, int socket, struct peer *peer)
{
	static const enum caller_news news_of[] = {
		[TROUBLED] = CALLER_TROUBLED, [ANNOUNCED] = CALLER_ANNOUNCED, [UNREACHED] = CALLER_UNREACHED,
		[SAID] = CALLER_SAID, [SHOWN] = CALLER_SAID, [ENDED] = CALLER_ENDED, [FAILED] = CALLER_FAILED};
	const struct call_options *o = caller->options;

	switch (message->kind) {
	case CONNECTED:
		peer_place(peer, o, &message->from);
		if (o->peer != NULL)
			peer_name(peer, o->peer);
		peer->socket = socket;
		caller->done = serves_one(o);
		caller->attends = o->via != NULL;
		caller->ends = 0;
		return CALLER_CONNECTED;
	case REFUSED:
		peer_place(peer, o, &message->from);
		return CALLER_REFUSED;
	case KNOCKED:
		caller->knocked = true;
		break;
	case SAID:
	case SHOWN:
	case ENDED:
		filter_bilingual(message->error, caller->error, sizeof caller->error);
		caller->attends &= message->kind != ENDED;
		return news_of[message->kind];
	case TROUBLED:
	case ANNOUNCED:
	case UNREACHED:
	case FAILED:
		filter_bilingual(message->error, caller->error, sizeof caller->error);
		caller->done = message->kind == FAILED;
		caller->attends = false;
		return news_of[message->kind];
	case READY:
		break;
	}
	return CALLER_NOTHING;
}

enum caller_news
caller_step(struct caller *caller, const struct polls *polls, struct peer *peer)
{
	struct message message;
	int socket;

	if (caller->ends != 0 && clock_until(caller->ends) == 0)
		caller->attends = false;
	if (caller->socket == -1)
		return caller->child.pid == 0 ? CALLER_NOTHING : look_after(caller);
	if (polls_found(polls, caller->slot) == 0)
		return CALLER_NOTHING;
	if (!has_room(caller))
		return retry_later(caller, errno);
	caller->trouble = 0;
	if (receive(caller, &message, &socket))
		return understand(caller, &message, socket, peer);
	if (socket != -1)
		socket_close(socket);
	child_kill(&caller->child); /* if it has not ended, it has said what it does not say */
	return look_after(caller);
}

void
caller_close(struct caller *caller)
{
	hang_up(caller);
	/* It takes the socket away, or ends the command. */
	if (caller->options->path != NULL || caller->options->via != NULL)
		child_finish(&caller->child);
	child_end(&caller->child);
	buffer_free(&caller->early);
}
