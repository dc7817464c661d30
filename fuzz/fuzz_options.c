/*
 * The command line: any words are either understood or refused with one clean line, and always in the
 * same way.
 *
 * A case is the words after the program's name, each ended by a NUL.
 */
#include <config.h>

#include <sys/socket.h>

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "call/via.h"
#include "trust/fingerprint.h"
#include "fuzz.h"
#include "talk/roster.h"
#include "text/name.h"
#include "options.h"
#include "text/utf8.h"

#define WORDS_MAX 32
#define UNTOUCHED '#'

/* A machine with one service: reading /etc/services takes most of the time, and it differs. */
struct servent *
getservbyname(const char *name, const char *protocol)
{
	static struct servent http;

	must(strcmp(protocol, "tcp") == 0);
	http.s_port = (int)htons(80);
	return strcmp(name, "http") == 0 ? &http : NULL;
}

struct answer {
	enum request request;
	struct options options;
	char error[256];
};

/* The words, as they come from the system each time: parsing puts them in order, and cuts a host off its port. */
struct command {
	const uint8_t *data;
	size_t size;
	char *words;
};

static struct answer
parse(const struct command *command, size_t room)
{
	char program[] = "tchat", *argv[WORDS_MAX + 2] = {program}, *next = command->words;
	struct answer answer;
	int argc = 1;

	if (command->size > 0)
		memcpy(command->words, command->data, command->size);
	command->words[command->size] = '\0';
	for (; next < command->words + command->size && argc <= WORDS_MAX; next += strlen(next) + 1)
		argv[argc++] = next;
	memset(&answer, 0, sizeof answer);
	memset(answer.error, UNTOUCHED, sizeof answer.error);
	answer.request = options_parse(&answer.options, argc, argv, answer.error, room);
	return answer;
}

static bool
is_same_call(const struct call_options *a, const struct call_options *b)
{
	return a->role == b->role && a->host == b->host && a->port == b->port && a->path == b->path &&
	       a->peer == b->peer && a->bind == b->bind && a->via == b->via && a->family == b->family && a->wait == b->wait &&
	       a->keep == b->keep &&
	       a->once == b->once && a->redial == b->redial && a->tls == b->tls && a->group == b->group &&
	       a->members == b->members && a->recall == b->recall && a->nearby == b->nearby &&
	       a->announce == b->announce;
}

static bool
is_same_trust(const struct trust_options *a, const struct trust_options *b)
{
	return a->anonymous == b->anonymous && a->pin_count == b->pin_count && a->name == b->name &&
	       memcmp(a->pins, b->pins, sizeof a->pins) == 0;
}

static bool
is_same_screen(const struct screen_options *a, const struct screen_options *b)
{
	return a->name == b->name && a->history == b->history && a->bell == b->bell && a->waits == b->waits;
}

static bool
is_same_plain(const struct plain_options *a, const struct plain_options *b)
{
	return a->raw == b->raw && a->unseen == b->unseen && a->alternate == b->alternate &&
	       a->speaks_first == b->speaks_first && a->receive_only == b->receive_only &&
	       a->send_only == b->send_only && a->keep == b->keep;
}

static bool
is_same(const struct options *a, const struct options *b)
{
	return is_same_call(&a->call, &b->call) && is_same_trust(&a->trust, &b->trust) &&
	       is_same_screen(&a->screen, &b->screen) && is_same_plain(&a->plain, &b->plain) &&
	       a->no_screen == b->no_screen && a->log == b->log;
}

/* A line of valid UTF-8 without controls, in its room. */
static void
must_be_clean(const char *error, size_t room)
{
	const char *end = memchr(error, '\0', room);
	size_t used;

	must(end != NULL && end > error);
	for (const char *s = error; s < end; s += used) {
		must(utf8_examine(s, (size_t)(end - s), &used) == UTF8_COMPLETE);
		must(used > 1 || (*s >= 0x20 && *s < 0x7F));
		must(used != 2 || utf8_decode(s, used) >= 0xA0);
	}
}

/* A string of the options is (the rest of) a word, or none. */
static void
must_be_from(const char *string, const char *words, size_t size)
{
	must(string == NULL || (string >= words && string <= words + size));
}

