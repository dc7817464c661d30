#include <config.h>

#include "hello.h"

/* RFC 8446, 5.1 and 6. */
enum { ALERT = 21, HANDSHAKE = 22, WARNING = 1, CLOSE_NOTIFY = 0, USER_CANCELED = 90 };

const char hello_busy[] = {ALERT, 3, 3, 0, 2, WARNING, USER_CANCELED,
			   ALERT, 3, 3, 0, 2, WARNING, CLOSE_NOTIFY};
const size_t hello_busy_length = sizeof hello_busy;

const char hello_wanted[] = "This line is encrypted: call with -t.\n";

bool
hello_is_tls(const char *data, size_t length)
{
	return length >= 3 && (data[0] == HANDSHAKE || data[0] == ALERT) && data[1] == 3 && data[2] >= 0 &&
	       data[2] <= 4;
}
