#include <config.h>

#include <sys/socket.h>

#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bilingual.h"
#include "call/browse.h"
#include "call/via.h"
#include "talk/roster.h"
#include "text/filter.h"
#include "text/name.h"
#include "trust/fingerprint.h"
#include "trust/known.h"
#include "options.h"

#define PORT_DEFAULT 8080
#define WAIT_MAX 86400 /* seconds of a day */
#define MEMBERS_DEFAULT 32
#define MEMBERS_MAX 1000
#define RECALL_MAX 1000 /* lines */
#define HISTORY_DEFAULT 10000
#define HISTORY_MIN 100
#define HISTORY_MAX 10000000

enum {
	OPTION_RECV_ONLY = 256,
	OPTION_SEND_ONLY,
	OPTION_LABELS,
	OPTION_MEMBERS,
	OPTION_RECALL,
	OPTION_FINGERPRINT,
	OPTION_PIN,
	OPTION_ANONYMOUS,
	OPTION_ONCE,
	OPTION_PEER,
	OPTION_VIA
};

static const struct option long_options[] = {
	{"server", no_argument, NULL, 's'},
	{"client", no_argument, NULL, 'c'},
	{"alternate", no_argument, NULL, 'a'},
	{"announce", no_argument, NULL, 'A'},
	{"bind", required_argument, NULL, 'b'},
	{"bell", required_argument, NULL, 'B'},
	{"first", required_argument, NULL, 'f'},
	{"group", no_argument, NULL, 'g'},
	{"history", required_argument, NULL, 'H'},
	{"keep", no_argument, NULL, 'k'},
	{"list", no_argument, NULL, 'L'},
	{"log", required_argument, NULL, 'l'},
	{"name", required_argument, NULL, 'n'},
	{"plain", no_argument, NULL, 'p'},
	{"raw", no_argument, NULL, 'r'},
	{"unix", no_argument, NULL, 'U'},
	{"wait", required_argument, NULL, 'w'},
	{"recall", required_argument, NULL, OPTION_RECALL},
	{"recv-only", no_argument, NULL, OPTION_RECV_ONLY},
	{"send-only", no_argument, NULL, OPTION_SEND_ONLY},
	{"labels", no_argument, NULL, OPTION_LABELS},
	{"members", required_argument, NULL, OPTION_MEMBERS},
	{"tls", no_argument, NULL, 't'},
	{"fingerprint", no_argument, NULL, OPTION_FINGERPRINT},
	{"pin", required_argument, NULL, OPTION_PIN},
	{"anonymous", no_argument, NULL, OPTION_ANONYMOUS},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"peer", required_argument, NULL, OPTION_PEER},
	{"via", required_argument, NULL, OPTION_VIA},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

