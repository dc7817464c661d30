#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bilingual.h"
#include "screen/status.h"

static const char *
describe_question(enum status_question question)
{
	switch (question) {
	case STATUS_NOT_ASKED:
	case STATUS_WAITS:
		break;
	case STATUS_ASKED:
		/*
		 * TRANSLATORS: This and what follows stands in the status bar, side by side in one row, of perhaps 40
		 * columns.  What has no room there is left out as a whole: the shorter it is, the more of it is seen.
		 */
		return _("yes or no?");
	case STATUS_HIDDEN:
		/* TRANSLATORS: What is behind ", " stands there by itself where there is no room for all of it. */
		return _("question hidden, no room");
	}
	return _("agreeing on encryption");
}

/* ... of somebody who is going, or of all, as the person leaves. */
static void
describe_closing(const struct talk *talk, bool can_leave, struct bar *bar)
{
	size_t undelivered = talk_count_undelivered(talk);

	if (undelivered == 0) {
		strlcpy(bar->state, _("hanging up"), sizeof bar->state);
		return;
	}
	snprintf(bar->state, sizeof bar->state,
		 ngettext("waiting to deliver %zu line", "waiting to deliver %zu lines", undelivered), undelivered);
	strlcpy(bar->detail, can_leave ? _("Ctrl-D gives up") : "", sizeof bar->detail);
}

/* What the status bar says of somebody who is there, or was. */
static void
describe_view(const struct talk *talk, const struct talk_view *view, enum status_question question, bool can_leave,
	      struct bar *bar)
{
	struct tm tm;

	strlcpy(bar->name, view->name, sizeof bar->name);
	switch (view->state) {
	case PARTY_MET:
	case PARTY_AGREEING:
	case PARTY_ASKED:
		strlcpy(bar->state, describe_question(question), sizeof bar->state);
		strlcpy(bar->act, _("F8 hangs up"), sizeof bar->act);
		break;
	case PARTY_TALKING:
		if (view->arrears > 0)
			snprintf(bar->again, sizeof bar->again,
				 ngettext("F6 sends %zu line again", "F6 sends %zu lines again", view->arrears),
				 view->arrears);
		if (view->stalled) {
			strlcpy(bar->state, view->unanswered ? _("no answer") : _("does not read"), sizeof bar->state);
			snprintf(bar->detail, sizeof bar->detail, _("%zu KiB queued"), view->queued / 1024 + 1);
		} else {
			strlcpy(bar->state, _(view->secrecy), sizeof bar->state);
			strlcpy(bar->act, view->silent ? _("F8 hangs up") : "", sizeof bar->act);
			strftime(bar->since, sizeof bar->since, _("since %H:%M"), localtime_r(&view->since, &tm));
		}
		break;
	case PARTY_CLOSING:
		describe_closing(talk, can_leave, bar);
		break;
	case PARTY_REAPING:
		strlcpy(bar->state, _("hanging up"), sizeof bar->state);
		break;
	case PARTY_OVER:
		strlcpy(bar->state, talk_status(talk) == 0 ? _("over") : _("failed"), sizeof bar->state);
		strlcpy(bar->detail, can_leave ? _("Ctrl-D leaves") : "", sizeof bar->detail);
		break;
	}
}

/* Of several others, what matters to the bar. */
struct crowd {
	size_t stalled, closing, asked, far;
};

static void
note_member(void *context, const struct talk_view *view)
{
	struct crowd *crowd = context;

	crowd->stalled += view->state == PARTY_TALKING && view->stalled;
	crowd->closing += view->state == PARTY_CLOSING;
	crowd->asked += view->state == PARTY_ASKED;
	crowd->far += view->state == PARTY_TALKING && !view->local;
}

/* How safe it is to talk to all of them. */
static const char *
describe_secrecy(const struct talk *talk, const struct crowd *crowd)
{
	if (talk_encrypts(talk))
		return _("encrypted");
	return crowd->far == 0 ? _("same machine") : _("not encrypted");
}

/* What it says of who asks to come in: that is the first of so many. */
static void
describe_asked(const struct talk *talk, const struct talk_view *view, enum status_question question, size_t count,
	       struct bar *bar)
{
	if (question != STATUS_WAITS) {
		snprintf(bar->name, sizeof bar->name, _("answering %s"), view->name);
		strlcpy(bar->state, describe_question(question), sizeof bar->state);
		strlcpy(bar->act, _("Esc goes back"), sizeof bar->act);
		return;
	}
	if (count > 1)
		snprintf(bar->name, sizeof bar->name, ngettext("%zu asks to come in", "%zu ask to come in", count),
			 count);
	else
		snprintf(bar->name, sizeof bar->name, _("%s asks to come in"), view->name);
	strlcpy(bar->state, _("F5 answers"), sizeof bar->state);
	status_count(talk, bar->detail, sizeof bar->detail);
}

