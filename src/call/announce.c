#include <config.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "call/announce.h"
#include "text/filter.h"

/* How much of a text has room in a name, in whole characters. */
static size_t
fitting(const char *text)
{
	size_t length = strlen(text);

	if (length < BROWSE_NAME_SIZE)
		return length;
	length = BROWSE_NAME_SIZE - 1;
	while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) /* amid a character */
		length--;
	return length;
}

void
announce_name(const char *wanted, char name[BROWSE_NAME_SIZE])
{
	const struct passwd *user = *wanted == '\0' ? getpwuid(geteuid()) : NULL;
	char host[256] = "", whole[512];

	if (*wanted == '\0' && gethostname(host, sizeof host - 1) == -1)
		*host = '\0';
	snprintf(whole, sizeof whole, "%s%s%.*s", *wanted != '\0' ? wanted : user != NULL ? user->pw_name : "somebody",
		 *host != '\0' ? "@" : "", (int)strcspn(host, "."), host);
	snprintf(name, BROWSE_NAME_SIZE, "%.*s", (int)fitting(whole), whole);
}

void
announce_begin(struct announcement *a, const struct call_options *options, bool others_can_call)
{
	bool everywhere = options->bind == NULL && options->handed == 0;

	if (options->announce == NULL)
		return;
	a->nobody = !others_can_call && !everywhere;
	if (a->nobody)
		return;
	announce_name(options->announce, a->name);
	avahi_publish(&a->avahi, a->name, options->port, options->tls);
}

void
announce_poll(struct announcement *a, struct polls *polls)
{
	avahi_poll(&a->avahi, polls);
	if (a->avahi.state == AVAHI_ENDED || a->nobody)
		polls_within(polls, 0);
}

void
announce_step(struct announcement *a, const struct polls *polls)
{
	avahi_step(&a->avahi, polls);
}

enum announce_news
announce_news(struct announcement *a, char *text, size_t size)
{
	const char *name = avahi_announced(&a->avahi);
	char why[512], shown[3 * BROWSE_NAME_SIZE];

	if (name != NULL) {
		filter_string(name, shown, sizeof shown);
		bilingual_print(text, size, "announced on the local network as %s", shown);
		return ANNOUNCE_MADE;
	}
	if (a->nobody) {
		a->nobody = false;
		bilingual_print(text, size, "cannot announce: %s", bilingual("only this machine can call"));
		return ANNOUNCE_ENDED;
	}
	if (a->avahi.state != AVAHI_ENDED)
		return ANNOUNCE_NOTHING;
	avahi_explain(&a->avahi, why, sizeof why);
	bilingual_print(text, size,
			*a->avahi.name != '\0' ? N_("not announced any more: %s") : N_("cannot announce: %s"), why);
	avahi_end(&a->avahi);
	return ANNOUNCE_ENDED;
}
