/* Unit tests of what the status bar says of a group.  Who is there is the test's own (talk_...). */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/history.h"
#include "screen/status.h"

static struct talk_view members[16];
static size_t count, undelivered;
static bool encrypts;

bool __wrap_talk_is_group(const struct talk *talk);
size_t __wrap_talk_members(const struct talk *talk);
bool __wrap_talk_encrypts(const struct talk *talk);
void __wrap_talk_each(const struct talk *talk, void (*look)(void *context, const struct talk_view *view),
		      void *context);
void __wrap_talk_describe(const struct talk *talk, char *text, size_t size);
size_t __wrap_talk_count_undelivered(const struct talk *talk);
bool __wrap_talk_can_call(const struct talk *talk);
bool __wrap_talk_calls_by_itself(const struct talk *talk);

bool
__wrap_talk_is_group(const struct talk *talk)
{
	(void)talk;
	return true;
}

size_t
__wrap_talk_members(const struct talk *talk)
{
	size_t talking = 0;

	(void)talk;
	for (size_t i = 0; i < count; i++)
		talking += members[i].state == PARTY_TALKING;
	return talking;
}

bool
__wrap_talk_encrypts(const struct talk *talk)
{
	(void)talk;
	return encrypts;
}

void
__wrap_talk_each(const struct talk *talk, void (*look)(void *context, const struct talk_view *view), void *context)
{
	(void)talk;
	for (size_t i = 0; i < count; i++)
		look(context, &members[i]);
}

void
__wrap_talk_describe(const struct talk *talk, char *text, size_t size)
{
	(void)talk;
	strlcpy(text, "waiting on port 8080", size);
}

size_t
__wrap_talk_count_undelivered(const struct talk *talk)
{
	(void)talk;
	return undelivered;
}

bool
__wrap_talk_can_call(const struct talk *talk)
{
	(void)talk;
	return false;
}

bool
__wrap_talk_calls_by_itself(const struct talk *talk)
{
	(void)talk;
	return false;
}

/* The group that a row of letters stands for: t(alking), s(talled), a(greeing), c(losing), ? (asked about). */
static void
gather(const char *row)
{
	for (count = 0; row[count] != '\0'; count++)
		members[count] = (struct talk_view){
			.id = (unsigned)count + 1,
			.state = row[count] == 'a'   ? PARTY_AGREEING
				 : row[count] == 'c' ? PARTY_CLOSING
				 : row[count] == '?' ? PARTY_ASKED
						     : PARTY_TALKING,
			.name = "ann",
			.secrecy = "",
			.stalled = row[count] == 's' || row[count] == 'c',
			.silent = true,
			.told = true,
		};
}

/* The bar, with so many typed lines, and what can be done about the question of the first who asks. */
static struct bar
describe_asked(size_t typed, enum status_question question)
{
	struct history *history = history_new(10);
	struct talk_view first = {.name = "", .secrecy = ""};
	struct pane pane;
	struct bar bar;

	for (size_t i = count; i > 0; i--)
		if (members[i - 1].state == PARTY_ASKED)
			first = members[i - 1];
	pane_init(&pane, history);
	status_describe(NULL, &first, question, &pane, typed, true, &bar);
	history_free(history);
	return bar;
}

static struct bar
describe(size_t typed)
{
	return describe_asked(typed, STATUS_WAITS);
}

/* What stands at the left. */
static const char *
left(void)
{
	static char text[BAR_MAX], right[BAR_MAX];
	struct bar bar = describe(0);

	bar_write(&bar, 200, text, right);
	return text;
}

static void
test_how_many(void **state)
{
	static const struct {
		const char *row;
		bool encrypts;
		const char *said;
	} rows[] = {
		{"", false, "waiting on port 8080 \u00b7 nobody else is here"},
		{"a", true, "waiting on port 8080 \u00b7 nobody else is here"},
		{"t", false, "1 other here \u00b7 not encrypted"},
		{"at", true, "1 other here \u00b7 encrypted"},
		{"ttttt", true, "5 others here \u00b7 encrypted"},
		{"cttc", false, "2 others here \u00b7 not encrypted"},
		{"ts", true, "2 others here \u00b7 encrypted \u00b7 1 does not read"},
		{"stsct", false, "4 others here \u00b7 not encrypted \u00b7 2 do not read"},
	};

	(void)state;
	undelivered = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		gather(rows[i].row);
		encrypts = rows[i].encrypts;
		assert_string_equal(left(), rows[i].said);
	}
}

/* Somebody asks to come in: that goes before who is there, and what answers is said. */
static void
test_who_asks(void **state)
{
	static const struct {
		const char *row;
		enum status_question question;
		const char *said;
	} rows[] = {
		{"tt?", STATUS_WAITS, "ann asks to come in \u00b7 F5 answers \u00b7 2 others here"},
		{"?t??", STATUS_WAITS, "3 ask to come in \u00b7 F5 answers \u00b7 1 other here"},
		{"?", STATUS_WAITS, "ann asks to come in \u00b7 F5 answers \u00b7 nobody else is here"},
		{"tt?", STATUS_ASKED, "answering ann \u00b7 yes or no? \u00b7 Esc goes back"},
		{"tt?", STATUS_HIDDEN, "answering ann \u00b7 question hidden, no room \u00b7 Esc goes back"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[BAR_MAX], right[BAR_MAX];
		struct bar bar;

		gather(rows[i].row);
		bar = describe_asked(0, rows[i].question);
		bar_write(&bar, 200, text, right);
		assert_string_equal(text, rows[i].said);
	}
}

/* Where the host leaves, or the last member does: what is waited for, and no name. */
static void
test_leaving(void **state)
{
	(void)state;
	gather("ccc");
	undelivered = 7;
	assert_string_equal(left(), "waiting to deliver 7 lines \u00b7 Ctrl-D gives up");
	undelivered = 0;
	assert_string_equal(left(), "hanging up");
}

/* What is typed is sent if anybody is there to hear it. */
static void
test_typed(void **state)
{
	(void)state;
	gather("at");
	assert_string_equal(describe(3).typed, "3 lines, Enter sends all");
	gather("ac");
	assert_string_equal(describe(3).typed, "3 lines");
}

static void
test_count(void **state)
{
	char text[64];

	(void)state;
	gather("tt");
	status_count(NULL, text, sizeof text);
	assert_string_equal(text, "2 others here");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_who_asks),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
