/*
 * call - what is asked for: to wait for calls, or to call somebody.
 */
#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stddef.h>

#define CALL_PLACE_MAX 272 /* bytes of a host or a path, and a port */

enum role { ROLE_NONE, ROLE_SERVER, ROLE_CLIENT };

struct call_options {
	enum role role;
	const char *host; /* client: whom to call; NULL: at the path */
	unsigned port;	  /* 1 to 65535 */
	const char *path; /* -U: of a Unix-domain socket, in place of host and port; or NULL */
	const char *via;  /* client: the command that makes the connection (call/via.h); or NULL */
	const char *nearby; /* client: who is called by the name announced in the local network, with tls; or NULL */
	const char *objection; /* ... why not without encryption, whatever is announced, in English words (N_); or NULL */
	const char *announce; /* server: the name to be announced there; "": the user's at this host; or NULL */
	const char *peer; /* what whoever is at the other end is called here; or NULL */
	int handed;	  /* server: so many listening sockets were handed over (call/handed.h) */
	const char *bind; /* the address to listen on, or to call from; or NULL */
	int family;	  /* AF_UNSPEC, AF_INET or AF_INET6 */
	unsigned wait;	  /* client: keep calling for so many seconds */
	bool redial;	  /* client: call again by itself when there is no conversation, or no longer */
	bool keep;	  /* one conversation after the other */
	bool once;	  /* server: one caller, whoever it is, and whatever comes of that */
	bool tls;	  /* callers expect TLS */
	bool group;	  /* server: several callers at once, who hear each other */
	unsigned members; /* ... at most so many */
	unsigned recall;  /* ... who get so many of the lines that were said before they came */
};

/* Whether it is more than a port: a server can wait at all addresses of its machine. */
bool call_is_narrow(const struct call_options *options);

/* What is called, or waited at, if so, in words of safe text: "example.org port 8080", "/run/chat", "@Ann". */
void call_place(const struct call_options *options, char place[CALL_PLACE_MAX]);

/*
 * What a server is remembered by that is called so, together with the port, which is 0 where there is none: its host, or
 * the whole path, or @ and the name that it is announced by.  Returns 0, or -1 if that has no room, or is not known.
 */
int call_key_place(const struct call_options *options, char host[CALL_PLACE_MAX], unsigned *port);

/* Says in one line of safe text, which is bilingual, what is being done: "waiting on port 8080". */
void call_describe(const struct call_options *options, char *text, size_t size);

/* Of a client, that it is not done: "not connected to example.org port 8080". */
void call_describe_none(const struct call_options *options, char *text, size_t size);

#endif
