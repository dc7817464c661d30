/*
 * handed - listening sockets that whoever started the program has opened already, as systemd does (sd_listen_fds(3)):
 * then this program needs no right to the port, and is started only once somebody calls.
 */
#ifndef HANDED_H
#define HANDED_H

#include <stddef.h>

#include "call/call.h"

#define HANDED_FIRST 3 /* the descriptor of the first of them */
#define HANDED_MAX 4

/*
 * Takes note of those that are there for this process, in options->handed, and of the port of the first, or its path, in
 * place of what was given; the variables that tell of them are removed, so that no other program takes them for its own.
 * Returns 0, or -1 with a message in error, if they are not what a server can wait at, or options ask for an address.
 */
int handed_take(struct call_options *options, char *error, size_t size);

/* Closes them here: another process has them. */
void handed_close(const struct call_options *options);

#endif