const char *const options_help[] = {
	N_("usage: tchat -s [options] [port]         wait for a call (--server)\n"),
	N_("       tchat -c [options] host [port]    call (--client)\n"),
	N_("       tchat -c [options] @NAME          call who is announced by that name\n\n"),
	N_("  -4, -6                only IPv4, only IPv6\n"),
	N_("  -a, --alternate       take strict turns, line by line (plain)\n"),
	N_("  -A, --announce        server: tell the local network, where -L lists it\n"),
	N_("  -b, --bind ADDRESS    listen on, or call from, this address\n"),
	N_("  -B, --bell WHEN       ring for lines and calls: auto, always or never\n"),
	N_("  -f, --first me|peer   with -a: who speaks first; by default the client\n"),
	N_("  -g, --group           server: several callers at once, who hear each other\n"),
	N_("  -H, --history LINES   keep so many lines to scroll back to, by default 10000\n"),
	N_("  -k, --keep            server: one caller after the other, also in plain mode\n"),
	N_("                        client: call again by itself when the line breaks\n"),
	N_("  -l, --log FILE        append the conversation to FILE\n"),
	N_("  -L, --list            list who waits in the local network\n"),
	N_("  -n, --name NAME       your name, before your own lines and for -t\n"),
	N_("  -p, --plain           lines on standard input and output, no full screen\n"),
	N_("  -r, --raw             plain, and bytes pass unchanged\n"),
	N_("  -t, --tls             encrypted, and sure who is at the other end\n"),
	N_("  -U, --unix            by a path on this machine, in place of host and port\n"),
	N_("  -w, --wait SECONDS    client: keep calling for so long until somebody answers\n"),
	N_("      --once            server: one caller, and whatever comes of that\n"),
	N_("      --labels          say who spoke, before each of their lines (plain)\n"),
	N_("      --members N       with -g: so many callers at most, by default 32\n"),
	N_("      --peer NAME       what the other side is called here\n"),
	N_("      --recall N        with -g: give the last N lines to those who come later\n"),
	N_("      --recv-only       only show what arrives (plain)\n"),
	N_("      --send-only       only send what is typed (plain)\n"),
	N_("      --via COMMAND     client: call through a command, to host %h and port %p\n"),
	N_("      --fingerprint     show the fingerprint of your key\n"),
	N_("      --pin FINGERPRINT with -t: accept only this key; may be repeated\n"),
	N_("      --anonymous       with -t: also talk to who shows no key\n"),
	N_("  -h, --help            show this\n"),
	N_("  -V, --version         show the version\n\n"),
	N_("The port is a number or a service name, by default 8080.\n"),
	N_("In the full screen F1 or Alt-? shows the keys, Ctrl-D on an empty line leaves.\n"),
	NULL,
};

/* Writes what is wrong, safe to show whatever words it quotes; the answer of whoever finds it. */
static enum request __attribute__((format(printf, 3, 4)))
wrong(char *error, size_t size, const char *format, ...)
{
	char message[BILINGUAL_MAX];
	va_list arguments;

	va_start(arguments, format);
	bilingual_vprint(message, sizeof message, format, arguments);
	va_end(arguments);
	filter_language(message, PERSONAL, error, size);
	return REQUEST_WRONG;
}

/* The long options that a word may be short for, in words; none is an empty text. */
static void
list_meant(const char *word, char *text, size_t size)
{
	size_t length = strcspn(word, "=");

	*text = '\0';
	for (const struct option *option = long_options; option->name != NULL && length > 2; option++) {
		if (strncmp(option->name, word + 2, length - 2) != 0)
			continue;
		strlcat(text, *text != '\0' ? ", --" : "--", size);
		strlcat(text, option->name, size);
	}
}

/* What getopt_long(3) could not take: c is its optopt, word the last argument it looked at. */
static enum request
unknown_option(int c, const char *word, char *error, size_t size)
{
	char meant[128];

	if (c == 0)
		list_meant(word, meant, sizeof meant);
	if (c == 0 && *meant != '\0')
		return wrong(error, size, "%s can mean %s", word, meant);
	if (c == 0)
		return wrong(error, size, "unknown option %s", word);
	for (const struct option *option = long_options; option->name != NULL; option++)
		if (option->val == c)
			return wrong(error, size, "--%s takes no argument", option->name);
	return wrong(error, size, "unknown option -%c", c);
}

/* A port from 1 to 65535, given as a number or as the name of a service; 0 if it is neither. */
static unsigned
parse_port(const char *text)
{
	const char *problem;
	const struct servent *service;
	unsigned port = (unsigned)strtonum(text, 1, 65535, &problem);

	/* strtonum(3) takes white space and a sign, which no port has. */
	if (problem == NULL)
		return text[strspn(text, "0123456789")] == '\0' ? port : 0;
	if ((service = getservbyname(text, "tcp")) != NULL)
		return ntohs((uint16_t)service->s_port);
	return 0;
}

static bool
parse_bell(const char *text, enum bell *bell)
{
	static const char *const names[] = {
		[BELL_AUTO] = "auto", [BELL_ALWAYS] = "always", [BELL_NEVER] = "never"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(text, names[i]) == 0) {
			*bell = (enum bell)i;
			return true;
		}
	}
	return false;
}

/* One is either the server or the client. */
static bool
set_role(struct call_options *o, enum role role)
{
	if (o->role != ROLE_NONE && o->role != role)
		return false;
	o->role = role;
	return true;
}

