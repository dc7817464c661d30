/* tls and trust where there is no GnuTLS: options_parse lets nobody ask for them, and all trust is bare. */
#include <config.h>

#include <errno.h>

#include "base/bilingual.h"
#include "trust/bare.h"
#include "trust/tls.h"
#include "trust/trust.h"

ssize_t
tls_seal(struct tls *tls, const char *text, size_t length, struct buffer *sealed)
{
	(void)tls, (void)text, (void)length, (void)sealed;
	errno = ENOSYS;
	return -1;
}

void
tls_seal_end(struct tls *tls, struct buffer *sealed)
{
	(void)tls, (void)sealed;
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

bool
tls_peer(const struct tls *tls, char fingerprint[FINGERPRINT_SIZE])
{
	(void)tls, (void)fingerprint;
	return false;
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

bool
tls_is_refusal(int cause)
{
	(void)cause;
	return false;
}

void
tls_forget_others(const struct tls *tls)
{
	(void)tls;
}

void
tls_free(struct tls *tls)
{
	(void)tls;
}

int
trust_open(const struct trust_options *options, enum role role, char *error, size_t size)
{
	(void)options, (void)role, (void)error, (void)size;
	return -1;
}

void
trust_poll_key(struct polls *polls)
{
	(void)polls;
}

bool
trust_step_key(const struct polls *polls, char *text, size_t size)
{
	(void)polls, (void)text, (void)size;
	return false;
}

void
trust_forget(void)
{
}

void
trust_introduce(const struct trust_options *options, trust_say *say, void *context)
{
	(void)options, (void)say, (void)context;
}

const char *
trust_fingerprint(void)
{
	return "";
}

void
trust_begin(struct trust *trust, const struct trust_options *options, const struct call_options *call,
	    struct peer *peer, trust_say *say, trust_fault *besides, void *context)
{
	(void)trust, (void)options, (void)call, (void)peer, (void)say, (void)besides, (void)context;
}

void
trust_poll(const struct trust *trust, struct polls *polls)
{
	bare_poll(trust, polls);
}

enum trust_state
trust_step(struct trust *trust)
{
	return bare_step(trust);
}

void
trust_give_way(struct trust *trust, int taken)
{
	(void)trust, (void)taken;
}

void
trust_show(const struct trust *trust)
{
	trust->say(trust->context, VOICE_QUESTION, bare_question(trust)[0]);
}

void
trust_ask(struct trust *trust)
{
	bare_ask(trust);
}

const char *const *
trust_question(const struct trust *trust)
{
	return bare_question(trust);
}

enum trust_state
trust_answer(struct trust *trust, const char *text, size_t length)
{
	return bare_answer(trust, text, length);
}

void
trust_refuse(struct trust *trust, const char *why)
{
	bare_refuse(trust, why);
}

const char *const *
trust_rows(const struct tls *tls)
{
	static const char *rows[1];

	(void)tls;
	return rows;
}

void
trust_close(void)
{
}
