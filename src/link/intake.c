#include <config.h>

#include <sys/socket.h>

#include <errno.h>

#include "call/opening.h"
#include "link/intake.h"
#include "trust/tls.h"

struct ending
intake_ending(const struct tls *tls, ssize_t n)
{
	if (n == 0)
		return (struct ending){ENDING_LEFT, 0};
	if (tls != NULL && errno == EBADMSG)
		return (struct ending){ENDING_CUT, 0};
	if (tls != NULL && errno == EPROTO)
		return (struct ending){ENDING_TLS, tls_cause(tls)};
	return (struct ending){ENDING_BROKEN, errno};
}

struct ending
intake_farewell(const struct tls *tls, const char *data, size_t length)
{
	if (opening_is_busy(data, length))
		return (struct ending){ENDING_BUSY, 0};
	if (tls == NULL && opening_is_wanted(data, length))
		return (struct ending){ENDING_IS_TLS, 0};
	return (struct ending){ENDING_NONE, 0};
}

ssize_t
intake_receive(struct intake *intake, void *data, size_t size, int flags, struct ending *ending)
{
	struct tls *tls = intake->tls;
	ssize_t n = tls != NULL ? tls_receive(tls, data, size, flags) : recv(intake->socket, data, size, flags);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (n <= 0) {
		*ending = n == 0 && intake->farewell.how != ENDING_NONE ? intake->farewell : intake_ending(tls, n);
		return 0;
	}
	if (!intake->begun && tls == NULL && !intake->raw && opening_is_tls(data, (size_t)n)) {
		*ending = (struct ending){ENDING_IS_TLS, 0};
		return 0;
	}
	intake->farewell = intake->begun ? (struct ending){ENDING_NONE, 0} : intake_farewell(tls, data, (size_t)n);
	intake->begun = true;
	return n;
}
