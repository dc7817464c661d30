/*
 * commands - what keys ask of the program: named functions of GNU Readline, which ~/.inputrc can bind to other keys.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdbool.h>

#include "screen/input.h"

/* Gives Readline their names.  Each tells what it asks for, if it asks for something. */
void commands_add(void (*tell)(enum input_event what));

/* Binds their keys, after the init file has been read. */
void commands_bind(void);

/* Whether the init file says that the mouse is to be had from the start: by a key for mouse-from-start. */
bool commands_want_mouse(void);

/* The one that abandons what is typed, which a yank brings back; where nothing is, it asks to give up. */
int commands_abandon(int count, int key);

#endif
