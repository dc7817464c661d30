#include <config.h>

#include <string.h>

#include "screen/bar.h"
#include "text/wrap.h"

#define SEPARATOR " \u00b7 "
#define GAP 2 /* columns at least between the two ends */
#define NAME_COLUMNS 16 /* so many of the name are worth more than what there is to do */

/* Adds words behind those before them. */
static void
add(char text[BAR_MAX], const char *separator, const char *words)
{
	if (*text != '\0' && *words != '\0')
		strlcat(text, separator, BAR_MAX);
	strlcat(text, words, BAR_MAX);
}

static void
write_all_of(const struct bar *bar, char left[BAR_MAX], char right[BAR_MAX])
{
	*left = *right = '\0';
	add(left, "", bar->name);
	add(left, SEPARATOR, bar->state);
	add(left, SEPARATOR, bar->detail);
	add(left, SEPARATOR, bar->since);
	add(left, SEPARATOR, bar->act);
	add(left, SEPARATOR, bar->again);
	add(right, "", bar->typed);
	add(right, SEPARATOR, bar->news);
	add(right, SEPARATOR, bar->key);
	add(right, SEPARATOR, bar->mouse);
	add(right, SEPARATOR, bar->tip);
}

static int
columns_of(const struct bar *bar)
{
	char left[BAR_MAX], right[BAR_MAX];

	write_all_of(bar, left, right);
	return wrap_measure(left, strlen(left)) +
	       (*right != '\0' ? GAP + wrap_measure(right, strlen(right)) : 0);
}

/* The same, with another name. */
static int
columns_with(const struct bar *bar, const char *name)
{
	struct bar other = *bar;

	strlcpy(other.name, name, sizeof other.name);
	return columns_of(&other);
}

/* Leaves out what is before the comma: what matters, as in "encrypted, unknown", is behind it. */
static void
shorten_state(char *state)
{
	const char *comma = strstr(state, ", ");

	if (comma != NULL)
		memmove(state, comma + 2, strlen(comma + 2) + 1);
}

void
bar_write(const struct bar *bar, int columns, char left[BAR_MAX], char right[BAR_MAX])
{
	struct bar b = *bar;
	char *const spare[] = {b.since, b.act, b.tip, b.again, b.mouse, b.key};
	char least[sizeof b.name];

	if (columns_of(&b) > columns)
		strlcpy(b.tip, b.hint, sizeof b.tip);
	for (size_t i = 0; i < sizeof spare / sizeof spare[0] && columns_of(&b) > columns; i++)
		*spare[i] = '\0';
	strlcpy(least, b.name, sizeof least);
	wrap_cut(least, sizeof least, NAME_COLUMNS);
	if (columns_with(&b, least) > columns)
		*b.detail = '\0';
	if (columns_with(&b, "") > columns)
		shorten_state(b.state);
	if (columns_with(&b, "") > columns)
		*b.news = '\0';
	if (columns_with(&b, "") > columns)
		b.typed[strcspn(b.typed, ",")] = '\0';
	if (columns_with(&b, "") > columns)
		*b.typed = '\0';
	if (columns_with(&b, "") > columns)
		*b.state = '\0';
	wrap_cut(b.name, sizeof b.name, columns - columns_with(&b, ".") + 1);
	write_all_of(&b, left, right);
}
