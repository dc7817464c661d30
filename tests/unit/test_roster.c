/*
 * The roster of a group: which names people get, and how they are shown.
 */
#include <config.h>

#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk/roster.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#if defined(HAVE_GNUTLS)
#define COMPOSES true /* a letter and its accent become one character */
#else
#define COMPOSES false
#endif
#define TEN "aaaaaaaaaa"
#define OTHER_SIGNS "has other signs than letters, digits and -'.,&+_@()"
#define TOO_LONG "is too long: there is room for 20 columns"
#define HEAPED "has more marks on a letter than are shown"
#define PROOF "could be taken for the number or the fingerprint of a key"
#define OF_A_KEY "looks like one that belongs to a key"
#define OF_A_MEMBER "looks like that of somebody who is here"
#define OF_THE_HOST "looks like the host's"
#define APART "has marks that are characters of their own"
#define NO_NAME "stands for somebody without one"
#define MARKS_10 "\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030A"

static const char known_peers[] = "caller SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA Zo\u00EB\n";

static const char *
name(struct roster *roster, unsigned number, const char *text)
{
	struct buffer known = {0};
	const char *fault;

	buffer_add(&known, known_peers, strlen(known_peers));
	fault = roster_name(roster, number, (struct span){text, strlen(text)}, &known);
	buffer_free(&known);
	return fault;
}

static void
must_be_shown(const struct roster *roster, unsigned number, const char *shown)
{
	const struct roster_member *member = roster_find(roster, number);

	assert_non_null(member);
	assert_string_equal(member->shown, shown);
}

static void
must_list(const struct roster *roster, unsigned but, size_t size, const char *list)
{
	char got[200];

	memset(got, 'x', sizeof got);
	roster_list(roster, but, got, size);
	assert_string_equal(got, list);
	for (size_t i = size; i < sizeof got; i++)
		assert_int_equal(got[i], 'x');
}

/* A room: the host, Ann with a key, and somebody who has not said a name. */
static int
open_room(void **state)
{
	static struct roster roster;

	roster_enter(&roster, ROSTER_HOST, true);
	assert_null(name(&roster, ROSTER_HOST, "Grace"));
	roster_enter(&roster, 1, true);
	assert_null(name(&roster, 1, "Ann"));
	roster_enter(&roster, 3, false);
	*state = &roster;
	return 0;
}

static int
close_room(void **state)
{
	roster_free(*state);
	return 0;
}

static void
test_shown(void **state)
{
	struct roster *roster = *state;

	must_be_shown(roster, ROSTER_HOST, "Grace");
	must_be_shown(roster, 1, "Ann");
	must_be_shown(roster, 3, "~guest 3");
	assert_null(name(roster, 3, "Bob"));
	must_be_shown(roster, 3, "~Bob");
	roster_enter(roster, 4, true);
	must_be_shown(roster, 4, "guest 4");
	roster_unname(roster, ROSTER_HOST);
	must_be_shown(roster, ROSTER_HOST, "host");
	assert_null(roster_find(roster, 2));
	assert_null(roster_find(roster, 5));
	assert_int_equal(roster_find_name(roster, "b o b")->number, 3);
	assert_null(roster_find_name(roster, "Grace"));
	assert_null(roster_find_name(roster, ""));
}

/* What a stranger gets who types this, and what it is shown as. */
static void
test_names(void **state)
{
	static const char *const names[][2] = {
		{"bob", "~bob"},
		{"  uncle bob ", "~uncle bob"},
		{"Anna", "~Anna"},
		{"yours", "~yours"},
		{"hostess", "~hostess"},
		{"guest", "~guest"},
		{"guest of 3", "~guest of 3"},
		{TEN TEN, "~" TEN TEN},
		{"\U0001F469\u200D\U0001F680", "~\U0001F469\u200D\U0001F680"},
		{"\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57",
		 "~\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57\u6F22\u5B57"},
#if defined(HAVE_GNUTLS)
		{"Andre\u0301", "~Andre\u0301"},
#endif
		{"a123456789", "~a123456789"},
		{"(bob)", "~(bob)"},
		{"bob, Ann", "\"~bob, Ann\""},
		{"bob AND Ann", "\"~bob AND Ann\""},
		{"Andrew and", "~Andrew and"},
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		assert_null(name(*state, 3, names[i][0]));
		must_be_shown(*state, 3, names[i][1]);
	}
}