/* What the status bar says of a group, where perhaps somebody asks to come in. */
static void
describe_group(const struct talk *talk, const struct talk_view *view, enum status_question question, bool can_leave,
	       struct bar *bar)
{
	struct crowd crowd = {0};

	talk_each(talk, note_member, &crowd);
	if (view->id != 0) {
		describe_asked(talk, view, question, crowd.asked, bar);
		return;
	}
	if (talk_members(talk) > 0) {
		status_count(talk, bar->name, sizeof bar->name);
		strlcpy(bar->state, describe_secrecy(talk, &crowd), sizeof bar->state);
	} else if (crowd.closing > 0) {
		describe_closing(talk, can_leave, bar);
	} else {
		talk_describe(talk, bar->name, sizeof bar->name);
		status_count(talk, bar->state, sizeof bar->state);
	}
	if (crowd.stalled > 0)
		snprintf(bar->detail, sizeof bar->detail,
			 ngettext("%zu does not read", "%zu do not read", crowd.stalled), crowd.stalled);
}

/* ... and what comes next, where the line can be called, or is called by itself. */
static void
describe_next_call(const struct talk *talk, bool can_leave, bool edits, struct bar *bar)
{
	int seconds = talk_countdown(talk);

	if (seconds != -1)
		snprintf(bar->state, sizeof bar->state, _("calling again in %d s"), seconds);
	if (!talk_calls_by_itself(talk))
		strlcpy(bar->detail, edits ? _("Enter calls again") : "", sizeof bar->detail);
	else
		strlcpy(bar->detail, can_leave ? _("Ctrl-C stops that") : "", sizeof bar->detail);
}

/* The right side of the status bar: what is not in view, and how to learn more. */
static void
describe_pane(const struct pane *pane, struct bar *bar)
{
	size_t unseen = (size_t)pane_unseen(pane);
	bool shows_newest = pane_shows_newest(pane);

	if (unseen > 0)
		snprintf(bar->news, sizeof bar->news, ngettext("%zu new below", "%zu new below", unseen), unseen);
	else if (!shows_newest)
		strlcpy(bar->news, _("scrolled back"), sizeof bar->news);
	if (!shows_newest)
		strlcpy(bar->key, _("Ctrl-PgDn"), sizeof bar->key);
	strlcpy(bar->tip, _("F1/Alt-? help"), sizeof bar->tip);
	strlcpy(bar->hint, _("F1 help"), sizeof bar->hint);
}

void
status_count(const struct talk *talk, char *text, size_t size)
{
	size_t members = talk_members(talk);

	if (members == 0)
		strlcpy(text, _("nobody else is here"), size);
	else
		snprintf(text, size, ngettext("%zu other here", "%zu others here", members), members);
}

void
status_describe(const struct talk *talk, const struct talk_view *view, enum status_question question,
		const struct pane *pane, size_t typed, bool edits, struct bar *bar)
{
	bool group = talk_is_group(talk), can_leave = edits && typed == 0;
	bool heard = group ? talk_members(talk) > 0 : view->id != 0 && view->state == PARTY_TALKING;
	bool gone = view->id == 0 || view->state == PARTY_OVER || !view->told; /* or perhaps not there */

	*bar = (struct bar){.name = ""};
	if (group)
		describe_group(talk, view, question, can_leave, bar);
	else if (view->id == 0 || (view->again && !view->told)) /* it may be busy */
		talk_describe(talk, bar->name, sizeof bar->name);
	else
		describe_view(talk, view, question, can_leave, bar);
	if ((talk_can_call(talk) || talk_calls_by_itself(talk)) && gone)
		describe_next_call(talk, can_leave, edits, bar);
	if (typed > 1)
		snprintf(bar->typed, sizeof bar->typed,
			 edits && heard ?
			 /* TRANSLATORS: What is before the comma stands by itself where there is no room for all. */
			 ngettext("%zu line, Enter sends all", "%zu lines, Enter sends all", typed) :
			 ngettext("%zu line", "%zu lines", typed), typed);
	describe_pane(pane, bar);
}