/* Sets one's own name (-n), or what the other side is called (--peer). */
static enum request
set_name(struct options *o, int option, const char *name, char *error, size_t size)
{
	const char *fault = name_fault(name);

	if (fault != NULL)
		return wrong(error, size, "%s takes no name that %s: '%s'", option == 'n' ? "-n" : "--peer",
			     bilingual(fault), name);
	if (option == 'n')
		o->screen.name = o->trust.name = name;
	else
		o->call.peer = name;
	return REQUEST_CHAT;
}

/* Sets what is a number, within limits. */
static enum request
set_number(struct options *o, int option, const char *text, char *error, size_t size)
{
	const struct {
		int option;
		unsigned *value;
		int least, most;
		const char *takes;
	} numbers[] = {
		{'H', &o->screen.history, HISTORY_MIN, HISTORY_MAX, N_("-H takes lines")},
		{'w', &o->call.wait, 1, WAIT_MAX, N_("-w takes seconds")},
		{OPTION_MEMBERS, &o->call.members, 1, MEMBERS_MAX, N_("--members takes a number")},
		{OPTION_RECALL, &o->call.recall, 0, RECALL_MAX, N_("--recall takes lines")},
	}, *number = numbers;
	const char *problem;

	while (number->option != option)
		number++;
	*number->value = (unsigned)strtonum(text, number->least, number->most, &problem);
	if (problem == NULL)
		return REQUEST_CHAT;
	return wrong(error, size, "%s from %d to %d, not '%s'", bilingual(number->takes), number->least,
		     number->most, text);
}

/* Sets the command that makes the connection. */
static enum request
set_via(struct options *o, const char *command, char *error, size_t size)
{
	const char *unknown = via_unknown(command);

	if (*command == '\0')
		return wrong(error, size, "--via takes a command, not ''");
	if (unknown != NULL)
		return wrong(error, size, "--via knows %%h, %%p and %%%%, not '%.2s': '%s'", unknown, command);
	o->call.via = command;
	return REQUEST_CHAT;
}

static enum request
add_pin(struct options *o, const char *fingerprint, char *error, size_t size)
{
	if (o->trust.pin_count == TRUST_PINS)
		return wrong(error, size, "--pin can be given at most %d times", TRUST_PINS);
	o->trust.pins[o->trust.pin_count++] = fingerprint;
	return REQUEST_CHAT;
}

/* The first of those pinned that is no fingerprint; NULL if all are. */
static const char *
invalid_pin(const struct trust_options *o)
{
	for (int i = 0; i < o->pin_count; i++)
		if (!fingerprint_is_valid(o->pins[i]))
			return o->pins[i];
	return NULL;
}

/* Options that leave nothing, or not enough, in struct options. */
struct given {
	bool four, six, path, fingerprint, list, announce, others;
	enum { FIRST_CLIENT, FIRST_ME, FIRST_PEER } first; /* with -a: who says the first line */
};

/* What of that has to do with a group. */
static const char *
group_contradiction(const struct options *o)
{
	if (!o->call.group && o->call.members > 0)
		return N_("--members needs -g");
	if (!o->call.group && o->call.recall > 0)
		return N_("--recall needs -g");
	if (!o->call.group)
		return NULL;
	if (o->call.role == ROLE_CLIENT)
		return N_("-g is for the server (-s): whoever calls a group needs no option for that");
	if (o->plain.alternate)
		return N_("-a takes turns with one, -g talks to several: choose one");
	if (o->plain.raw)
		return N_("-g puts names before lines, -r knows no lines: choose one");
	if (o->plain.receive_only || o->plain.send_only)
		return N_("-g goes both ways, --recv-only and --send-only have one direction: choose one");
	if (o->plain.labels)
		return N_("--labels are for one other side, with -g names stand before the lines anyway");
	if (o->call.once)
		return N_("--once is for one caller, -g for several: choose one");
	if (o->call.peer != NULL)
		return N_("--peer names one other side, with -g there are several");
	return NULL;
}

