#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "call/sounding.h"
#include "trust/answer.h"
#include "trust/bare.h"
#include "trust/known.h"
#include "trust/patience.h"
#include "trust/store.h"
#include "trust/tell.h"

static char known_path[PATH_MAX];
static bool is_known;
static int cause; /* why that cannot be told; or 0 */

void
bare_recall(const struct call_options *call)
{
	struct buffer text;

	if (call->role != ROLE_CLIENT || store_find("known_peers", known_path, sizeof known_path) == -1)
		return;
	cause = known_read(known_path, &text) == -1 ? errno : 0;
	if (cause == 0)
		is_known = known_has_key(&text, call);
	buffer_free(&text);
}

bool
bare_is_known(void)
{
	return is_known;
}

void
bare_introduce(trust_say *say_to, void *context)
{
	const struct trust nobody = {.say = say_to, .context = context};

	if (cause != 0)
		trust_tell(&nobody, VOICE_NOTICE, "cannot look in %s whether that server is known by a key: %s",
			   known_path, store_strerror(cause));
}

static enum trust_state
fail(struct trust *t)
{
	socket_close(t->peer->socket);
	return t->state = TRUST_FAILED;
}

const char *
bare_objection(void)
{
	if (cause != 0)
		return N_("it cannot be told whether its key is known");
	return is_known ? N_("it is known by its key") : NULL;
}

/* It is over, if there is a reason against it, which there may not have been at first: a key was accepted since. */
static void
refuse_known(struct trust *t)
{
	const char *why = t->call->objection;

	if (why == NULL) {
		bare_recall(t->call);
		why = bare_objection();
	}
	if (why == NULL)
		return;
	trust_tell(t, VOICE_ALARM, "%s is announced without encryption, but %s: nothing was sent", t->peer->host,
		   bilingual(why));
	fail(t);
}

void
bare_begin(struct trust *t, const struct trust_options *options, const struct call_options *call, struct peer *peer,
	   bool sounds, trust_say *say_to, void *context)
{
	*t = (struct trust){
		.options = options,
		.call = call,
		.bare = true,
		.state = sounds ? TRUST_AGREEING : TRUST_ASKING,
		.deadline = clock_now() + SOUNDING_MS,
		.peer = peer,
		.say = say_to,
		.context = context,
	};
	if (peer->bare)
		refuse_known(t);
}

void
bare_poll(const struct trust *t, struct polls *polls)
{
	patience_poll(t->peer->socket, t->has_spoken, polls);
	if (t->state == TRUST_AGREEING)
		polls_until(polls, t->deadline);
}

enum trust_state
bare_step(struct trust *t)
{
	enum sounding found;

	if (t->state != TRUST_AGREEING && t->state != TRUST_ASKING)
		return t->state;
	found = sounding_look(t->peer->socket);
	if ((t->busy = found == SOUNDING_BUSY)) {
		trust_tell(t, VOICE_ALARM, "%s is busy, and has heard nothing", t->peer->name);
		return fail(t);
	}
	if (found == SOUNDING_SOMEBODY || clock_until(t->deadline) == 0)
		t->state = TRUST_ASKING;
	if (!patience_is_lost(t->peer->socket, 0, &t->has_spoken))
		return t->state;
	trust_tell(t, VOICE_ALARM, "%s has left", t->peer->name);
	return fail(t);
}

const char *const *
bare_question(const struct trust *t)
{
	static char text[TRUST_TEXT_MAX];
	static const char *rows[5];
	int count = 0;

	bilingual_print(text, sizeof text,
			t->peer->bare
				? N_("%s is announced without encryption: anybody can have answered, and read along")
				: N_("%s is known by its key, but without -t it shows none: anybody can have answered"),
			t->peer->place);
	rows[count++] = text;
	if (*t->remark != '\0')
		rows[count++] = t->remark;
	rows[count++] = t->peer->bare ? bilingual("have the other side wait with -t, and its key is looked at")
				      : bilingual("call with -t, and the key is looked at");
	rows[count++] = t->prompt;
	rows[count] = NULL;
	return rows;
}

void
bare_ask(struct trust *t)
{
	bilingual_print(t->prompt, sizeof t->prompt, "go on without encryption? answer yes or no");
	for (const char *const *row = bare_question(t); *row != NULL; row++)
		trust_tell(t, VOICE_QUESTION, "%s", *row);
}

/* What was typed is no answer, as the remark says. */
static enum trust_state
ask_again(struct trust *t)
{
	if (*t->remark != '\0')
		trust_tell(t, VOICE_QUESTION, "%s", t->remark);
	trust_tell(t, VOICE_QUESTION, "%s", t->prompt);
	return TRUST_ASKING;
}

const char *
bare_secrecy(const struct peer *peer)
{
	return peer->local ? N_("same machine") : N_("not encrypted");
}

const char *const *
bare_rows(const struct peer *peer)
{
	static const char *rows[4];
	int count = 0;

	if (peer->local) {
		rows[count++] = _("Both sides are on this machine, and not encrypted:");
		rows[count++] = _("nobody but its administrator can be in between.");
	} else {
		rows[count++] = _("This conversation is not encrypted:");
		rows[count++] = _("whoever is in between can read and change it.");
#if defined(HAVE_GNUTLS)
		rows[count++] = _("Both sides need -t.");
#endif
	}
	rows[count] = NULL;
	return rows;
}

enum trust_state
bare_answer(struct trust *t, const char *text, size_t length)
{
	char answer[ANSWER_SIZE];
	const char *fault = answer_read(text, length, answer), *rest = fault == NULL ? answer_yes(answer) : NULL;

	if (fault == NULL && answer_is_no(answer)) {
		bare_refuse(t, "");
		return t->state;
	}
	if (rest != NULL && *rest == '\0') {
		trust_tell(t, VOICE_NOTICE,
			   t->peer->bare ? N_("not encrypted: nobody knows who %s is")
					 : N_("not encrypted, though the key of %s is known"), t->peer->place);
		t->secrecy = bare_secrecy(t->peer);
		return t->state = TRUST_DONE;
	}
	answer_remark(answer, fault, t->remark);
	return ask_again(t);
}

void
bare_refuse(struct trust *t, const char *why)
{
	if (t->state == TRUST_ASKING)
		trust_tell(t, VOICE_ALARM, "nothing was sent to %s%s", t->peer->place, why);
	if (t->state == TRUST_ASKING && !t->peer->bare)
		trust_tell(t, VOICE_ALARM,
			   "call with -t, or, if it has no key any more, remove the server's line from %s",
			   known_path);
	fail(t);
}
