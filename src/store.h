/*
 * store - where tchat keeps what it has to remember: $XDG_DATA_HOME/tchat, by default
 * ~/.local/share/tchat (XDG Base Directory Specification).
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>

/* Writes the path of a file in there; directories that are missing are made.  0, or -1 and errno. */
int store_path(const char *file, char *path, size_t size);

#endif
