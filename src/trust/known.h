/*
 * known - the keys that the person has accepted: a text file that a person can read and edit.
 *
 *   server SHA256:zeroFingerprint... example.org 8080
 *   server SHA256:zeroFingerprint... /run/chat
 *   server SHA256:zeroFingerprint... @Ann
 *   caller SHA256:zeroFingerprint... Ann
 *   name SHA256:zeroFingerprint... Ann
 *
 * @ stands before the name by which a server was called that is announced in the local network.  The last
 * says what a server is called whose key was accepted; by itself it lets nobody in, and accepts no key.
 * Empty lines, lines that start with #, and lines that are not understood are left alone.  Lines are only ever
 * appended, under a lock, and count once they are whole, so that neither a crash nor a second tchat damages
 * what is there.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "call/call.h"
#include "trust/fingerprint.h"

#define KNOWN_NAME_MAX 256

struct known {
	enum { KNOWN_SERVER, KNOWN_CALLER, KNOWN_NAME } kind;
	char fingerprint[FINGERPRINT_SIZE];
	char name[KNOWN_NAME_MAX]; /* of the key, or the server's host, or its whole path, or @ and its name */
	unsigned port;		   /* of a server with a host; otherwise 0 */
};

/* Reads a line, without its LF.  False if it is none that tells of a key. */
bool known_parse(const char *line, size_t length, struct known *known);

/* Writes a line, with its LF; returns its length, or 0 if it does not fit. */
size_t known_format(const struct known *known, char *line, size_t size);

/*
 * Reads the file into text, which is to be freed (buffer_free) in any case; no file is an empty one.  Returns 0, or -1
 * and errno (store_strerror).
 */
int known_read(const char *path, struct buffer *text);

/* The number (from 1) of the first line that was meant to tell of a key, perhaps, but does not; or 0. */
size_t known_misunderstood(const struct buffer *text);

/*
 * What the text of the file says of the server at host and port: nothing, that it has this key, or
 * another, which is then written to *other.  Capitals of ASCII count as small letters in a host.  With a port of 0 host
 * is a whole path, or @ and a name, which is that of all names that look the same (text/name.h).
 */
enum server_key { SERVER_NEW, SERVER_SAME, SERVER_CHANGED };
enum server_key known_server(const struct buffer *text, const char *host, unsigned port,
			       const char *fingerprint, char other[FINGERPRINT_SIZE]);

/*
 * Whether it has a server at a host that is written otherwise, and looks the same (text/name.h): which.  What is longer
 * than a name of people looks like none.
 */
bool known_looks_like(const struct buffer *text, const char *host, char other[KNOWN_NAME_MAX]);

/* Whether it has a caller with that key, and under which name. */
bool known_caller(const struct buffer *text, const char *fingerprint, char name[KNOWN_NAME_MAX]);

/* Whether it has a name for that key, of a caller or of a server whose key is there: the first of them. */
bool known_name(const struct buffer *text, const char *fingerprint, char name[KNOWN_NAME_MAX]);

/*
 * Whether it has a name that looks the same (text/name.h) for another key than that one.  The name of a server counts
 * as long as its key is there: whoever removes that need not know of the name.
 */
bool known_is_taken(const struct buffer *text, const char *name, const char *fingerprint);

/*
 * The same as known_server of whom a client calls.  Who is called by a name that is announced in the local network has
 * the key, and no other, with which somebody of a name that looks the same was called so before, or let in.  What a
 * server calls itself elsewhere proves nothing.
 */
enum server_key known_callee(const struct buffer *text, const struct call_options *call, const char *fingerprint,
			     char other[FINGERPRINT_SIZE]);

/* Whether any key is known of whom a client calls, or by a name that looks like the one that is announced. */
bool known_has_key(const struct buffer *text, const struct call_options *call);

/*
 * Appends.  What is there already stays as it is, and the name of a key then becomes the one that it has
 * there.  Returns 0, or -1 and errno: EEXIST if another key has that name, or is that server's.
 */
int known_add(const char *path, struct known *known);

#endif
