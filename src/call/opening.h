/*
 * opening - how conversations begin, seen from outside: with TLS, or not at all because the line is busy.
 */
#ifndef OPENING_H
#define OPENING_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a stream that begins so is TLS: a handshake, or its refusal (RFC 8446, 5.1). */
bool opening_is_tls(const char *data, size_t length);

/*
 * What a caller is told while the line is busy, or the room of a group is full: a line of text; with TLS, user_canceled
 * and close_notify.
 */
struct opening {
	const char *bytes;
	size_t length;
};
struct opening opening_busy(bool tls, bool group);

/* What whoever is banned is told: a line of text; with TLS, access_denied. */
struct opening opening_closed(bool tls);

/*
 * Whether a peer that has said this, and nothing else, was a busy tchat, or one whose room is full.  A person can say
 * the same; who leaves with these words alone has not had a conversation either.
 */
bool opening_is_busy(const char *data, size_t length);

/* Whether what it has said so far is that, or the beginning of it. */
bool opening_may_be_busy(const char *data, size_t length);

/*
 * What a caller is told in plain text who says nothing: it may be a person who waits for a line.  The same is said of
 * who is told so as of who is told that the line is busy.
 */
extern const char opening_wanted[];
bool opening_is_wanted(const char *data, size_t length);

#endif
