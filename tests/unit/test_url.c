/* Unit tests of the web addresses in a text. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/url.h"

/* All that are found in a text, each in brackets. */
static const char *
found(const char *text)
{
	static char all[4096];
	size_t length = strlen(text), from = 0, used = 0;
	struct url url;

	*all = '\0';
	while (url_find(text, length, from, length, &url)) {
		used += (size_t)snprintf(all + used, sizeof all - used, "[%.*s]", (int)(url.end - url.start),
					 text + url.start);
		assert_true(url.end > from && url.end <= length);
		from = url.end;
	}
	return all;
}

static void
test_what_is_one(void **state)
{
	static const struct {
		const char *text, *urls;
	} rows[] = {
		{"http://a", "[http://a]"},
		{"see https://example.org/a?b=c&d=%20#e now", "[https://example.org/a?b=c&d=%20#e]"},
		{"http://a http://b/ https://[::1]:8080/~c", "[http://a][http://b/][https://[::1]:8080/~c]"},
		{"(https://example.org/).", "[https://example.org/]"},
		{"https://en.wikipedia.org/wiki/C_(language), or", "[https://en.wikipedia.org/wiki/C_(language)]"},
		{"<https://example.org/>\"http://b\"", "[https://example.org/][http://b]"},
		{"is it 'http://a'?!", "[http://a]"},
		{"https://archive.org/web/http://a", "[https://archive.org/web/http://a]"},
		{"url=http://a;", "[http://a]"},
		{"\u6f22\u5b57https://example.org/ \u6f22", "[https://example.org/]"},
		{"http://a\thttp://b", "[http://a][http://b]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(found(rows[i].text), rows[i].urls);
}

/* Other schemes, those that are not whole, and those of which nobody knows where they end. */
static void
test_what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"http://",
		"https://...",
		"ftp://a file:///etc/passwd javascript://a mailto:a@b",
		"xhttp://a",
		"HTTP://a",
		"http:/a http//a",
		"https://example.org/\u00e9t\u00e9",
		"https://example.org/\u6f22",
		"http:// a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(found(texts[i]), "");
}

/* What is asked about is a part of the text: one that has bytes there is found whole. */
static void
test_parts(void **state)
{
	static const char text[] = "go http://a.example/b c https://d";
	const size_t length = sizeof text - 1;
	struct url url;

	(void)state;
	for (size_t from = 3; from < 21; from++) {
		assert_true(url_find(text, length, from, from + 1, &url));
		assert_int_equal(url.start, 3);
		assert_int_equal(url.end, 21);
	}
	assert_false(url_find(text, length, 0, 3, &url));
	assert_false(url_find(text, length, 21, 24, &url));
	assert_true(url_find(text, length, 21, 25, &url));
	assert_int_equal(url.start, 24);
	assert_int_equal(url.end, length);
}

/* One of the greatest length is found, wherever it is looked for; a word that is longer has none. */
static void
test_length(void **state)
{
	static char text[3 * URL_MAX];
	struct url url;

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "http://", 7);
	text[URL_MAX] = ' ';
	for (size_t from = 0; from < URL_MAX; from += 99) {
		assert_true(url_find(text, sizeof text, from, from + 80, &url));
		assert_int_equal(url.start, 0);
		assert_int_equal(url.end, URL_MAX);
	}
	assert_false(url_find(text, sizeof text, URL_MAX, sizeof text, &url));
	text[URL_MAX] = 'x';
	text[URL_MAX + 1] = ' ';
	for (size_t from = 0; from < sizeof text - 80; from += 99)
		assert_false(url_find(text, sizeof text, from, from + 80, &url));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_one),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