/* What a stranger is refused who types this. */
static void
test_faults(void **state)
{
	static const char *const names[][2] = {
		{"", "shows nothing"},
		{"    ", "shows nothing"},
		{"\t", OTHER_SIGNS},
		{"bob\x1b[2J", OTHER_SIGNS},
		{"bob\r", OTHER_SIGNS},
		{"b\u200Bob", OTHER_SIGNS},
		{"bob\xE2\x80\xAE", OTHER_SIGNS},
		{"<ann>", OTHER_SIGNS},
		{"~bob", OTHER_SIGNS},
		{"* ann", OTHER_SIGNS},
		{"\"bob\"", OTHER_SIGNS},
		{"bob: hello", OTHER_SIGNS},
		{"b\xff", "is not UTF-8"},
		{"123", "has no letter"},
		{"you", "tchat uses itself"},
		{"tchat", "tchat uses itself"},
		{"\u0430nn", "has letters of several alphabets"},
		{"ann", OF_A_MEMBER},
		{"A N N", OF_A_MEMBER},
		{"a-n-n", OF_A_MEMBER},
		{"(ann)", OF_A_MEMBER},
		{"@ann", OF_A_MEMBER},
		{"a\u200Dnn", OF_A_MEMBER},
		{"grace", OF_THE_HOST},
		{"Host", OF_THE_HOST},
		{"h.o.s.t", OF_THE_HOST},
		{"zo\u00EB", OF_A_KEY},
		{"ZO\u00CB", OF_A_KEY},
		{"ZOE\u0308", COMPOSES ? OF_A_KEY : APART},
		{"guest 3", NO_NAME},
		{"guest3", NO_NAME},
		{"GUEST  3", NO_NAME},
		{"Guest-4", NO_NAME},
		{"guest \u0663", NO_NAME},
		{TEN TEN "a", TOO_LONG},
		{TEN "\u6F22\u6F22\u6F22\u6F22\u6F22\u6F22", TOO_LONG},
		{TEN TEN TEN TEN TEN TEN TEN, TOO_LONG},
		{"a" MARKS_10 MARKS_10 MARKS_10, HEAPED},
		{"a\u0321\u0322\u0323\u0325nn", HEAPED},
		{"a1234567890", PROOF},
		{"12345 a 67890", PROOF},
		{"sha256 AAAA", PROOF},
	};
	char *much = malloc(65537);

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *fault = name(*state, 3, names[i][0]);

		if (fault == NULL || strcmp(fault, names[i][1]) != 0)
			fail_msg("\"%s\": %s", names[i][0], fault != NULL ? fault : "none");
	}
	memset(much, 'a', 65536);
	much[65536] = '\0';
	assert_string_equal(name(*state, 3, much), TOO_LONG);
	memset(much, ' ', 65530);
	assert_null(name(*state, 3, much)); /* blanks around it do not count */
	free(much);
	must_be_shown(*state, 3, "~aaaaaa");
	assert_string_equal(name(*state, 3, "ann"), OF_A_MEMBER);
	must_be_shown(*state, 3, "~aaaaaa"); /* the name there was */
}

/* Composed and decomposed accents are one.  Where that cannot be told, nobody has a name with the latter. */
static void
test_accents(void **state)
{
	assert_null(name(*state, 1, "Andr\u00E9"));
	assert_string_equal(name(*state, 3, "andre\u0301"), COMPOSES ? OF_A_MEMBER : APART);
	assert_null(name(*state, 3, "andre"));
	assert_int_equal(name(*state, 1, "Andre\u0301") == NULL, COMPOSES);
	assert_int_equal(name(*state, ROSTER_HOST, "Gra\u0302ce") == NULL, COMPOSES);
	assert_int_equal(roster_fault(*state, 4, "Zoe\u0301") == NULL, COMPOSES);
}

/* What a key vouches for has been agreed on: only who is there counts. */
static void
test_vouched(void **state)
{
	struct roster *roster = *state;

	roster_enter(roster, 4, true);
	assert_null(name(roster, 4, "Zo\u00EB"));
	must_be_shown(roster, 4, "Zo\u00EB");
	assert_null(name(roster, 4, TEN TEN TEN));
	must_be_shown(roster, 4, TEN TEN TEN);
	assert_string_equal(name(roster, 4, "ann"), OF_A_MEMBER);
	assert_string_equal(name(roster, 4, "GRACE"), OF_THE_HOST);
	assert_string_equal(name(roster, 4, "guest 3"), NO_NAME);
	assert_string_equal(name(roster, 4, "host"), OF_THE_HOST);
	assert_null(name(roster, ROSTER_HOST, "host"));
}

