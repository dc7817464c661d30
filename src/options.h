/*
 * options - the command line, understood and checked.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "call/call.h"
#include "plain/plain.h"
#include "screen/fullscreen.h"
#include "trust/trust.h"

/* For each wing what it wants to know. */
struct options {
	struct call_options call;
	struct trust_options trust;
	struct screen_options screen;
	struct plain_options plain;
	bool no_screen;	 /* what is asked for is not for the full screen */
	const char *log; /* the file that the conversation is appended to, or NULL */
};

enum request {
	REQUEST_CHAT,	 /* hold a conversation */
	REQUEST_HELP,	 /* show options_help */
	REQUEST_VERSION, /* say the version */
	REQUEST_FINGERPRINT, /* say one's own fingerprint */
	REQUEST_LIST,	 /* list who waits in the local network */
	REQUEST_WRONG	 /* wrong usage: error says what is wrong, in one line */
};

/*
 * Reads the command line into *options.  The strings there point into argv, where a host is cut off the
 * port behind it.  error has room for size bytes and is written only when the answer is REQUEST_WRONG; it is safe text
 * (text/filter.h).
 */
enum request options_parse(struct options *options, int argc, char *argv[], char *error,
			   size_t size);

/* The text of --help: English sentences with their ends of lines, up to a NULL. */
extern const char *const options_help[];

#endif
