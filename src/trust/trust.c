#include <config.h>

#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/descriptor.h"
#include "text/digit.h"
#include "text/filter.h"
#include "call/opening.h"
#include "trust/answer.h"
#include "trust/bare.h"
#include "trust/keeper.h"
#include "trust/known.h"
#include "trust/patience.h"
#include "text/name.h"
#include "trust/store.h"
#include "trust/tell.h"
#include "trust/tls.h"
#include "trust/trust.h"

#define HANDSHAKE_MS 10000
#define GOODBYE_MAX 32 /* bytes of a record with an alert (RFC 8446, 5.2 and 6) */

static struct keeper keeper = {.socket = -1};
static char known_path[PATH_MAX];

int
trust_open(const struct trust_options *o, enum role role, char *error, size_t size)
{
	confine_secrets();
	if (tls_open(error, size) == -1 || keeper_start(&keeper, o->name, role, error, size) == -1)
		return -1;
	if (store_path("known_peers", known_path, sizeof known_path) == 0)
		return 0;
	bilingual_print(error, size, "cannot keep keys in %s: %s", known_path, store_strerror(errno));
	keeper_close(&keeper);
	return -1;
}

/* Tells of a line that is not understood: somebody may be known, and not be recognized. */
static void
tell_misunderstood(const struct trust *t)
{
	struct buffer text;
	size_t line;

	if (known_read(known_path, &text) == 0 && (line = known_misunderstood(&text)) > 0)
		trust_tell(t, VOICE_ALARM, "line %zu of %s is not understood", line, known_path);
	buffer_free(&text);
}

void
trust_introduce(const struct trust_options *options, trust_say *say_to, void *context)
{
	const struct trust nobody = {.say = say_to, .context = context};

	if (keeper.made)
		trust_tell(&nobody, VOICE_NOTICE, "made a key: its fingerprint is %s", keeper.fingerprint);
	if (options->pin_count == 0)
		tell_misunderstood(&nobody);
}

const char *
trust_fingerprint(void)
{
	return keeper.fingerprint;
}

void
trust_poll_key(struct polls *polls)
{
	keeper_poll(&keeper, polls);
}

bool
trust_step_key(const struct polls *polls, char *text, size_t size)
{
	return keeper_step(&keeper, polls, text, size);
}

void
trust_forget(void)
{
	keeper_forget(&keeper);
}

void
trust_close(void)
{
	keeper_close(&keeper);
}

/* The end without a conversation; what there is to say has been said. */
static enum trust_state
fail(struct trust *t)
{
	tls_free(t->tls);
	t->tls = NULL;
	socket_part(t->peer->socket);
	return t->state = TRUST_FAILED;
}

/* The conversation can begin, with a peer that is called so, unless the person calls it otherwise. */
static enum trust_state
succeed(struct trust *t, const char *secrecy, const char *name)
{
	t->secrecy = secrecy;
	if (name != NULL && *name != '\0' && t->call->peer == NULL)
		peer_name(t->peer, name);
	return t->state = TRUST_DONE;
}

void
trust_begin(struct trust *t, const struct trust_options *options, const struct call_options *call, struct peer *peer,
	    trust_say *say_to, trust_fault *besides, void *context)
{
	*t = (struct trust){
		.options = options,
		.call = call,
		.state = TRUST_AGREEING,
		.peer = peer,
		.deadline = clock_now() + HANDSHAKE_MS,
		.say = say_to,
		.besides = besides,
		.context = context,
	};
	t->tls = tls_new(&keeper, call->role == ROLE_SERVER,
			 options->anonymous ? TLS_KEY_WANTED : TLS_KEY_REQUIRED, peer->socket);
}

/* Reads what is known.  False if that cannot be, as was said: then nobody can be told from anybody. */
static bool
read_known(const struct trust *t, struct buffer *text)
{
	if (known_read(known_path, text) == 0)
		return true;
	trust_tell(t, VOICE_ALARM, "cannot use %s: %s", known_path, store_strerror(errno));
	buffer_free(text);
	return false;
}

/* Whether another key is known by that name, or it cannot be told. */
static bool
is_taken(const struct trust *t, const char *name)
{
	struct buffer text;
	bool taken;

	if (!read_known(t, &text))
		return true;
	taken = known_is_taken(&text, name, t->fingerprint);
	buffer_free(&text);
	return taken;
}

