/*
 * hello - TLS seen from outside: how it begins, and how it is declined without having begun.
 */
#ifndef HELLO_H
#define HELLO_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a stream that begins so is TLS: a handshake, or its refusal (RFC 8446, 5.1). */
bool hello_is_tls(const char *data, size_t length);

/* What a caller who wants TLS is told while the line is busy: the alerts user_canceled and close_notify. */
extern const char hello_busy[];
extern const size_t hello_busy_length;

/* What a caller is told in plain text who says nothing: it may be a person who waits for a line. */
extern const char hello_wanted[];

#endif
