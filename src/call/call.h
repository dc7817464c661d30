/*
 * call - what is asked for: to wait for calls, or to call somebody.
 */
#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stddef.h>

enum role { ROLE_NONE, ROLE_SERVER, ROLE_CLIENT };

struct call_options {
	enum role role;
	const char *host; /* client: whom to call */
	unsigned port;	  /* 1 to 65535 */
	const char *bind; /* the address to listen on, or to call from; or NULL */
	int family;	  /* AF_UNSPEC, AF_INET or AF_INET6 */
	unsigned wait;	  /* client: keep calling for so many seconds */
	bool keep;	  /* server: one caller after the other */
	bool tls;	  /* callers expect TLS */
};

/* Says in one line of safe text what is being done: "waiting on port 8080". */
void call_describe(const struct call_options *options, char *text, size_t size);

#endif
