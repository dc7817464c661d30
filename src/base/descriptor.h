/*
 * descriptor - what is done to file descriptors in more than one place.
 */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <sys/types.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * After a read or write that should have waited has failed: whether it is to be done again.  That is
 * so after a signal, and where the description is non-blocking, as another program that shares it
 * can make it; then this waits until poll(2) finds the events.
 */
bool is_to_be_repeated(int fd, short events);

/* Writes all of it.  Returns 0, or -1 and errno. */
int write_all(int fd, const void *data, size_t length);

/* Reads until length bytes are there or the stream ends.  Returns how many, or -1 and errno. */
ssize_t read_all(int fd, void *data, size_t length);

/*
 * Opens an empty file that has no name, so that nothing is left of it, whatever happens: in memory, where the system
 * has such files (memfd_create(2), which shows the title in /proc), else among the temporary ones.  Returns -1 on
 * failure, and errno.
 */
int open_memory(const char *title);

/*
 * Makes sure that standard input, output and error are open, if only on /dev/null: else a socket could
 * get such a number, and what is meant for a person would go to the peer.  Returns 0, or -1 and errno.
 */
int descriptors_standard(void);

/* Has this process open as many files as it may.  Returns how many. */
size_t descriptors_raise(void);

/*
 * Keeps count (at most 8) descriptors, renumbered so that fds[i] becomes i, and closes all others.
 * Where fds[i] is -1, i is closed too.  Returns 0, or -1 and errno.
 */
int descriptors_keep(const int *fds, int count);

/*
 * Closes a socket that another process has made.  That can have asked for close(2) to wait until all has been
 * sent (SO_LINGER, socket(7)), as long as it likes: it is asked here not to.
 */
void socket_close(int socket);

/*
 * The same after the last word: what is unread would make close(2) reset the connection, and that can overtake it, so
 * some of it is read before.
 */
void socket_part(int socket);

#endif
