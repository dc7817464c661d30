#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/bilingual.h"
#include "call/caller.h"
#include "talk/invite.h"
#include "text/filter.h"
#include "trust/trust.h"

/* The command with which whoever calls this host gets here. */
static void
write_command(const struct call_options *call, bool local, const char *host, char *command, size_t size)
{
	const char *encrypts = call->tls ? " -t" : "";

	if (local)
		snprintf(command, size, "tchat -c%s -U %s", encrypts, host);
	else
		snprintf(command, size, "tchat -c%s %s %u", encrypts, host, call->port);
}

#define QUOTED 5 /* bytes of a quotation mark within a quotation, and its end */

/* Writes a word as a shell takes it for one, as far as it has room. */
static void
quote(const char *word, char *quoted, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
	size_t length = 0;

	if (word[strspn(word, plain)] == '\0') {
		strlcpy(quoted, word, size);
		return;
	}
	quoted[length++] = '\'';
	for (; *word != '\0' && length + QUOTED < size; word++) {
		const char letter[] = {*word, '\0'};

		length += strlcpy(quoted + length, *word == '\'' ? "'\\''" : letter, size - length);
	}
	strlcpy(quoted + length, "'", size - length);
}

/*
 * What to tell where nobody but who uses this machine can call.  False if there is nothing: a socket that was handed
 * over can have no path, or one from a directory that is not known.
 */
static bool
write_local(const struct call_options *call, char *row, size_t size)
{
	char host[2 * CALL_PLACE_MAX], command[sizeof host + 64], path[CALL_PLACE_MAX], safe[PEER_NAME_MAX];
	bool local = call->path != NULL;
	unsigned port;

	if (local && ((call->handed > 0 && *call->path != '/') || call_key_place(call, path, &port) == -1))
		return false;
	filter_string(local ? path : call->bind != NULL ? call->bind : "localhost", safe, sizeof safe);
	quote(safe, host, sizeof host);
	write_command(call, local, host, command, sizeof command);
	if (local || call->bind != NULL)
		snprintf(row, size, _("only this machine can call: %s"), command);
	else
		snprintf(row, size, _("no address in a network is known; on this machine: %s"), command);
	return true;
}

/* The words after the first one, with commas between them; empty if there are none. */
static void
write_others(const char *hosts, char *others, size_t size)
{
	const char *blank = strchr(hosts, ' ');
	size_t length = 0;

	for (const char *c = blank != NULL ? blank + 1 : ""; *c != '\0' && length + 2 < size; c++) {
		if (*c == ' ')
			others[length++] = ',';
		others[length++] = *c;
	}
	others[length] = '\0';
}

const char *const *
invite_rows(const struct talk_base *base)
{
	static char whom[2 * CALL_PLACE_MAX + 256], others[2 * REACH_SIZE + 128], key[FINGERPRINT_SIZE + 128];
	static const char *rows[INVITE_ROWS + 1];
	const char *hosts = base->caller->hosts;
	char host[REACH_SIZE], command[REACH_SIZE + 64], list[REACH_SIZE + REACH_ADDRESSES];
	bool told = *hosts != '\0';
	int count = 0;

	rows[0] = NULL;
	if (base->call->role != ROLE_SERVER)
		return rows;
	snprintf(host, sizeof host, "%.*s", (int)strcspn(hosts, " "), hosts);
	write_command(base->call, false, host, command, sizeof command);
	write_others(hosts, list, sizeof list);
	if (told)
		snprintf(whom, sizeof whom, _("tell the other person: %s"), command);
	else
		told = write_local(base->call, whom, sizeof whom);
	if (told)
		rows[count++] = whom;
	snprintf(others, sizeof others, _("or, in place of %s: %s"), host, list);
	if (*list != '\0')
		rows[count++] = others;
	snprintf(key, sizeof key, _("the fingerprint of your key: %s"), trust_fingerprint());
	if (base->call->tls)
		rows[count++] = key;
	rows[count] = NULL;
	return rows;
}