static void
call_must_be_right(const struct call_options *o)
{
	must(o->role == ROLE_SERVER || o->role == ROLE_CLIENT);
	must(o->role == ROLE_SERVER || (o->host != NULL) + (o->path != NULL) + (o->nearby != NULL) == 1);
	must(o->host == NULL || *o->host != '\0');
	must(o->path == NULL || (*o->path != '\0' && o->bind == NULL && o->family == AF_UNSPEC));
	must(o->nearby == NULL || (o->role == ROLE_CLIENT && o->tls));
	must(o->announce == NULL || (o->role == ROLE_SERVER && o->path == NULL));
	must(o->role == ROLE_CLIENT || (o->host == NULL && o->wait == 0));
	must(o->role == ROLE_SERVER || !o->keep);
	must(o->via == NULL || (o->role == ROLE_CLIENT && via_unknown(o->via) == NULL && *o->via != '\0'));
	must(o->via == NULL || (via_takes_host(o->host) && o->bind == NULL && o->family == AF_UNSPEC));
	must(o->via != NULL || o->host == NULL || !via_is_onion(o->host));
	must(o->port >= 1 && o->port <= 65535);
	must(o->family == AF_UNSPEC || o->family == AF_INET || o->family == AF_INET6);
	must(o->wait <= 24 * 60 * 60);
	must(o->peer == NULL || name_fault(o->peer) == NULL);
	must(!o->group || (o->role == ROLE_SERVER && o->keep && !o->once && o->peer == NULL));
	must(o->group ? o->members >= 1 && o->members <= 1000 : o->members == 0 && o->recall == 0);
}

static void
trust_must_be_right(const struct trust_options *o, bool tls)
{
	must(o->name == NULL || name_fault(o->name) == NULL);
	must(tls || (!o->anonymous && o->pin_count == 0));
	must(o->pin_count == 0 || !o->anonymous);
	must(o->pin_count >= 0 && o->pin_count <= TRUST_PINS);
	for (int i = 0; i < o->pin_count; i++)
		must(fingerprint_is_valid(o->pins[i]));
}

static void
plain_must_be_right(const struct plain_options *o)
{
	must(!(o->receive_only && o->send_only));
	must(!(o->alternate && (o->raw || o->receive_only || o->send_only)));
	must(o->raw || !o->unseen);
}

static void
must_be_right(const struct options *o, const char *words, size_t size)
{
	static const struct roster nobody;
	const struct plain_options *plain = &o->plain;

	call_must_be_right(&o->call);
	trust_must_be_right(&o->trust, o->call.tls);
	plain_must_be_right(plain);
	must(o->screen.bell <= BELL_NEVER);
	must(o->screen.history >= 100 && o->screen.history <= 10000000);
	must(o->screen.waits == (o->call.role == ROLE_SERVER || o->call.wait > 0 || o->call.redial));
	must(o->screen.name == o->trust.name);
	must(plain->keep == o->call.keep);
	must(!o->call.group || o->trust.name == NULL || roster_fault(&nobody, ROSTER_HOST, o->trust.name) == NULL);
	must(!o->call.group ||
	     !(plain->raw || plain->alternate || plain->labels || plain->receive_only || plain->send_only));
	must(!plain->unseen || (!o->call.tls && o->log == NULL)); /* nobody may have to look at it */
	must(o->no_screen || !(plain->raw || plain->alternate || plain->receive_only || plain->send_only));
	must_be_from(o->trust.name, words, size);
	must_be_from(o->call.host, words, size);
	must_be_from(o->call.nearby, words, size);
	must_be_from(o->call.peer, words, size);
	must(o->call.announce == NULL || *o->call.announce == '\0' || o->call.announce == o->trust.name);
	must_be_from(o->call.bind, words, size);
	must_be_from(o->call.via, words, size);
	must_be_from(o->log, words, size);
}

/* However little room there is for it, the message is clean; it is the same as far as it goes. */
static void
must_be_cut(const struct command *command, const struct answer *whole)
{
	for (size_t room = 16; room < sizeof whole->error; room += 37) {
		struct answer cut = parse(command, room);
		must(cut.request == REQUEST_WRONG);
		must_be_clean(cut.error, room);
		must(strncmp(cut.error, whole->error, strlen(cut.error)) == 0);
		must(cut.error[room] == UNTOUCHED);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct command command = {data, size, malloc(size + 1)};
	struct answer first = parse(&command, sizeof first.error), second = parse(&command, sizeof second.error);

	must(first.request == second.request);
	must(is_same(&first.options, &second.options));
	must(strncmp(first.error, second.error, sizeof first.error) == 0);
	if (first.request == REQUEST_WRONG) {
		must_be_clean(first.error, sizeof first.error);
		must_be_cut(&command, &first);
	} else {
		must(first.error[0] == UNTOUCHED);
	}
	if (first.request == REQUEST_CHAT)
		must_be_right(&first.options, command.words, size);
	free(command.words);
	return 0;
}
