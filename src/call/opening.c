#include <config.h>

#include <string.h>

#include "call/opening.h"

/* RFC 8446, 5.1 and 6. */
enum { ALERT = 21, HANDSHAKE = 22, WARNING = 1, FATAL = 2, CLOSE_NOTIFY = 0, ACCESS_DENIED = 49, USER_CANCELED = 90 };

static const char busy_line[] = "The line is busy. Please call again later.\n";
static const char full_line[] = "The room is full. Please call again later.\n";
static const char busy_alerts[] = {ALERT, 3, 3, 0, 2, WARNING, USER_CANCELED,
				   ALERT, 3, 3, 0, 2, WARNING, CLOSE_NOTIFY};

struct opening
opening_busy(bool tls, bool group)
{
	if (tls)
		return (struct opening){busy_alerts, sizeof busy_alerts};
	return group ? (struct opening){full_line, sizeof full_line - 1}
		     : (struct opening){busy_line, sizeof busy_line - 1};
}

struct opening
opening_closed(bool tls)
{
	static const char line[] = "The room is closed to you.\n";
	static const char alert[] = {ALERT, 3, 3, 0, 2, FATAL, ACCESS_DENIED};

	return tls ? (struct opening){alert, sizeof alert} : (struct opening){line, sizeof line - 1};
}

/* Whether a text begins so, and is no longer than that. */
static bool
begins(const char *data, size_t length, const char *line)
{
	return length <= strlen(line) && memcmp(data, line, length) == 0;
}

bool
opening_may_be_busy(const char *data, size_t length)
{
	return begins(data, length, busy_line) || begins(data, length, full_line);
}

bool
opening_is_busy(const char *data, size_t length)
{
	return opening_may_be_busy(data, length) && length > 0 && data[length - 1] == '\n';
}

const char opening_wanted[] = "This line is encrypted: call with -t.\n";

bool
opening_is_wanted(const char *data, size_t length)
{
	return length == sizeof opening_wanted - 1 && memcmp(data, opening_wanted, length) == 0;
}

bool
opening_is_tls(const char *data, size_t length)
{
	return length >= 3 && (data[0] == HANDSHAKE || data[0] == ALERT) && data[1] == 3 &&
	       (unsigned char)data[2] <= 4;
}