/* Why nobody else can have that name, as name_fault says it; NULL: one can. */
static const char *
fault_of(const struct trust *t, const char *name)
{
	const char *own = t->options->name, *fault;

	if (own != NULL && name_is_alike(name, own))
		return N_("is your own");
	if (digit_count(name) >= NAME_DIGITS)
		return N_("has ten digits or more");
	if ((fault = name_fault(name)) != NULL || t->besides == NULL)
		return fault;
	return t->besides(t->context, name);
}

/* What can be answered, where the caller would be known by this name. */
static void
choose_prompt(struct trust *t, const char *name)
{
	const size_t size = sizeof t->prompt;
	const char *fault;

	if (t->call->role == ROLE_CLIENT)
		bilingual_print(t->prompt, size, "is it the right one? answer yes or no");
	else if (*name == '\0')
		bilingual_print(t->prompt, size, "let it in? answer yes and a name to know it by, or no");
	else if ((fault = fault_of(t, name)) != NULL)
		bilingual_print(t->prompt, size, "a name that %s will not do: answer yes and another name, or no",
				bilingual(fault));
	else if (is_taken(t, name))
		bilingual_print(t->prompt, size,
				"\"%s\" is known already, with another key: answer yes and another name, or no", name);
	else
		bilingual_print(t->prompt, size, "let it in? answer yes, or yes and a name to know it by, or no");
}

/* Asks once more, where the caller would be known by this name; a remark (answer_remark) on the last comes first. */
static void
repeat_question(struct trust *t, const char *name, const char *remark)
{
	strlcpy(t->remark, remark, sizeof t->remark);
	choose_prompt(t, name);
	if (*t->remark != '\0')
		trust_tell(t, VOICE_QUESTION, "%s", t->remark);
	trust_tell(t, VOICE_QUESTION, "%s", t->prompt);
}

void
trust_show(const struct trust *t)
{
	if (!t->bare)
		tell_misunderstood(t);
	trust_tell(t, VOICE_QUESTION, "%s", trust_question(t)[0]);
}

void
trust_ask(struct trust *t)
{
	const char *const *row;

	if (t->bare) {
		bare_ask(t);
		return;
	}
	trust_show(t);
	choose_prompt(t, tls_peer_name(t->tls));
	for (row = trust_question(t) + 1; *row != NULL; row++)
		trust_tell(t, VOICE_QUESTION, "%s", *row);
}

/* The server at this host and port had another key the last time. */
static enum trust_state
refuse_changed(struct trust *t, const char *other)
{
	trust_tell(t, VOICE_ALARM, "THE KEY OF %s HAS CHANGED: somebody may be in between", t->peer->place);
	/* TRANSLATORS: the fingerprints stand one below the other. */
	trust_tell(t, VOICE_ALARM, "known:    %s", other);
	trust_tell(t, VOICE_ALARM, "received: %s", t->fingerprint);
	trust_tell(t, VOICE_ALARM, t->call->nearby != NULL
		   ? N_("if it was changed on purpose, remove the lines of the known one from %s and call again")
		   : N_("if it was changed on purpose, remove the server's line from %s and call again"), known_path);
	tls_refuse(t->tls);
	return fail(t);
}

/*
 * Finds out what the key is called: as it is known, or as whoever has it says, if that will do; nothing where another
 * key has that name.
 */
static void
find_name(struct trust *t, const struct buffer *text)
{
	char name[KNOWN_NAME_MAX] = "";

	t->named = known_name(text, t->fingerprint, name);
	if (!t->named && fault_of(t, tls_peer_name(t->tls)) == NULL)
		strlcpy(name, tls_peer_name(t->tls), sizeof name);
	if (known_is_taken(text, name, t->fingerprint))
		*name = '\0';
	strlcpy(t->name, name, sizeof t->name);
}

/* The same of a key that was named on the command line.  Of several, each could say that it is the other. */
static void
find_name_of_pinned(struct trust *t)
{
	struct buffer text;

	if (known_read(known_path, &text) == 0)
		find_name(t, &text);
	if (!t->named && t->options->pin_count > 1)
		*t->name = '\0';
	buffer_free(&text);
}