/* Why the host of a group cannot be called as -n says; NULL if it can. */
static const char *
host_fault(const struct options *o)
{
	static const struct roster nobody;

	return o->call.group && o->trust.name != NULL ? roster_fault(&nobody, ROSTER_HOST, o->trust.name) : NULL;
}

/* What of that has to do with the way to the other side. */
static const char *
reach_contradiction(const struct options *o, const struct given *given)
{
	bool narrowed = given->four || given->six || o->call.bind != NULL;

	if (given->four && given->six)
		return N_("-4 and -6 exclude each other");
	if (given->path && narrowed)
		return N_("-U takes a path on this machine, -4, -6 and -b are about addresses: choose one");
	if (o->call.via != NULL && o->call.role == ROLE_SERVER)
		return N_("--via is for the client (-c)");
	if (o->call.via != NULL && given->path)
		return N_("--via calls through a command, -U a path on this machine: choose one");
	if (o->call.via != NULL && narrowed)
		return N_("--via leaves the connection to a command, which -4, -6 and -b say nothing to");
	if (o->call.via != NULL && o->call.nearby != NULL)
		return N_("--via gives a host to a command, @NAME is found in the local network: choose one");
	if (given->announce && o->call.role == ROLE_CLIENT)
		return N_("-A is for the server (-s)");
	if (given->announce && given->path)
		return N_("-A tells the local network, -U takes a path on this machine: choose one");
	return NULL;
}

/* What is wrong with options that are each right by themselves; NULL if nothing is. */
static const char *
contradiction(const struct options *o, const struct given *given)
{
	const char *problem;

	if ((problem = reach_contradiction(o, given)) != NULL)
		return problem;
	if (o->plain.receive_only && o->plain.send_only)
		return N_("--recv-only and --send-only exclude each other");
	if (o->plain.alternate && o->plain.raw)
		return N_("-a takes turns line by line, -r knows no lines: choose one");
	if (o->plain.alternate && (o->plain.receive_only || o->plain.send_only))
		return N_("-a takes turns, --recv-only and --send-only have one direction: choose one");
	if (o->plain.labels && o->plain.raw)
		return N_("--labels stand before lines, -r knows no lines: choose one");
	if (o->plain.labels && o->plain.send_only)
		return N_("--labels are about what arrives, --send-only shows none of it: choose one");
	if (given->first != FIRST_CLIENT && !o->plain.alternate)
		return N_("-f says who begins with -a, which is not given");
	if (o->call.redial && o->no_screen)
		return N_("-k calls again in the full screen only");
	if (o->call.peer != NULL && o->trust.name != NULL && name_is_alike(o->call.peer, o->trust.name))
		return N_("-n and --peer give both sides one name");
	if (o->call.once && o->call.role == ROLE_CLIENT)
		return N_("--once is for the server (-s)");
	if ((problem = group_contradiction(o)) != NULL)
		return problem;
	if (o->call.once && o->call.keep)
		return N_("-k and --once exclude each other");
	if (o->call.wait > 0 && o->call.role == ROLE_SERVER)
		return N_("-w is for the client (-c), a server waits anyway");
	if (!o->call.tls && o->trust.pin_count > 0)
		return N_("--pin needs -t");
	if (!o->call.tls && o->trust.anonymous)
		return N_("--anonymous needs -t");
	if (o->trust.pin_count > 0 && o->trust.anonymous)
		return N_("--pin and --anonymous exclude each other");
	return NULL;
}

/*
 * Takes the port off a host that has it behind a colon: one with a name, or several with an address in brackets, which
 * go, too.  Returns it, or NULL.
 */
