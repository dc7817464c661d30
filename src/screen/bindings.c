#include <config.h>

#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

#include "screen/bindings.h"
#include "screen/keys.h"

static const char *const maps[] = {"emacs", "vi-insert", "vi-command"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int
do_nothing(int count, int key)
{
	(void)count, (void)key;
	return 0;
}

void
bindings_spare(void)
{
	Keymap emacs = rl_get_keymap_by_name("emacs"), vi = rl_get_keymap_by_name("vi-command");

	rl_bind_keyseq_in_map("\033#", NULL, emacs);    /* insert-comment */
	rl_bind_keyseq_in_map("#", NULL, vi);
	rl_bind_keyseq_in_map("\005", NULL, vi);        /* emacs-editing-mode; vi-editing-mode was Alt-Enter */
	for (size_t i = 0; i < COUNT(maps); i++) /* where nothing is bound, Readline puts overwrite-mode */
		rl_bind_keyseq_in_map("\033[2~", do_nothing, rl_get_keymap_by_name(maps[i]));
}

/*
 * Debian's init file has Insert quote the next key, of which nothing is seen: with a key that sends several characters,
 * letters would be left.
 */
static void
spare_insert(void)
{
	static const char insert[] = "\033[2~";

	for (size_t i = 0; i < COUNT(maps); i++) {
		Keymap map = rl_get_keymap_by_name(maps[i]);
		int type = ISFUNC;

		if (rl_function_of_keyseq(insert, map, &type) == rl_quoted_insert && type == ISFUNC)
			rl_bind_keyseq_in_map(insert, do_nothing, map);
	}
}

void
bindings_complete(void)
{
	static const struct {
		rl_command_func_t *function;
		const char *keys[6];
	} keys[] = {
		{rl_beg_of_line, {"\033[H", "\033OH", "\033[1~", "\033[7~"}}, /* Home */
		{rl_end_of_line, {"\033[F", "\033OF", "\033[4~", "\033[8~"}},
		{rl_delete, {"\033[3~"}},
		{rl_backward_word, {"\033[1;5D", "\033[5D", "\033Od", "\033[1;3D"}}, /* Ctrl-, Alt-Left */
		{rl_forward_word, {"\033[1;5C", "\033[5C", "\033Oc", "\033[1;3C"}},
		{rl_kill_word, {"\033[3;5~", "\033[3^"}}, /* Ctrl-Delete */
	};

	spare_insert();
	for (size_t i = 0; i < COUNT(maps); i++)
		for (size_t j = 0; j < COUNT(keys); j++)
			for (size_t k = 0; k < COUNT(keys[j].keys) && keys[j].keys[k] != NULL; k++)
				rl_bind_keyseq_if_unbound_in_map(keys[j].keys[k], keys[j].function,
								 rl_get_keymap_by_name(maps[i]));
}

/* What a sequence is bound to, with its type as in a keymap; NULL if to nothing. */
static rl_command_func_t *
find(struct span begun, struct span key, int *type)
{
	char sequence[256];

	*type = ISFUNC;
	if (begun.length + key.length >= sizeof sequence)
		return NULL;
	snprintf(sequence, sizeof sequence, "%.*s%.*s", (int)begun.length, begun.text, (int)key.length, key.text);
	return rl_function_of_keyseq(sequence, rl_get_keymap(), type);
}

/* Whether a keymap, which has been found, stands for something by itself, too. */
static bool
is_ambiguous(rl_command_func_t *found)
{
	Keymap map;

	memcpy(&map, &found, sizeof found); /* ISO C has no conversion */
	return map[ANYOTHERKEY].function != NULL;
}

bool
bindings_have(struct span begun, struct span key)
{
	int type;
	rl_command_func_t *found = find(begun, key, &type);

	if (found == NULL || type != ISKMAP)
		return found != NULL;
	return keys_examine(key).patience == 0 || is_ambiguous(found); /* a part of a key is none */
}

bool
bindings_are_ambiguous(struct span begun)
{
	int type;
	rl_command_func_t *found = find(begun, (struct span){"", 0}, &type);

	return found != NULL && type == ISKMAP && is_ambiguous(found);
}