/* Only those keys are accepted that were named on the command line. */
static enum trust_state
check_pins(struct trust *t)
{
	for (int i = 0; i < t->options->pin_count; i++) {
		if (strcmp(t->options->pins[i], t->fingerprint) != 0)
			continue;
		trust_tell(t, VOICE_NOTICE, "encrypted: the key of %s is pinned", trust_whom(t));
		find_name_of_pinned(t);
		t->vouched = t->named;
		return succeed(t, N_("encrypted"), t->name);
	}
	trust_tell(t, VOICE_ALARM, "the key of %s is not one of those pinned: %s", trust_whom(t), t->fingerprint);
	tls_refuse(t->tls);
	return fail(t);
}

/* Whether the caller is somebody known. */
static enum trust_state
judge_caller(struct trust *t, const struct buffer *text)
{
	char name[KNOWN_NAME_MAX];

	if (!known_caller(text, t->fingerprint, name))
		return t->state = TRUST_ASKING;
	trust_tell(t, VOICE_NOTICE, "encrypted: the caller is %s", name);
	t->vouched = true;
	return succeed(t, N_("encrypted"), name);
}

/* From now on the key, which is known, goes by the name that the server gives itself. */
static void
remember_name(struct trust *t)
{
	struct known known = {.kind = KNOWN_NAME};

	if (t->named || *t->name == '\0')
		return;
	strlcpy(known.fingerprint, t->fingerprint, sizeof known.fingerprint);
	strlcpy(known.name, t->name, sizeof known.name);
	if (known_add(known_path, &known) == 0)
		trust_tell(t, VOICE_NOTICE, "%s is known as %s from now on", t->peer->place, known.name);
	else if (errno != EEXIST)
		trust_tell(t, VOICE_NOTICE, "cannot remember the name: %s", bilingual_error(errno));
	else /* since it was looked at */
		*known.name = '\0';
	strlcpy(t->name, known.name, sizeof t->name);
}

/* Whether a text has letters besides those of ASCII. */
static bool
is_international(const char *text)
{
	while (*text != '\0' && (*text & 0x80) == 0)
		text++;
	return *text != '\0';
}

/* Whether a host is an address, in which signs count. */
static bool
is_address(const char *host)
{
	return host[strspn(host, "0123456789.")] == '\0' || strchr(host, ':') != NULL;
}

/* Says what there is to mind about the name by which a server is called for the first time, if it is one. */
static void
mind_name(struct trust *t, const struct buffer *text)
{
	const char *host = t->call->host, *name = host != NULL ? host : t->call->nearby;
	const char *fault = name != NULL && strlen(name) < NAME_SIZE && is_international(name) ? name_fault(name) : NULL;
	char known[KNOWN_NAME_MAX], other[KNOWN_NAME_MAX];

	*t->warning = '\0';
	if (host != NULL && !is_address(host) && known_looks_like(text, host, known)) {
		filter_string(known, other, sizeof other);
		bilingual_print(t->warning, sizeof t->warning, "mind the name: it looks like %s, whose key is known",
				other);
	} else if (host == NULL && name != NULL && known_is_taken(text, name, t->fingerprint)) {
		bilingual_print(t->warning, sizeof t->warning, "mind the name: another key is known by it");
	} else if (fault != NULL) {
		bilingual_print(t->warning, sizeof t->warning, "mind the name: it %s", bilingual(fault));
	}
}

/* Whether the server is the one that answered there before. */
static enum trust_state
judge_server(struct trust *t, const struct buffer *text)
{
	char other[FINGERPRINT_SIZE];

	find_name(t, text);
	switch (known_callee(text, t->call, t->fingerprint, other)) {
	case SERVER_SAME:
		trust_tell(t, VOICE_NOTICE, "encrypted: the key of %s is known", t->peer->place);
		remember_name(t);
		return succeed(t, N_("encrypted"), t->name);
	case SERVER_CHANGED:
		return refuse_changed(t, other);
	case SERVER_NEW:
		mind_name(t, text);
		break;
	}
	return t->state = TRUST_ASKING;
}

