#include <config.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/cell.h"
#include "text/filter.h"
#include "call/opening.h"
#include "trust/identity.h"
#include "trust/known.h"
#include "text/name.h"
#include "trust/trust.h"
#include "trust/store.h"
#include "trust/tls.h"

#if !defined(POLLRDHUP)
#define POLLRDHUP 0 /* then it is noticed once the person has answered */
#endif

#define HANDSHAKE_MS 10000
#define PATIENCE_MS 2000 /* of that, while somebody else calls: with who means well it takes a moment */
#define GOODBYE_MAX 32 /* bytes of a record with an alert (RFC 8446, 5.2 and 6) */

static struct identity identity;
static char known_path[PATH_MAX];

static void __attribute__((format(printf, 3, 4)))
say(const struct secure *s, enum voice voice, const char *format, ...)
{
	char text[SECURE_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	s->say(s->context, voice, text);
}

int
secure_open(const struct options *o, char *error, size_t size)
{
	confine_secrets();
	if (tls_open(error, size) == -1 || identity_open(&identity, o->name, error, size) == -1)
		return -1;
	return store_path("known_peers", known_path, sizeof known_path); /* identity_open would have failed */
}

/* Tells of a line that is not understood: somebody may be known, and not be recognized. */
static void
tell_misunderstood(const struct secure *s)
{
	struct buffer text;
	size_t line;

	if (known_read(known_path, &text) == 0 && (line = known_misunderstood(&text)) > 0)
		say(s, VOICE_ALARM, "line %zu of %s is not understood", line, known_path);
	buffer_free(&text);
}

void
secure_introduce(const struct options *options, secure_say *say_to, void *context)
{
	const struct secure nobody = {.say = say_to, .context = context};

	if (identity.made)
		say(&nobody, VOICE_NOTICE, "made a key: its fingerprint is %s", identity.fingerprint);
	if (options->pin_count == 0)
		tell_misunderstood(&nobody);
}

const char *
secure_fingerprint(void)
{
	return identity.fingerprint;
}

void
secure_close(void)
{
	identity_close(&identity);
}

/* The end without a conversation; what there is to say has been said. */
static enum secure_state
fail(struct secure *s)
{
	char sink[4096];

	tls_free(s->peer->tls);
	s->peer->tls = NULL;
	shutdown(s->peer->socket, SHUT_WR);
	/* What is unread would make close(2) reset the connection, and that can overtake an alert. */
	for (int rounds = 16; rounds > 0; rounds--)
		if (recv(s->peer->socket, sink, sizeof sink, MSG_DONTWAIT) <= 0)
			break;
	close(s->peer->socket);
	return s->state = SECURE_FAILED;
}

/* The conversation can begin, with a peer that is called so. */
static enum secure_state
succeed(struct secure *s, const char *secrecy, const char *name)
{
	s->peer->secrecy = secrecy;
	if (name != NULL) {
		filter_string(name, s->peer->host, sizeof s->peer->host);
		*s->peer->port = '\0';
	}
	return s->state = SECURE_DONE;
}

void
secure_begin(struct secure *s, const struct options *options, struct dial *dial, struct peer *peer,
	     secure_say *say_to, void *context)
{
	*s = (struct secure){
		.options = options,
		.state = SECURE_AGREEING,
		.peer = peer,
		.dial = dial,
		.patience = clock_now() + PATIENCE_MS,
		.deadline = clock_now() + HANDSHAKE_MS,
		.say = say_to,
		.context = context,
	};
	peer->tls = tls_new(&identity, options->role == ROLE_SERVER,
			    options->anonymous ? TLS_KEY_WANTED : TLS_KEY_REQUIRED, peer->socket);
}

/* Reads what is known.  False if that cannot be, as was said: then nobody can be told from anybody. */
static bool
read_known(const struct secure *s, struct buffer *text)
{
	if (known_read(known_path, text) == 0)
		return true;
	say(s, VOICE_ALARM, "cannot use %s: %s", known_path,
	    errno == EPERM ? "it is not one's own, or others can write to it" : strerror(errno));
	buffer_free(text);
	return false;
}

/* Whether a caller is known by that name, or it cannot be told. */
static bool
is_taken(const struct secure *s, const char *name)
{
	struct buffer text;
	bool taken;

	if (!read_known(s, &text))
		return true;
	taken = known_name(&text, name);
	buffer_free(&text);
	return taken;
}

/* Why no caller can have that name, as name_fault says it; NULL: one can. */
static const char *
fault_of(const struct secure *s, const char *name)
{
	const char *own = s->options->name;

	return own != NULL && name_is_alike(name, own) ? "is your own" : name_fault(name);
}

/* The second line of the question, where the caller would be known by this name. */
static void
repeat_question(const struct secure *s, const char *name)
{
	const char *fault;

	if (s->options->role == ROLE_CLIENT)
		say(s, VOICE_QUESTION, "is it the right one? answer yes or no");
	else if (*name == '\0')
		say(s, VOICE_QUESTION, "let it in? answer yes and a name to know it by, or no");
	else if ((fault = fault_of(s, name)) != NULL)
		say(s, VOICE_QUESTION, "a name that %s will not do: answer yes and another name, or no", fault);
	else if (is_taken(s, name))
		say(s, VOICE_QUESTION,
		    "\"%s\" is known already, with another key: answer yes and another name, or no", name);
	else
		say(s, VOICE_QUESTION, "let it in? answer yes, or yes and a name to know it by, or no");
}

void
secure_show(const struct secure *s)
{
	const char *name = tls_peer_name(s->peer->tls);

	tell_misunderstood(s);
	if (s->options->role == ROLE_CLIENT)
		say(s, VOICE_QUESTION, "the key of %s is not known yet: %s", s->peer->name, s->fingerprint);
	else
		say(s, VOICE_QUESTION,
		    *name != '\0' ? "the caller's key is not known yet: %s, it calls itself \"%s\""
				  : "the caller's key is not known yet: %s, it has no name%s",
		    s->fingerprint, name);
}

void
secure_ask(const struct secure *s)
{
	secure_show(s);
	repeat_question(s, tls_peer_name(s->peer->tls));
}

/* The server at this host and port had another key the last time. */
static enum secure_state
refuse_changed(struct secure *s, const char *other)
{
	say(s, VOICE_ALARM, "THE KEY OF %s HAS CHANGED: somebody may be in between", s->peer->name);
	say(s, VOICE_ALARM, "known:    %s", other);
	say(s, VOICE_ALARM, "received: %s", s->fingerprint);
	say(s, VOICE_ALARM, "if it was changed on purpose, remove the server's line from %s and call again",
	    known_path);
	tls_refuse(s->peer->tls);
	return fail(s);
}

/* Only those keys are accepted that were named on the command line. */
static enum secure_state
check_pins(struct secure *s)
{
	for (int i = 0; i < s->options->pin_count; i++) {
		if (strcmp(s->options->pins[i], s->fingerprint) != 0)
			continue;
		say(s, VOICE_NOTICE, "encrypted: the key of %s is pinned", s->peer->name);
		return succeed(s, "encrypted", NULL);
	}
	say(s, VOICE_ALARM, "the key of %s is not one of those pinned: %s", s->peer->name, s->fingerprint);
	tls_refuse(s->peer->tls);
	return fail(s);
}

/* Whether the caller is somebody known. */
static enum secure_state
judge_caller(struct secure *s, const struct buffer *text)
{
	char name[KNOWN_NAME_MAX];

	if (!known_caller(text, s->fingerprint, name))
		return s->state = SECURE_ASKING;
	say(s, VOICE_NOTICE, "encrypted: the caller is %s", name);
	return succeed(s, "encrypted", name);
}

/* Whether the server is the one that answered there before. */
static enum secure_state
judge_server(struct secure *s, const struct buffer *text)
{
	char other[FINGERPRINT_SIZE];

	switch (known_server(text, s->options->host, s->options->port, s->fingerprint, other)) {
	case SERVER_SAME:
		say(s, VOICE_NOTICE, "encrypted: the key of %s is known", s->peer->name);
		return succeed(s, "encrypted", NULL);
	case SERVER_CHANGED:
		return refuse_changed(s, other);
	case SERVER_NEW:
		break;
	}
	return s->state = SECURE_ASKING;
}

/* The handshake is done: who is there? */
static enum secure_state
judge(struct secure *s)
{
	struct buffer text;
	enum secure_state state;

	if (!tls_peer(s->peer->tls, s->fingerprint)) {
		say(s, VOICE_NOTICE, "encrypted, but %s is unknown: it has shown no key", s->peer->name);
		return succeed(s, "encrypted, unknown", NULL);
	}
	if (s->options->pin_count > 0)
		return check_pins(s);
	if (!read_known(s, &text)) {
		tls_refuse(s->peer->tls);
		return fail(s);
	}
	state = s->options->role == ROLE_SERVER ? judge_caller(s, &text) : judge_server(s, &text);
	buffer_free(&text);
	return state;
}

/* What to wait for from the peer itself. */
static struct pollfd
poll_peer(const struct secure *s)
{
	if (s->state == SECURE_ASKING) /* the peer may lose patience */
		return (struct pollfd){.fd = s->peer->socket, .events = s->spoken ? 0 : POLLRDHUP};
	return (struct pollfd){.fd = s->peer->socket, .events = tls_events(s->peer->tls)};
}

/* Whether others who call have to wait. */
static bool
keeps_waiting(const struct secure *s)
{
	return s->state == SECURE_AGREEING && clock_until(s->patience) > 0;
}

nfds_t
secure_poll(const struct secure *s, struct pollfd fds[SECURE_FDS], int *timeout)
{
	fds[0] = poll_peer(s);
	if (keeps_waiting(s)) {
		*timeout = clock_sooner(*timeout, clock_until(s->patience));
		return 1;
	}
	if (s->state == SECURE_AGREEING)
		*timeout = clock_sooner(*timeout, clock_until(s->deadline));
	return 1 + dial_poll(s->dial, fds + 1, timeout);
}

/*
 * While the person thinks: whether the peer is still there.  One that has said something before it left
 * is still let in, to be heard.
 */
static enum secure_state
watch(struct secure *s)
{
	struct pollfd fd = poll_peer(s);
	struct peer other;
	int unread = 0;

	if (dial_refuse(s->dial, &other))
		say(s, VOICE_NOTICE, DIAL_BUSY, other.name);
	if (poll(&fd, 1, 0) <= 0 || fd.revents == 0)
		return SECURE_ASKING;
	s->spoken = (fd.revents & (POLLERR | POLLHUP)) == 0 && ioctl(s->peer->socket, FIONREAD, &unread) == 0 &&
		    unread > GOODBYE_MAX;
	if (s->spoken)
		return SECURE_ASKING;
	say(s, VOICE_ALARM, "%s has left", s->peer->name);
	return fail(s);
}

/* The peer takes its time, and somebody else is there, who may mean it better. */
static enum secure_state
give_way(struct secure *s)
{
	say(s, VOICE_ALARM, "cannot agree on encryption with %s: it took more than %d seconds, and others call",
	    s->peer->name, PATIENCE_MS / 1000);
	return fail(s);
}

enum secure_state
secure_step(struct secure *s)
{
	if (s->state == SECURE_ASKING)
		return watch(s);
	if (s->state != SECURE_AGREEING)
		return s->state;
	switch (tls_handshake(s->peer->tls)) {
	case TLS_READY:
		return judge(s);
	case TLS_FAILED:
		if (tls_lacks_key(s->peer->tls))
			say(s, VOICE_ALARM, "%s has shown no key", s->peer->name);
		else
			say(s, VOICE_ALARM, "cannot agree on encryption with %s: %s", s->peer->name,
			    tls_error(s->peer->tls));
		return fail(s);
	case TLS_PENDING:
		break;
	}
	if (!keeps_waiting(s) && dial_is_called(s->dial))
		return give_way(s);
	if (clock_until(s->deadline) > 0)
		return SECURE_AGREEING;
	say(s, VOICE_ALARM, "cannot agree on encryption with %s: it took more than %d seconds", s->peer->name,
	    HANDSHAKE_MS / 1000);
	if (s->options->role == ROLE_SERVER && tls_is_silent(s->peer->tls))
		(void)send(s->peer->socket, hello_wanted, strlen(hello_wanted), MSG_DONTWAIT | MSG_NOSIGNAL);
	return fail(s);
}

/* The person has said yes to what another tchat has learned something else about in the meantime. */
static enum secure_state
judge_again(struct secure *s, const char *name)
{
	if (judge(s) == SECURE_ASKING)
		repeat_question(s, name);
	return s->state;
}

/* The person has said yes. */
static enum secure_state
accept_key(struct secure *s, const char *name)
{
	const struct options *o = s->options;
	bool server = o->role == ROLE_SERVER;
	struct known known = {.kind = server ? KNOWN_CALLER : KNOWN_SERVER, .port = o->port};

	if (!server)
		name = o->host;
	strlcpy(known.fingerprint, s->fingerprint, sizeof known.fingerprint);
	strlcpy(known.name, name, sizeof known.name);
	if (known_add(known_path, &known) == 0)
		say(s, VOICE_NOTICE,
		    server ? "encrypted: the caller is known as %s from now on"
			   : "encrypted: the key of %s is known from now on",
		    server ? known.name : s->peer->name);
	else if (errno == EEXIST) /* since the question was asked */
		return judge_again(s, name);
	else
		say(s, VOICE_ALARM, "cannot remember the key: %s", strerror(errno));
	return succeed(s, "encrypted, new key", server ? known.name : NULL);
}

/* The name in an answer of yes and a name; what the caller calls itself, after yes alone; or NULL. */
static const char *
name_in(const struct secure *s, const char *answer)
{
	const char *name = answer + 3;

	if (strncasecmp(answer, "yes", 3) != 0 || (*name != '\0' && *name != ' '))
		return NULL;
	for (const char *c = name; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c)) /* several lines were pasted, for example */
			return NULL;
	name += strspn(name, " ");
	return *name != '\0' ? name : tls_peer_name(s->peer->tls);
}

