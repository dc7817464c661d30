/*
 * store - where tchat keeps what it has to remember: $XDG_DATA_HOME/tchat, by default
 * ~/.local/share/tchat (XDG Base Directory Specification).
 */
#ifndef STORE_H
#define STORE_H

#include <sys/types.h>

#include <stddef.h>

/*
 * Writes the path of a file in there; directories that are missing are made, but not the home directory.
 * 0, or -1 and errno, with the path of what it is about; EPERM: the directory is somebody else's, or others
 * can write to it.
 */
int store_path(const char *file, char *path, size_t size);

/* The same, and nothing is made, nor looked at.  0, or -1 and errno. */
int store_find(const char *file, char *path, size_t size);

/*
 * Opens one of these files as open(2) does, without waiting for anybody and without taking what is no file for one.
 * Returns the descriptor, or -1 and errno: EISDIR or ENOTSUP for what is no file.
 */
int store_open(const char *path, int flags);

/* What such an error, or one of store_path and store_guard, is in words, said of the file: a bilingual text. */
const char *store_strerror(int cause);

/*
 * Whether an open file is the person's own and gives others none of these rights (S_IWOTH, ...).
 * Returns 0, or -1 and errno: EPERM if it does.
 */
int store_guard(int descriptor, mode_t rights);

#endif