/* The handshake is done: who is there? */
static enum trust_state
judge(struct trust *t)
{
	struct buffer text;
	enum trust_state state;

	if (!tls_peer(t->tls, t->fingerprint)) {
		trust_tell(t, VOICE_NOTICE, "encrypted, but %s is unknown: it has shown no key", t->peer->name);
		return succeed(t, N_("encrypted, unknown"), NULL);
	}
	if (t->options->pin_count > 0)
		return check_pins(t);
	if (!read_known(t, &text)) {
		tls_refuse(t->tls);
		return fail(t);
	}
	state = t->call->role == ROLE_SERVER ? judge_caller(t, &text) : judge_server(t, &text);
	buffer_free(&text);
	return state;
}

void
trust_poll(const struct trust *t, struct polls *polls)
{
	if (t->bare) {
		bare_poll(t, polls);
		return;
	}
	if (t->state == TRUST_ASKING) {
		patience_poll(t->peer->socket, t->has_spoken, polls);
		return;
	}
	(void)polls_add(polls, t->peer->socket, tls_events(t->tls));
	polls_until(polls, t->deadline);
}

/* While the person thinks: whether the peer is still there. */
static enum trust_state
watch(struct trust *t)
{
	if (!patience_is_lost(t->peer->socket, GOODBYE_MAX, &t->has_spoken))
		return TRUST_ASKING;
	trust_tell(t, VOICE_ALARM, "%s has left", t->peer->name);
	return fail(t);
}

/* What ails a peer most likely that has not agreed in time, for the end of a sentence. */
static const char *
likely_cause(const struct trust *t)
{
	return tls_heard_nothing(t->tls) ? bilingual("; it most likely does not encrypt: it needs -t") : "";
}

void
trust_give_way(struct trust *t, int taken)
{
	trust_tell(t, VOICE_ALARM,
		   "cannot agree on encryption with %s: it took more than %d seconds, and others call%s",
		   t->peer->name, taken / 1000, likely_cause(t));
	fail(t);
}

enum trust_state
trust_step(struct trust *t)
{
	if (t->bare)
		return bare_step(t);
	if (t->state == TRUST_ASKING)
		return watch(t);
	if (t->state != TRUST_AGREEING)
		return t->state;
	switch (tls_handshake(t->tls)) {
	case TLS_READY:
		return judge(t);
	case TLS_FAILED:
		t->busy = tls_is_busy(t->tls);
		if (t->busy)
			trust_tell(t, VOICE_ALARM, "%s is busy, and has heard nothing", t->peer->name);
		else if (tls_lacks_key(t->tls))
			trust_tell(t, VOICE_ALARM, "%s has shown no key", t->peer->name);
		else
			trust_tell(t, VOICE_ALARM, "cannot agree on encryption with %s: %s", trust_whom(t),
				   tls_error(t->tls));
		return fail(t);
	case TLS_PENDING:
		break;
	}
	if (clock_until(t->deadline) > 0)
		return TRUST_AGREEING;
	trust_tell(t, VOICE_ALARM, "cannot agree on encryption with %s: it took more than %d seconds%s", trust_whom(t),
		   HANDSHAKE_MS / 1000, likely_cause(t));
	if (t->call->role == ROLE_SERVER && tls_heard_nothing(t->tls))
		(void)send(t->peer->socket, opening_wanted, strlen(opening_wanted), MSG_DONTWAIT | MSG_NOSIGNAL);
	return fail(t);
}

/* The person has accepted a key, but another tchat has just remembered another one of that name, or that server. */
static enum trust_state
judge_again(struct trust *t, const char *name)
{
	if (judge(t) == TRUST_ASKING)
		repeat_question(t, name, "");
	return t->state;
}

/* The person has said yes. */
static enum trust_state
accept_key(struct trust *t, const char *name)
{
	bool server = t->call->role == ROLE_SERVER;
	struct known known = {.kind = server ? KNOWN_CALLER : KNOWN_SERVER};
	char host[CALL_PLACE_MAX];

	if (!server)
		call_key_place(t->call, host, &known.port);
	strlcpy(known.fingerprint, t->fingerprint, sizeof known.fingerprint);
	strlcpy(known.name, server ? name : host, sizeof known.name);
	if (known_add(known_path, &known) == 0) {
		trust_tell(t, VOICE_NOTICE,
			   server ? N_("encrypted: the caller is known as %s from now on")
				  : N_("encrypted: the key of %s is known from now on"),
			   server ? known.name : t->peer->place);
		if (!server)
			remember_name(t);
	} else if (errno == EEXIST) { /* since the question was asked */
		return judge_again(t, name);
	} else {
		trust_tell(t, VOICE_ALARM, "cannot remember the key: %s", bilingual_error(errno));
	}
	t->vouched = server;
	return succeed(t, N_("encrypted, new key"), server ? known.name : t->name);
}

