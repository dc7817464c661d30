#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>
#include <readline/tilde.h>

#include "screen/inputrc.h"

#define ESCAPE 0x1B

static const struct {
	const char *name, *value;
} settings[] = {
	{"bell-style", "none"},
	{"blink-matching-paren", "off"}, /* would keep everything waiting for half a second */
	{"byte-oriented", "off"},	 /* what is typed is UTF-8 */
	{"convert-meta", "off"},	 /* ... with bytes that have the eighth bit */
	{"enable-bracketed-paste", "off"}, /* Readline's own would read the terminal */
};

static KEYMAP_ENTRY *const maps[] = {
	emacs_standard_keymap, emacs_meta_keymap, emacs_ctlx_keymap, vi_insertion_keymap, vi_movement_keymap,
};
#define MAPS (sizeof maps / sizeof maps[0])
static KEYMAP_ENTRY_ARRAY originals[MAPS]; /* as they are without a file */

/*
 * Where a FIFO stands in place of the init file, Readline would wait until somebody opens it; of what it then gives,
 * it reads nothing, as a FIFO has no size.
 */
static void
pass_by_fifo(void)
{
	const char *said = getenv("INPUTRC");
	char *name = tilde_expand(said != NULL && *said != '\0' ? said : "~/.inputrc");
	struct stat file;

	if (stat(name, &file) == 0 && S_ISFIFO(file.st_mode))
		setenv("INPUTRC", "/dev/null", 1);
	free(name);
}

void
inputrc_begin(void)
{
	pass_by_fifo();
	for (size_t i = 0; i < MAPS; i++)
		memcpy(originals[i], maps[i], sizeof originals[i]);
}

/* Gives keys their meaning back that have none, as the file binds them to what only another program has. */
static void
revive(KEYMAP_ENTRY *map, const KEYMAP_ENTRY *before)
{
	for (int key = 0; key < KEYMAP_SIZE; key++)
		if (map[key].type == ISFUNC && map[key].function == NULL && before[key].type == ISFUNC)
			map[key] = before[key];
}

/*
 * Without convert-meta, Readline takes \M-b in a file for one byte with the eighth bit, and so out of the middle of
 * UTF-8.  No terminal sends that: it is Escape and the key.
 */
static void
free_eighth_bits(KEYMAP_ENTRY *map, const KEYMAP_ENTRY *before)
{
	KEYMAP_ENTRY *meta = NULL; /* what follows Escape */

	if (map[ESCAPE].type == ISKMAP) /* ISO C has no conversion */
		memcpy(&meta, &map[ESCAPE].function, sizeof map[ESCAPE].function);
	for (int key = 0x80; key < 0x100; key++) {
		if (map[key].type == ISKMAP || map[key].function == before[key].function)
			continue;
		if (meta != NULL && meta[key & 0x7F].type != ISKMAP)
			meta[key & 0x7F] = map[key];
		map[key] = before[key];
	}
}

void
inputrc_mend(void)
{
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		rl_variable_bind(settings[i].name, settings[i].value);
	for (size_t i = 0; i < MAPS; i++) {
		free_eighth_bits(maps[i], originals[i]);
		revive(maps[i], originals[i]);
	}
}