static char *
split_host(char **host)
{
	char *end = **host == '[' ? strchr(*host, ']') : NULL, *colon;

	if (end != NULL && (end[1] == '\0' || end[1] == ':')) {
		++*host;
		*end = '\0';
		return end[1] == ':' ? end + 2 : NULL;
	}
	if ((colon = strchr(*host, ':')) == NULL || strchr(colon + 1, ':') != NULL)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static enum request
parse_port_operand(struct options *o, const char *word, char *error, size_t size)
{
	if ((o->call.port = parse_port(word)) != 0)
		return REQUEST_CHAT;
	return wrong(error, size, "'%s' is no port: a number from 1 to 65535 or a service name", word);
}

/* Whether the key of whoever waits at a path can be known again, if there is to be one. */
static bool
is_memorable(const struct call_options *call)
{
	char whole[CALL_PLACE_MAX];
	unsigned port;

	if (call->role != ROLE_CLIENT || !call->tls)
		return true;
	return call_key_place(call, whole, &port) == 0 && strlen(whole) < KNOWN_NAME_MAX;
}

/* Reads the path of a Unix-domain socket. */
static enum request
parse_path(struct options *o, int argc, char *argv[], char *error, size_t size)
{
	if (argc == 0 || *argv[0] == '\0')
		return wrong(error, size, o->call.role == ROLE_CLIENT ? N_("the path is missing: tchat -c -U path")
								      : N_("the path is missing: tchat -s -U path"));
	if (argc > 1)
		return wrong(error, size, "too many operands, from '%s' on", argv[1]);
	o->call.path = argv[0];
	if (!is_memorable(&o->call))
		return wrong(error, size, "with -t, a key is remembered with the whole path: that of '%s' is too long, "
			     "or cannot be known", argv[0]);
	return REQUEST_CHAT;
}

/* Looks whether the host can be given to what has to find it. */
static enum request
check_host(const struct options *o, char *error, size_t size)
{
	if (o->call.via != NULL && !via_takes_host(o->call.host))
		return wrong(error, size, "--via takes no host such as '%s': only letters, digits and . - _ : %%",
			     o->call.host);
	if (o->call.via == NULL && via_is_onion(o->call.host))
		return wrong(error, size, "'%s' is an onion service, which only Tor finds: "
			     "use --via 'nc -X 5 -x localhost:9050 %%h %%p'", o->call.host);
	return REQUEST_CHAT;
}

/* Whether the name that was given can be announced, and stand in a line: of a file, too. */
static bool
is_announceable(const char *name)
{
	size_t length = strlen(name);

	for (const char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == '\x7F')
			return false;
	return length > 0 && length < BROWSE_NAME_SIZE && *name != ' ' && name[length - 1] != ' ';
}

/* Looks at @NAME, which takes no port. */
static enum request
check_nearby(const struct options *o, int argc, char *argv[], char *error, size_t size)
{
	if (!is_announceable(o->call.nearby))
		return wrong(error, size, "'%s' is no @ and a name of 1 to 63 bytes: 'tchat -L' lists them", argv[0]);
	if (argc > 1)
		return wrong(error, size, "@%s takes no port, which is announced with it: not '%s'", o->call.nearby,
			     argv[1]);
#if !defined(HAVE_GNUTLS)
	return wrong(error, size, "this tchat was built without TLS");
#else
	return REQUEST_CHAT;
#endif
}

/* Who is called by @NAME is called with -t. */
static void
take_nearby(struct options *o, const struct given *given, int argc, char *argv[])
{
	if (o->call.role != ROLE_CLIENT || given->path || argc == 0 || *argv[0] != '@')
		return;
	o->call.nearby = argv[0] + 1;
	if (o->call.tls)
		o->call.objection = N_("-t asks for it");
	else if (o->trust.pin_count > 0)
		o->call.objection = N_("a key is pinned");
	o->call.tls = true;
}

/* Reads host and port. */
static enum request
parse_client_operands(struct options *o, int argc, char *argv[], char *error, size_t size)
{
	char *port;

	if (argc == 0 || *argv[0] == '\0')
		return wrong(error, size, "whom to call is missing: tchat -c host [port]");
	if (argc == 1 && parse_port(argv[0]) != 0 && strspn(argv[0], "0123456789") == strlen(argv[0]))
		return wrong(error, size, "whom to call is missing: tchat -c host %s", argv[0]);
	if (argc > 2)
		return wrong(error, size, "too many operands, from '%s' on", argv[2]);
	if (o->call.nearby != NULL)
		return check_nearby(o, argc, argv, error, size);
	if (strpbrk(argv[0], "@/") != NULL)
		return wrong(error, size, "'%s' is no host: give its name or address alone, tchat -c host [port]",
			     argv[0]);
	port = split_host(&argv[0]);
	if (*argv[0] == '\0')
		return wrong(error, size, "whom to call is missing before ':%s'", port != NULL ? port : "");
	o->call.host = argv[0];
	if (check_host(o, error, size) == REQUEST_WRONG)
		return REQUEST_WRONG;
	if (port != NULL && argc == 2)
		return wrong(error, size, "there are two ports: '%s' and '%s'", port, argv[1]);
	if (argc == 2)
		port = argv[1];
	return port != NULL ? parse_port_operand(o, port, error, size) : REQUEST_CHAT;
}

/* Reads the port. */
static enum request
parse_server_operands(struct options *o, int argc, char *argv[], char *error, size_t size)
{
	if (argc == 2 && parse_port(argv[0]) == 0 && parse_port(argv[1]) != 0)
		return wrong(error, size, "-s takes a port and no host: to wait on one address, tchat -s -b %s %s",
			     argv[0], argv[1]);
	if (argc > 1)
		return wrong(error, size, "too many operands, from '%s' on", argv[1]);
	return argc == 1 ? parse_port_operand(o, argv[0], error, size) : REQUEST_CHAT;
}

/* What follows for each wing from what was given. */
static void
derive(struct options *o, const struct given *given)
{
	struct plain_options *plain = &o->plain;

	o->call.redial = o->call.keep && o->call.role == ROLE_CLIENT;
	o->call.keep &= !o->call.redial;
	o->call.keep |= o->call.group; /* it goes on without whoever has left */
	plain->keep = o->call.keep;
	if (given->announce)
		o->call.announce = o->trust.name != NULL ? o->trust.name : "";
	if (o->call.group && o->call.members == 0)
		o->call.members = MEMBERS_DEFAULT;
	plain->unseen = plain->raw && !o->call.tls && o->log == NULL;
	plain->speaks_first = given->first == FIRST_ME ||
			      (given->first == FIRST_CLIENT && o->call.role == ROLE_CLIENT);
	o->screen.waits = o->call.role == ROLE_SERVER || o->call.wait > 0 || o->call.redial;
	o->no_screen |= plain->raw || plain->alternate || plain->labels || plain->receive_only || plain->send_only;
}

/* What options, each right by itself, and operands ask for together. */
static enum request
conclude(struct options *o, const struct given *given, int argc, char *argv[], char *error, size_t size)
{
	const char *problem;

#if !defined(HAVE_GNUTLS)
	if (o->call.tls || given->fingerprint)
		return wrong(error, size, "this tchat was built without TLS");
#endif
	if (given->list && (given->fingerprint || given->others || o->trust.name != NULL || argc > 0))
		return wrong(error, size, "-L goes with nothing else");
	if (given->list)
		return REQUEST_LIST;
	if (given->fingerprint && (given->others || argc > 0))
		return wrong(error, size, "--fingerprint goes with -n only");
	if (given->fingerprint)
		return REQUEST_FINGERPRINT;
	if (o->call.role == ROLE_NONE)
		return wrong(error, size, "-s (wait for a call) or -c host (call) is missing; "
					  "'tchat --help' shows all options");
	take_nearby(o, given, argc, argv);
	derive(o, given);
	if ((problem = contradiction(o, given)) != NULL)
		return wrong(error, size, "%s", bilingual(problem));
	if ((problem = host_fault(o)) != NULL)
		return wrong(error, size, "with -g, -n takes no name that %s: '%s'", bilingual(problem),
			     o->trust.name);
	if ((problem = invalid_pin(&o->trust)) != NULL)
		return wrong(error, size, "'%s' is no fingerprint: SHA256: and 43 characters of base64", problem);
	if (o->call.bind != NULL && via_is_onion(o->call.bind))
		return wrong(error, size, "-b takes an address of this machine, not an onion service: '%s'",
			     o->call.bind);
	if (given->path)
		return parse_path(o, argc, argv, error, size);
	return o->call.role == ROLE_CLIENT ? parse_client_operands(o, argc, argv, error, size)
					   : parse_server_operands(o, argc, argv, error, size);
}

enum request
options_parse(struct options *o, int argc, char *argv[], char *error, size_t size)
{
	struct given given = {0};
	int c;

	*o = (struct options){
		.call = {.port = PORT_DEFAULT, .family = AF_UNSPEC},
		.screen = {.history = HISTORY_DEFAULT},
	};
	opterr = 0;
	optind = 0; /* from the beginning, also when a command line was read before */
	while ((c = getopt_long(argc, argv, ":sc46aAb:B:f:gH:kl:Ln:prtUw:hV", long_options, NULL)) != -1) {
		given.others |= c != OPTION_FINGERPRINT && c != 'n' && c != 'L';
		switch (c) {
		case 's':
		case 'c':
			if (!set_role(&o->call, c == 's' ? ROLE_SERVER : ROLE_CLIENT))
				return wrong(error, size, "-s and -c exclude each other");
			break;
		case '4':
			given.four = true;
			o->call.family = AF_INET;
			break;
		case '6':
			given.six = true;
			o->call.family = AF_INET6;
			break;
		case 'a':
			o->plain.alternate = true;
			break;
		case 'A':
			given.announce = true;
			break;
		case 'b':
			if (*optarg == '\0')
				return wrong(error, size, "-b takes an address, not ''");
			o->call.bind = optarg;
			break;
		case 'B':
			if (!parse_bell(optarg, &o->screen.bell))
				return wrong(error, size,
					     "-B takes 'auto', 'always' or 'never', not '%s'", optarg);
			break;
		case 'f':
			if (strcmp(optarg, "me") != 0 && strcmp(optarg, "peer") != 0)
				return wrong(error, size, "-f takes 'me' or 'peer', not '%s'", optarg);
			given.first = strcmp(optarg, "me") == 0 ? FIRST_ME : FIRST_PEER;
			break;
		case 'g':
			o->call.group = true;
			break;
		case 'k':
			o->call.keep = true;
			break;
		case 'l':
			o->log = optarg;
			break;
		case 'L':
			given.list = true;
			break;
		case 'n':
		case OPTION_PEER:
			if (set_name(o, c, optarg, error, size) == REQUEST_WRONG)
				return REQUEST_WRONG;
			break;
		case 'p':
			o->no_screen = true;
			break;
		case 'r':
			o->plain.raw = true;
			break;
		case 'H':
		case 'w':
		case OPTION_MEMBERS:
		case OPTION_RECALL:
			if (set_number(o, c, optarg, error, size) == REQUEST_WRONG)
				return REQUEST_WRONG;
			break;
		case OPTION_RECV_ONLY:
			o->plain.receive_only = true;
			break;
		case OPTION_SEND_ONLY:
			o->plain.send_only = true;
			break;
		case OPTION_LABELS:
			o->plain.labels = true;
			break;
		case 't':
			o->call.tls = true;
			break;
		case 'U':
			given.path = true;
			break;
		case OPTION_FINGERPRINT:
			given.fingerprint = true;
			break;
		case OPTION_PIN:
			if (add_pin(o, optarg, error, size) == REQUEST_WRONG)
				return REQUEST_WRONG;
			break;
		case OPTION_VIA:
			if (set_via(o, optarg, error, size) == REQUEST_WRONG)
				return REQUEST_WRONG;
			break;
		case OPTION_ONCE:
			o->call.once = true;
			break;
		case OPTION_ANONYMOUS:
			o->trust.anonymous = true;
			break;
		case 'h':
			return REQUEST_HELP;
		case 'V':
			return REQUEST_VERSION;
		case ':':
			return wrong(error, size, "%s needs an argument", argv[optind - 1]);
		default:
			return unknown_option(optopt, argv[optind - 1], error, size);
		}
	}
	return conclude(o, &given, argc - optind, argv + optind, error, size);
}