/* The name in an answer of yes and a name; what the caller calls itself, after yes alone; or NULL. */
static const char *
name_in(const struct trust *t, const char *answer)
{
	const char *name = answer_yes(answer);

	if (name == NULL)
		return NULL;
	for (const char *c = name; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c)) /* several lines were pasted, for example */
			return NULL;
	return *name != '\0' ? name : tls_peer_name(t->tls);
}

/* The fingerprint in an answer, which may be all of it, or what a caller is to be called; or NULL. */
static const char *
fingerprint_in(const char *answer)
{
	const char *rest = answer_yes(answer), *word = rest != NULL ? rest : answer;

	return fingerprint_is_valid(word) ? word : NULL;
}

/* Accepts the key, under this name where it is a caller's; where nobody can have that, asks again, with a remark. */
static enum trust_state
accept_as(struct trust *t, const char *name, const char *remark)
{
	if (t->call->role == ROLE_CLIENT || (fault_of(t, name) == NULL && !is_taken(t, name)))
		return accept_key(t, name);
	repeat_question(t, name, remark);
	return TRUST_ASKING;
}

/* Compares a fingerprint that was pasted for an answer: the person has it from the other one. */
static enum trust_state
compare(struct trust *t, const char *fingerprint)
{
	const char *name = tls_peer_name(t->tls);

	if (strcmp(fingerprint, t->fingerprint) == 0)
		return accept_as(t, name, "");
	if (strcmp(fingerprint, keeper.fingerprint) == 0) {
		repeat_question(t, name, bilingual("that is the fingerprint of your own key"));
		return TRUST_ASKING;
	}
	trust_tell(t, VOICE_ALARM, "THAT IS NOT THE FINGERPRINT OF THIS KEY: somebody may be in between");
	/* TRANSLATORS: the fingerprints stand one below the other. */
	trust_tell(t, VOICE_ALARM, "answered: %s", fingerprint);
	trust_tell(t, VOICE_ALARM, "received: %s", t->fingerprint);
	trust_refuse(t, "");
	return t->state;
}

/* What was typed is no answer, or could not be read for its fault. */
static enum trust_state
reject(struct trust *t, const char *answer, const char *fault)
{
	char remark[ANSWER_REMARK];

	answer_remark(answer, fault, remark);
	repeat_question(t, tls_peer_name(t->tls), remark);
	return TRUST_ASKING;
}

enum trust_state
trust_answer(struct trust *t, const char *text, size_t length)
{
	char answer[ANSWER_SIZE], remark[ANSWER_REMARK];
	const char *name, *fingerprint, *fault, *rest;

	if (t->bare)
		return bare_answer(t, text, length);
	if ((fault = answer_read(text, length, answer)) != NULL)
		return reject(t, answer, fault);
	if (answer_is_no(answer)) {
		trust_refuse(t, "");
		return t->state;
	}
	if ((fingerprint = fingerprint_in(answer)) != NULL)
		return compare(t, fingerprint);
	if (t->call->role == ROLE_CLIENT && (rest = answer_yes(answer)) != NULL && *rest == '\0')
		return accept_key(t, tls_peer_name(t->tls));
	if (t->call->role == ROLE_CLIENT || (name = name_in(t, answer)) == NULL)
		return reject(t, answer, NULL);
	answer_remark(answer, NULL, remark);
	return accept_as(t, name, remark);
}

void
trust_refuse(struct trust *t, const char *why)
{
	if (t->bare) {
		bare_refuse(t, why);
		return;
	}
	if (t->state == TRUST_ASKING)
		trust_tell(t, VOICE_ALARM, "the key was not accepted%s", why);
	tls_refuse(t->tls);
	fail(t);
}
