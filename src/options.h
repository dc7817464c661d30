/*
 * options - the command line, understood and checked.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_PINS 16

enum role { ROLE_NONE, ROLE_SERVER, ROLE_CLIENT };

/* With -a: who says the first line. */
enum first { FIRST_CLIENT, FIRST_ME, FIRST_PEER };

/* When the full screen rings the bell for a line that arrives. */
enum bell {
	BELL_AUTO, /* if it is likely not to be seen */
	BELL_ALWAYS,
	BELL_NEVER
};

struct options {
	enum role role;
	const char *host;     /* client: whom to call */
	unsigned port;	      /* 1 to 65535 */
	const char *bind;     /* the address to listen on, or to call from; or NULL */
	const char *name;     /* one's own; NULL: "you" will do */
	const char *log;      /* the file that the conversation is appended to, or NULL */
	int family;	      /* AF_UNSPEC, AF_INET or AF_INET6 */
	enum first first;
	enum bell bell;
	unsigned history;     /* lines that the full screen keeps */
	unsigned wait;	      /* client: keep calling for so many seconds */
	bool alternate, keep, plain, raw, receive_only, send_only;

	bool tls;	      /* encrypted */
	bool anonymous;	      /* ... also with a peer that shows no key */
	const char *pins[OPTIONS_PINS]; /* fingerprints; if there are any, only these keys are accepted */
	int pin_count;
};


enum request {
	REQUEST_CHAT,	 /* hold a conversation */
	REQUEST_HELP,	 /* show options_help() */
	REQUEST_VERSION, /* say the version */
	REQUEST_FINGERPRINT, /* say one's own fingerprint */
	REQUEST_WRONG	 /* wrong usage: error says what is wrong, in one line */
};

/*
 * Reads the command line into *options.  The strings there point into argv.  error has room for size
 * bytes and is written only when the answer is REQUEST_WRONG; it is safe text (filter.h).
 */
enum request options_parse(struct options *options, int argc, char *argv[], char *error,
			   size_t size);

/* Whether bytes pass that nobody looks at: neither filter, nor encryption, nor log. */
bool options_pass_unseen(const struct options *options);

/* The text of --help. */
const char *options_help(void);

#endif
