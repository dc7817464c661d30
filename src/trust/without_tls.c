/* tls and secure where there is no GnuTLS: options_parse lets nobody ask for them. */
#include <config.h>

#include <errno.h>

#include "trust/trust.h"
#include "trust/tls.h"

ssize_t
tls_seal(struct tls *tls, const char *text, size_t length, struct buffer *wire)
{
	(void)tls, (void)text, (void)length, (void)wire;
	errno = ENOSYS;
	return -1;
}

void
tls_seal_end(struct tls *tls, struct buffer *wire)
{
	(void)tls, (void)wire;
}

void
tls_listen(struct tls *tls, int socket)
{
	(void)tls, (void)socket;
}

ssize_t
tls_receive(struct tls *tls, void *data, size_t size, int flags)
{
	(void)tls, (void)data, (void)size, (void)flags;
	errno = ENOSYS;
	return -1;
}

int
tls_cause(const struct tls *tls)
{
	(void)tls;
	return 0;
}

void
tls_explain(int cause, const char *name, char *text, size_t size)
{
	(void)cause, (void)name, (void)text, (void)size;
}

void
tls_free(struct tls *tls)
{
	(void)tls;
}

int
secure_open(const struct options *options, char *error, size_t size)
{
	(void)options, (void)error, (void)size;
	return -1;
}

void
secure_introduce(const struct options *options, secure_say *say, void *context)
{
	(void)options, (void)say, (void)context;
}

const char *
secure_fingerprint(void)
{
	return "";
}

void
secure_begin(struct secure *secure, const struct options *options, struct dial *dial, struct peer *peer,
	     secure_say *say, void *context)
{
	(void)secure, (void)options, (void)dial, (void)peer, (void)say, (void)context;
}

nfds_t
secure_poll(const struct secure *secure, struct pollfd fds[SECURE_FDS], int *timeout)
{
	(void)secure, (void)fds, (void)timeout;
	return 0;
}

enum secure_state
secure_step(struct secure *secure)
{
	(void)secure;
	return SECURE_FAILED;
}

void
secure_show(const struct secure *secure)
{
	(void)secure;
}

void
secure_ask(const struct secure *secure)
{
	(void)secure;
}

enum secure_state
secure_answer(struct secure *secure, const char *text, size_t length)
{
	(void)secure, (void)text, (void)length;
	return SECURE_FAILED;
}

void
secure_refuse(struct secure *secure, const char *why)
{
	(void)secure, (void)why;
}

const char *const *
secure_rows(const struct peer *peer)
{
	static const char *const rows[] = {"This conversation is not encrypted:",
					   "whoever is in between can read and change it.", NULL};
	static const char *const nobody[] = {"Nobody is there.", NULL};

	return peer != NULL ? rows : nobody;
}

void
secure_close(void)
{
}