/* A name is free again once whoever had it has another, none, or is gone. */
static void
test_free_again(void **state)
{
	struct roster *roster = *state;

	roster_enter(roster, 7, false);
	assert_null(name(roster, 3, "bob"));
	assert_null(name(roster, 3, "BOB")); /* it is the own one */
	assert_string_equal(name(roster, 7, "bob"), OF_A_MEMBER);
	assert_null(name(roster, 3, "carl"));
	assert_null(name(roster, 7, "bob"));
	roster_unname(roster, 7);
	must_be_shown(roster, 7, "~guest 7");
	assert_null(name(roster, 3, "bob"));
	roster_leave(roster, 3);
	assert_null(roster_find(roster, 3));
	assert_null(name(roster, 7, "bob"));
	must_be_shown(roster, 7, "~bob");
	must_be_shown(roster, 1, "Ann");
}

static void
test_list(void **state)
{
	struct roster *roster = *state;

	must_list(roster, UINT_MAX, 100, "Grace, Ann and ~guest 3");
	must_list(roster, 1, 100, "Grace and ~guest 3");
	assert_null(name(roster, 3, "bob, carl"));
	must_list(roster, UINT_MAX, 100, "Grace, Ann and \"~bob, carl\"");
	assert_null(name(roster, 3, "bob"));
	for (unsigned number = 4; number < 30; number++)
		roster_enter(roster, number, false);
	must_list(roster, UINT_MAX, 60, "Grace, Ann, ~bob, ~guest 4, ~guest 5 and 24 others");
	must_list(roster, 3, 60, "Grace, Ann, ~guest 4, ~guest 5 and 24 others");
	must_list(roster, 3, 20, "28 others");
	for (unsigned number = 4; number < 30; number++)
		roster_leave(roster, number);
	must_list(roster, UINT_MAX, 30, "Grace and 2 others");
	must_list(roster, UINT_MAX, 40, "Grace, Ann and ~bob");
	assert_null(name(roster, 3, TEN TEN));
	must_list(roster, UINT_MAX, 37, "Grace, Ann and ~" TEN TEN);
	must_list(roster, UINT_MAX, 36, "Grace, Ann and 1 other");
	roster_leave(roster, 3);
	roster_leave(roster, 1);
	must_list(roster, UINT_MAX, 40, "Grace");
	must_list(roster, ROSTER_HOST, 40, "");
}

/* Whether a name is free is to be known of somebody who is still to come, too. */
static void
test_newcomer(void **state)
{
	struct roster *roster = *state;

	assert_null(roster_fault(roster, 4, "Emil"));
	assert_null(name(roster, 3, "Emil"));
	assert_string_equal(roster_fault(roster, 4, "emil"), OF_A_MEMBER);
	assert_non_null(roster_fault(roster, 4, "host"));
	assert_non_null(roster_fault(roster, 4, "guest 4"));
	roster_unname(roster, 3);
	assert_null(roster_fault(roster, 4, "emil"));
	assert_null(roster_fault(roster, ROSTER_HOST, "host"));
	assert_string_equal(roster_fault(roster, ROSTER_HOST, "guest 4"), NO_NAME);
}

/* A crowd: each name is asked for twice, and the second one is refused. */
static void
test_crowd(void **state)
{
	struct roster *roster = *state;
	char text[NAME_SIZE];

	for (unsigned number = 4; number < 504; number++) {
		roster_enter(roster, number, false);
		snprintf(text, sizeof text, "zo\u00E9 %u", number);
		assert_null(name(roster, number, text));
		assert_string_equal(name(roster, 3, text), OF_A_MEMBER);
	}
	for (unsigned number = 4; number < 504; number += 2)
		roster_leave(roster, number);
	for (unsigned number = 4; number < 504; number++)
		assert_int_equal(roster_find(roster, number) != NULL, number % 2);
	assert_int_equal(roster->count, 253);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
	const struct CMUnitTest tests[] = {
		TEST(test_shown),      TEST(test_names), TEST(test_faults),
		TEST(test_accents),    TEST(test_vouched), TEST(test_free_again), TEST(test_list), TEST(test_newcomer),
		TEST(test_crowd),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		fputs("there is no locale C.UTF-8\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
