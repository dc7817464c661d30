#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/foreground.h"
#include "base/signals.h"
#include "screen/keys.h"
#include "screen/loan.h"
#include "screen/pager.h"
#include "screen/screen.h"
#include "text/utf8.h"

#define ESCAPE 0x1B
#define SUSPEND_KEY 0x1A /* Ctrl-Z */
#define GAP_MS 100	 /* the bytes of a character follow each other faster */

static const char request[] = N_("tchat: any key goes back to the conversation");

bool
loan_is_out(const struct loan *loan)
{
	return loan->pager != 0 || loan->waits;
}

static void
say_no_pager(struct talk *talk, int cause)
{
	talk_notice(talk, VOICE_ALARM, "cannot start the pager %s: %s", pager_command(), bilingual_error(cause));
}

void
loan_begin(struct loan *loan, struct talk *talk, const struct pane *pane, const char *own_label)
{
	int rows, columns;

	screen_suspend();
	signals_lend_keyboard(true);
	screen_size(&rows, &columns);
	loan->ends_at_once = pager_ends_at_once(pane->history, own_label, rows, columns);
	loan->has_keys = false;
	buffer_drop(&loan->typed, buffer_length(&loan->typed));
	if ((loan->pager = pager_start(pane, own_label)) != -1)
		return;
	say_no_pager(talk, errno);
	loan->pager = 0;
	signals_lend_keyboard(false);
	screen_resume();
}

/* Gives the pager the keyboard that it wants, or wants again, and has it go on. */
static void
give_keys(struct loan *loan)
{
	if (loan->has_keys)
		foreground_give(loan->pager);
	kill(-loan->pager, SIGCONT);
}

/* The pager is gone, and nobody else has the keyboard. */
static void
take_keys_back(struct loan *loan)
{
	foreground_take(loan->pager);
	signals_lend_keyboard(false);
	loan->pager = 0;
}

/* The pager has ended.  If it did without having heard a key, one is asked for before the screen comes back. */
static enum loan_news
settle(struct loan *loan, enum pager_state end)
{
	take_keys_back(loan);
	loan->waits = end == PAGER_ENDED && (!loan->has_keys || loan->ends_at_once);
	if (loan->waits)
		screen_ask(_(request));
	else
		screen_resume();
	return loan->waits ? LOAN_WAITS : LOAN_OVER;
}

/* Looks what the pager does. */
static enum loan_news
look(struct loan *loan, struct talk *talk)
{
	int cause;
	enum pager_state state = pager_look(loan->pager, &cause);

	switch (state) {
	case PAGER_RUNS:
		break;
	case PAGER_WANTS_KEYS:
		loan->has_keys = true;
		give_keys(loan);
		break;
	case PAGER_SUSPENDED:
		signals_stop_job();
		give_keys(loan);
		break;
	case PAGER_FAILED:
		say_no_pager(talk, cause);
		return settle(loan, state);
	case PAGER_ENDED:
	case PAGER_KILLED:
		return settle(loan, state);
	}
	return LOAN_GOES_ON;
}

/* Hands a signal on that is meant for whoever has the keyboard, and came here as the pager has none. */
static void
hand_on(const struct loan *loan, int signo)
{
	if (signals_take(signo) && !loan->has_keys)
		kill(-loan->pager, signo);
}

/* Stops, while a key is asked for: by a signal, or by a key, which is meant for the whole job. */
static void
suspend(bool job)
{
	if (screen_pause(job))
		screen_ask(_(request));
}

enum loan_news
loan_heed_signals(struct loan *loan, struct talk *talk)
{
	if (loan->waits) {
		if (signals_take(SIGTSTP))
			suspend(false);
		return LOAN_GOES_ON;
	}
	hand_on(loan, SIGINT);
	hand_on(loan, SIGQUIT);
	hand_on(loan, SIGWINCH);
	if (signals_take(SIGTSTP)) {
		kill(-loan->pager, SIGTSTP);
		signals_obey(SIGTSTP);
		give_keys(loan);
	}
	return signals_take(SIGCHLD) ? look(loan, talk) : LOAN_GOES_ON;
}

/* Whether a paste begins at that place of what was typed. */
static bool
begins_paste(struct span typed, size_t place)
{
	size_t length = strlen(KEYS_PASTE_BEGINS);

	return typed.length >= place + length && memcmp(typed.text + place, KEYS_PASTE_BEGINS, length) == 0;
}

/* The key that begins what was typed; of no bytes where that is a paste. */
static struct key
first_key(const struct loan *loan)
{
	struct span typed = buffer_span(&loan->typed);
	struct key key = {.kind = KEY_CHARACTER};

	if (begins_paste(typed, 0))
		return key;
	if (*typed.text == ESCAPE && begins_paste(typed, 1))
		return (struct key){.kind = KEY_ESCAPE, .length = 1};
	if (*typed.text == ESCAPE)
		return keys_examine(typed);
	if (utf8_examine(typed.text, typed.length, &key.length) == UTF8_INCOMPLETE)
		key.patience = GAP_MS;
	return key;
}

int
loan_timeout(const struct loan *loan)
{
	struct key key = {.patience = 0};

	if (loan->waits && buffer_length(&loan->typed) > 0)
		key = first_key(loan);
	return key.patience > 0 ? clock_until(loan->typed_at + key.patience) : -1;
}

struct span
loan_take_key(struct loan *loan, struct span bytes)
{
	struct key key;

	buffer_add(&loan->typed, bytes.text, bytes.length);
	if (bytes.length > 0)
		loan->typed_at = clock_now();
	while (loan->waits && buffer_length(&loan->typed) > 0 && loan_timeout(loan) <= 0 && signals_deadly() == 0) {
		bool suspends = *buffer_data(&loan->typed) == SUSPEND_KEY;

		key = first_key(loan);
		buffer_drop(&loan->typed, key.length);
		if (suspends)
			suspend(true);
		else if (key.kind != KEY_STRING)
			loan->waits = false;
	}
	if (loan->waits)
		return (struct span){NULL, 0};
	screen_resume();
	return buffer_span(&loan->typed);
}

void
loan_end(struct loan *loan)
{
	if (loan->pager != 0) {
		pager_stop(loan->pager);
		take_keys_back(loan);
	}
	buffer_free(&loan->typed);
}