/* Cuts blanks and ends of lines off both ends of what was typed. */
static struct span
trim(struct span typed)
{
	while (typed.length > 0 && isspace((unsigned char)*typed.text))
		typed = (struct span){typed.text + 1, typed.length - 1};
	while (typed.length > 0 && isspace((unsigned char)typed.text[typed.length - 1]))
		typed.length--;
	return typed;
}

/* What was typed is no answer.  It is shown once more, as it is not in the input line any more. */
static enum secure_state
reject_answer(const struct secure *s, const char *answer)
{
	if (*answer != '\0')
		say(s, VOICE_QUESTION, "\"%s\" is no answer", answer);
	repeat_question(s, tls_peer_name(s->peer->tls));
	return SECURE_ASKING;
}

enum secure_state
secure_answer(struct secure *s, const char *text, size_t length)
{
	struct span typed = trim((struct span){text, length});
	char answer[KNOWN_NAME_MAX] = "";
	const char *name;

	if (typed.length < sizeof answer)
		memcpy(answer, typed.text, typed.length);
	else
		say(s, VOICE_QUESTION, "that is no answer: it is too long");
	if (strcasecmp(answer, "no") == 0) {
		secure_refuse(s, "");
		return s->state;
	}
	if (s->options->role == ROLE_CLIENT && strcasecmp(answer, "yes") == 0)
		return accept_key(s, NULL);
	if (s->options->role == ROLE_CLIENT || (name = name_in(s, answer)) == NULL)
		return reject_answer(s, answer);
	if (fault_of(s, name) == NULL && !is_taken(s, name))
		return accept_key(s, name);
	repeat_question(s, name);
	return SECURE_ASKING;
}

const char *const *
secure_rows(const struct peer *peer)
{
	static char how[128], own[128], other[PEER_NAME_MAX + 128];
	static const char *const plain[] = {
		"This conversation is not encrypted:", "whoever is in between can read and change it.",
		"Both sides need -t.", NULL};
	static const char *const nobody[] = {"Nobody is there.", NULL};
	static const char *const rows[] = {how, own, other, NULL};
	char fingerprint[FINGERPRINT_SIZE];

	if (peer == NULL)
		return nobody;
	if (peer->tls == NULL)
		return plain;
	tls_describe(peer->tls, how, sizeof how);
	snprintf(own, sizeof own, "here   %s", identity.fingerprint);
	snprintf(other, sizeof other, "there  %s",
		 tls_peer(peer->tls, fingerprint) ? fingerprint : "unknown: it has shown no key");
	return rows;
}

void
secure_refuse(struct secure *s, const char *why)
{
	if (s->state == SECURE_ASKING)
		say(s, VOICE_ALARM, "the key was not accepted%s", why);
	tls_refuse(s->peer->tls);
	fail(s);
}
