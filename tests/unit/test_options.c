/*
 * The command line: every option in both its forms, and everything that is wrong usage.
 *
 * A row is a command line as it would be typed after "tchat ", with one blank between arguments:
 * two blanks in a row, or one at the end, make an empty argument.
 */
#include <config.h>

#include <sys/socket.h>

#include <ctype.h>
#include <locale.h>
#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define UNTOUCHED '#'

static struct options options;
static char error[256];
static char words[2048]; /* what the strings in options point into */

/* Parses a line, with room for so long a message. */
static enum request
parse_with_room(const char *line, size_t size)
{
	char *argv[64], *rest = words;
	int argc = 0;

	snprintf(words, sizeof words, "tchat%s%s", *line != '\0' ? " " : "", line);
	while (rest != NULL)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	memset(error, UNTOUCHED, sizeof error);
	return options_parse(&options, argc, argv, error, size);
}

static enum request
parse(const char *line)
{
	return parse_with_room(line, sizeof error);
}

/* ---- What is right ---- */

struct right {
	const char *line;
	struct options expected; /* a port of 0 here means the default */
};

#define SERVER .call.role = ROLE_SERVER, .screen.waits = true
#define CALLS(name) .call.role = ROLE_CLIENT, .call.host = name, .plain.speaks_first = true
#define CLIENT CALLS("localhost")
#define FINDS(name) .call.role = ROLE_CLIENT, .call.nearby = name, .call.tls = true, .plain.speaks_first = true
#define KEEP .call.keep = true, .plain.keep = true
#define GROUP(most) KEEP, .call.group = true, .call.members = most
#define TURNS .plain.alternate = true, .no_screen = true
#define UNSEEN .plain.raw = true, .plain.unseen = true, .no_screen = true

#define NAME_63 "12345678901234567890123456789012345678901234567890123456789012c"
#define KEY "SHA256:b9b6oE6M00MUAK3JTq8vbAoYvFR/H6OtBLQGimg8vfA"
#define PINS " --pin " KEY " --pin " KEY " --pin " KEY " --pin " KEY
#define OTHER_KEY "SHA256:BZ9vjYk7SIjMTj8/o/ptRXkdCwKLfczStbgDUG2Gdus"

static struct right right[] = {
	{"-s", {SERVER}},
	{"--server", {SERVER}},
	{"-c localhost", {CLIENT}},
	{"--client localhost", {CLIENT}},
	{"-s -s", {SERVER}},

	{"-s 9000", {SERVER, .call.port = 9000}},
	{"-c localhost 9000", {CLIENT, .call.port = 9000}},
	{"-c localhost 1", {CLIENT, .call.port = 1}},
	{"-c localhost:9000", {CLIENT, .call.port = 9000}},
	{"-c [::1]:9000", {CALLS("::1"), .call.port = 9000}},
	{"-c [::1] 9000", {CALLS("::1"), .call.port = 9000}},
	{"-c [::1]", {CALLS("::1")}},
	{"-c 2001:db8::1:8080", {CALLS("2001:db8::1:8080")}},
	{"-c ::1 9000", {CALLS("::1"), .call.port = 9000}},
	{"-c [x]y", {CALLS("[x]y")}},
	{"-c 65536", {CALLS("65536")}},
	{"-s 65535", {SERVER, .call.port = 65535}},

	{"-s -U here", {SERVER, .call.path = "here"}},
	{"-s --unix /run/chat", {SERVER, .call.path = "/run/chat"}},
	{"-c -U -w 3 here:80", {.call.role = ROLE_CLIENT, .call.path = "here:80", .call.wait = 3, .screen.waits = true,
				.plain.speaks_first = true}},
	{"-s -4", {SERVER, .call.family = AF_INET}},
	{"-s -6", {SERVER, .call.family = AF_INET6}},
	{"-s -a", {SERVER, TURNS}},
	{"-s --alternate", {SERVER, TURNS}},
	{"-s -A", {SERVER, .call.announce = ""}},
	{"-s --announce -n Ann", {SERVER, .call.announce = "Ann", .screen.name = "Ann", .trust.name = "Ann"}},
	{"-s -n Ann -gAk", {SERVER, GROUP(32), .call.announce = "Ann", .screen.name = "Ann", .trust.name = "Ann"}},
	{"-s -b ::1", {SERVER, .call.bind = "::1"}},
	{"-s -b::1", {SERVER, .call.bind = "::1"}},
	{"-c --bind 127.0.0.2 localhost", {CLIENT, .call.bind = "127.0.0.2"}},
	{"-c --bind=127.0.0.2 localhost", {CLIENT, .call.bind = "127.0.0.2"}},
	{"-s -a -f me", {SERVER, TURNS, .plain.speaks_first = true}},
	{"-s -a -f peer", {SERVER, TURNS}},
	{"-s -a --first me", {SERVER, TURNS, .plain.speaks_first = true}},
	{"-s -a --first=peer", {SERVER, TURNS}},
	{"-s -k", {SERVER, KEEP}},
	{"-s --keep", {SERVER, KEEP}},
	{"-c -k localhost", {CLIENT, .call.redial = true, .screen.waits = true}},
	{"-s --once", {SERVER, .call.once = true}},
	{"-s --peer Ann", {SERVER, .call.peer = "Ann"}},
	{"-c --peer=Ann -n Ben -r localhost",
	 {CLIENT, .call.peer = "Ann", .screen.name = "Ben", .trust.name = "Ben", UNSEEN}},
	{"-c --via nc localhost", {CLIENT, .call.via = "nc"}},
	{"-c --via=%h:%p:%% a.ONION. 81", {CALLS("a.ONION."), .call.port = 81, .call.via = "%h:%p:%%"}},
	{"-c onion.org", {CALLS("onion.org")}},
	{"-s -g", {SERVER, GROUP(32)}},
	{"-s --group -k", {SERVER, GROUP(32)}},
	{"-s -gp --members 1", {SERVER, GROUP(1), .no_screen = true}},
	{"-s -g --members=1000 -n Ann", {SERVER, GROUP(1000), .screen.name = "Ann", .trust.name = "Ann"}},
	{"-s -g -n host", {SERVER, GROUP(32), .screen.name = "host", .trust.name = "host"}},
	{"-s -n guest3", {SERVER, .screen.name = "guest3", .trust.name = "guest3"}},
	{"-s -g --recall 20", {SERVER, GROUP(32), .call.recall = 20}},
	{"-s -g --recall=0", {SERVER, GROUP(32)}},
	{"-s -l talk.log", {SERVER, .log = "talk.log"}},
	{"-s --log talk.log", {SERVER, .log = "talk.log"}},
	{"-s -p", {SERVER, .no_screen = true}},
	{"-s --plain", {SERVER, .no_screen = true}},
	{"-s -r", {SERVER, UNSEEN}},
	{"-s --raw", {SERVER, UNSEEN}},
	{"-c -w 1 localhost", {CLIENT, .call.wait = 1, .screen.waits = true}},
	{"-c --wait 86400 localhost", {CLIENT, .call.wait = 86400, .screen.waits = true}},
	{"-s --recv-only", {SERVER, .plain.receive_only = true, .no_screen = true}},
	{"-s --send-only", {SERVER, .plain.send_only = true, .no_screen = true}},

	{"-s -4apk -lx 9000",
	 {SERVER, .call.family = AF_INET, TURNS, KEEP, .log = "x", .call.port = 9000}},
	{"-c localhost 9000 -p -w 5",
	 {CLIENT, .call.port = 9000, .no_screen = true, .call.wait = 5, .screen.waits = true}},
	{"-c -r --send-only localhost", {CLIENT, UNSEEN, .plain.send_only = true}},
	{"-c -r --recv-only localhost", {CLIENT, UNSEEN, .plain.receive_only = true}},
	{"-s -k -r --recv-only", {SERVER, KEEP, UNSEEN, .plain.receive_only = true}},
	{"-s -r -l x", {SERVER, .plain.raw = true, .no_screen = true, .log = "x"}},
	{"-c -a localhost", {CLIENT, TURNS}},
	{"-c -a -f peer localhost", {.call.role = ROLE_CLIENT, .call.host = "localhost", TURNS}},
	{"-s -B always -H 100", {SERVER, .screen.bell = BELL_ALWAYS, .screen.history = 100}},
	{"-s --bell=never --history=10000000", {SERVER, .screen.bell = BELL_NEVER, .screen.history = 10000000}},
	{"-c -- -p", {CALLS("-p")}},

#if defined(HAVE_GNUTLS)
	{"-s -t", {SERVER, .call.tls = true}},
	{"-s -t -r", {SERVER, .call.tls = true, .plain.raw = true, .no_screen = true}},
	{"-c --tls localhost", {CLIENT, .call.tls = true}},
	{"-s -t -n Ann", {SERVER, .call.tls = true, .screen.name = "Ann", .trust.name = "Ann"}},
	{"-s -n " NAME_63, {SERVER, .screen.name = NAME_63, .trust.name = NAME_63}},
	{"-c @Ann", {FINDS("Ann")}},
	{"-c -t @ann@tower", {FINDS("ann@tower")}},
	{"-c -6 -w 5 @-x", {FINDS("-x"), .call.family = AF_INET6, .call.wait = 5, .screen.waits = true}},
	{"-c @" NAME_63, {FINDS(NAME_63)}},
	{"-c --pin " KEY " @Ann", {FINDS("Ann"), .trust.pins = {KEY}, .trust.pin_count = 1}},
	{"-c --anonymous @Ann", {FINDS("Ann"), .trust.anonymous = true}},
	{"-c -r @Ann", {FINDS("Ann"), .plain.raw = true, .no_screen = true}},
	{"-s -t --anonymous", {SERVER, .call.tls = true, .trust.anonymous = true}},
	{"-s -t --pin " KEY, {SERVER, .call.tls = true, .trust.pins = {KEY}, .trust.pin_count = 1}},
	{"-c -t --pin=" KEY " --pin " OTHER_KEY " localhost",
	 {CLIENT, .call.tls = true, .trust.pins = {KEY, OTHER_KEY}, .trust.pin_count = 2}},
#endif
};

static void
assert_same_string(const char *got, const char *expected)
{
	if (got == NULL || expected == NULL)
		assert_ptr_equal(got, expected);
	else
		assert_string_equal(got, expected);
}

static void
assert_same_plain(const struct plain_options *got, const struct plain_options *expected)
{
	assert_int_equal(got->raw, expected->raw);
	assert_int_equal(got->unseen, expected->unseen);
	assert_int_equal(got->alternate, expected->alternate);
	assert_int_equal(got->speaks_first, expected->speaks_first);
	assert_int_equal(got->receive_only, expected->receive_only);
	assert_int_equal(got->send_only, expected->send_only);
	assert_int_equal(got->keep, expected->keep);
}

static void
test_right(void **state)
{
	const struct right *row = *state;
	const struct options *expected = &row->expected;

	assert_int_equal(parse(row->line), REQUEST_CHAT);
	assert_int_equal(error[0], UNTOUCHED);
	assert_int_equal(options.call.role, expected->call.role);
	assert_same_string(options.call.host, expected->call.host);
	assert_same_string(options.call.nearby, expected->call.nearby);
	assert_same_string(options.call.announce, expected->call.announce);
	assert_int_equal(options.call.port, expected->call.port != 0 ? expected->call.port : 8080);
	assert_same_string(options.call.path, expected->call.path);
	assert_same_string(options.call.bind, expected->call.bind);
	assert_same_string(options.call.via, expected->call.via);
	assert_int_equal(options.call.family, expected->call.family);
	assert_int_equal(options.call.wait, expected->call.wait);
	assert_int_equal(options.call.keep, expected->call.keep);
	assert_int_equal(options.call.redial, expected->call.redial);
	assert_int_equal(options.call.once, expected->call.once);
	assert_int_equal(options.call.group, expected->call.group);
	assert_int_equal(options.call.members, expected->call.members);
	assert_int_equal(options.call.recall, expected->call.recall);
	assert_same_string(options.call.peer, expected->call.peer);
	assert_int_equal(options.call.tls, expected->call.tls);
	assert_same_string(options.log, expected->log);
	assert_int_equal(options.no_screen, expected->no_screen);
	assert_same_string(options.screen.name, expected->screen.name);
	assert_int_equal(options.screen.history, expected->screen.history != 0 ? expected->screen.history : 10000);
	assert_int_equal(options.screen.bell, expected->screen.bell);
	assert_int_equal(options.screen.waits, expected->screen.waits);
	assert_same_string(options.trust.name, expected->trust.name);
	assert_int_equal(options.trust.anonymous, expected->trust.anonymous);
	assert_int_equal(options.trust.pin_count, expected->trust.pin_count);
	for (int i = 0; i < options.trust.pin_count; i++)
		assert_same_string(options.trust.pins[i], expected->trust.pins[i]);
	assert_same_plain(&options.plain, &expected->plain);
}

static void
test_service_name(void **state)
{
	const struct servent *service = getservbyname("telnet", "tcp");

	(void)state;
	if (service == NULL) /* no /etc/services here */
		skip();
	assert_int_equal(parse("-s telnet"), REQUEST_CHAT);
	assert_int_equal(options.call.port, 23);
	assert_int_equal(parse("-c localhost telnet"), REQUEST_CHAT);
	assert_int_equal(options.call.port, 23);
	assert_int_equal(parse("-c localhost:telnet"), REQUEST_CHAT);
	assert_string_equal(options.call.host, "localhost");
	assert_int_equal(options.call.port, 23);
}

/* ---- What is wrong ---- */

struct wrong {
	const char *line;
	const char *names[2]; /* what the message must name */
};

static struct wrong wrong[] = {
	{"", {"-s", "-c"}},
	{"8080", {"-s", "-c"}},
	{"-p", {"-s", "-c"}},
	{"-s -c localhost", {"-s", "-c"}},
	{"-c -s localhost", {"-s", "-c"}},
	{"--server --client localhost", {"-s", "-c"}},

	{"-s -4 -6", {"-4", "-6"}},
	{"-s -6 -4", {"-4", "-6"}},
	{"-s --recv-only --send-only", {"--recv-only", "--send-only"}},
	{"-s -a -r", {"-a", "-r"}},
	{"-s --raw --alternate", {"-a", "-r"}},
	{"-s -a --recv-only", {"-a", "--recv-only"}},
	{"-s -a --send-only", {"-a", "--send-only"}},
	{"-s --labels -r", {"--labels", "-r"}},
	{"-s --labels --send-only", {"--labels", "--send-only"}},
	{"-s -f me", {"-f", "-a"}},
	{"-c --first peer localhost", {"-f", "-a"}},
	{"-c -k -p localhost", {"-k", "full screen"}},
	{"-a -k -c localhost", {"-k", "full screen"}},
	{"-s -k --once", {"-k", "--once"}},
	{"-c --once localhost", {"--once", "server"}},
	{"-s -w 5", {"-w", "client"}},
	{"-c -g localhost", {"-g", "server"}},
	{"-s -g -a", {"-a", "-g"}},
	{"-s -g -r", {"-g", "-r"}},
	{"-s -g --recv-only", {"-g", "--recv-only"}},
	{"-s -g --send-only", {"-g", "--send-only"}},
	{"-s -g --labels", {"--labels", "-g"}},
	{"-s -g --once", {"--once", "-g"}},
	{"-s -g --peer Ann", {"--peer", "-g"}},
	{"-s -g -n guest-3", {"with -g, -n takes no name that stands for somebody without one: 'guest-3'"}},
	{"-s --via nc", {"--via is for the client"}},
	{"-c -U --via nc path", {"--via", "-U"}},
	{"-c -4 --via nc localhost", {"--via", "-4"}},
	{"-c -6 --via nc localhost", {"--via", "-6"}},
	{"-c -b ::1 --via nc localhost", {"--via", "-b"}},
	{"-c --via  localhost", {"--via takes a command, not ''"}},
	{"-c --via %x localhost", {"--via knows %h, %p and %%, not '%x': '%x'"}},
	{"-c --via nc $(x)", {"--via takes no host such as '$(x)'"}},
	{"-c --via nc -- -x", {"--via takes no host such as '-x'"}},
	{"-c a.ONION.", {"'a.ONION.' is an onion service", "use --via"}},
	{"-s -b a.onion", {"-b takes an address of this machine, not an onion service: 'a.onion'"}},
	{"-c -b a.onion localhost", {"-b takes an address of this machine, not an onion service"}},
	{"-s --members 5", {"--members needs -g"}},
	{"-c --members 5 localhost", {"--members needs -g"}},
	{"-s --recall 5", {"--recall needs -g"}},
	{"-s -g --members 0", {"--members", "'0'"}},
	{"-s -g --members 1001", {"--members", "'1001'"}},
	{"-s -g --members few", {"--members", "'few'"}},
	{"-s -g --members=", {"--members", "''"}},
	{"-s -g --members", {"--members needs an argument"}},
	{"-s -g --recall -1", {"--recall", "'-1'"}},
	{"-s -g --recall all", {"--recall", "'all'"}},

	{"-c", {"host"}},
	{"-c ", {"host"}},
	{"-s 8080 9090", {"operands", "9090"}},
	{"-c localhost 8080 extra", {"operands", "extra"}},

	{"-c 8080", {"missing", "tchat -c host 8080"}},
	{"-c :8080", {"missing", "':8080'"}},
	{"-c []:8080", {"missing", "':8080'"}},
	{"-c []", {"missing"}},
	{"-c localhost:0", {"'0' is no port"}},
	{"-c localhost: 9000", {"two ports", "'' and '9000'"}},
	{"-c localhost:9000 9001", {"two ports", "'9000' and '9001'"}},
	{"-c [::1]:", {"'' is no port"}},
	{"-c ann@localhost 8080", {"'ann@localhost' is no host", "alone"}},
	{"-c http://localhost:8080/", {"'http://localhost:8080/' is no host", "alone"}},
	{"-s localhost 8080", {"-s takes a port", "-b localhost 8080"}},
	{"-s localhost", {"'localhost' is no port"}},
	{"-s 0", {"port", "'0'"}},
	{"-s 65536", {"port", "'65536'"}},
	{"-s 80x", {"port", "'80x'"}},
	{"-s nosuchservice", {"port", "'nosuchservice'"}},
	{"-s ", {"port", "''"}},
	{"-s -- -1", {"port", "'-1'"}},
	{"-s +80", {"port", "'+80'"}},
	{"-s \t80", {"port", "80"}},
	{"-s 0x50", {"port", "'0x50'"}},
	{"-s 80.0", {"port", "'80.0'"}},
	{"-s 18446744073709551696", {"port", "'18446744073709551696'"}}, /* 80 in 64 bits */
	{"-c localhost 0", {"port", "'0'"}},
	{"-c localhost 80x", {"port", "'80x'"}},

	{"-s -a -f both", {"-f", "'both'"}},
	{"-s -a -f ", {"-f", "''"}},
	{"-s -a --first mee", {"-f", "'mee'"}},
	{"-s -n ", {"-n takes no name that shows nothing"}},
	{"-s -n \u2800\u00A0", {"-n takes no name that has other signs than letters, digits and -'.,&+_@(): '"}},
	{"-s -n a\x1b[2J\u202E", {"-n takes no name that has other signs", "'a^[[2J<U+202E>'"}},
	{"-s -n *", {"-n takes no name that has other signs", "'*'"}},
	{"-s -n 007", {"-n takes no name that has no letter", "'007'"}},
	{"-s -n \u0410nn", {"-n takes no name that has letters of several alphabets"}},
	{"-s --name You", {"-n takes no name that tchat uses itself"}},
	{"-s -n a\xff" "b", {"-n takes no name that is not UTF-8", "'a\uFFFDb'"}},
	{"-s -n " NAME_63 "4", {"-n takes no name that has more than 63 bytes", "'" NAME_63 "4'"}},
	{"-c -w 0 localhost", {"-w", "'0'"}},
	{"-c -w -1 localhost", {"-w", "'-1'"}},
	{"-c -w 86401 localhost", {"-w", "'86401'"}},
	{"-c -w soon localhost", {"-w", "'soon'"}},
	{"-c -w 1.5 localhost", {"-w", "'1.5'"}},
	{"-c --wait= localhost", {"-w", "''"}},
	{"-s --bind=", {"-b", "''"}},

	{"-s -b", {"-b needs an argument"}},
	{"-s -U", {"the path is missing: tchat -s -U path"}},
	{"-c -U", {"the path is missing: tchat -c -U path"}},
	{"-c -U ", {"the path is missing: tchat -c -U path"}},
	{"-c -U here 8080", {"too many operands, from '8080' on"}},
	{"-s -U -4 here", {"-U takes a path on this machine, -4, -6 and -b are about addresses: choose one"}},
	{"-c -6 -U here", {"-U takes a path on this machine, -4, -6 and -b are about addresses: choose one"}},
	{"-s -b ::1 -U here", {"-U takes a path on this machine, -4, -6 and -b are about addresses: choose one"}},
	{"-s --bind", {"--bind needs an argument"}},
	{"-s -a -f", {"-f needs an argument"}},
	{"-s -a --first", {"--first needs an argument"}},
	{"-s -l", {"-l needs an argument"}},
	{"-s --log", {"--log needs an argument"}},
	{"-c localhost -w", {"-w needs an argument"}},
	{"-c localhost --wait", {"--wait needs an argument"}},
	{"-s --keep=yes", {"--keep takes no argument"}},
	{"-s --recv-only=yes", {"--recv-only takes no argument"}},
	{"-s -x", {"unknown option -x"}},
	{"-s -kx", {"unknown option -x"}},
	{"-s -?", {"unknown option -?"}},
	{"-s -1", {"unknown option -1"}},
	{"-s --nosuch", {"unknown option --nosuch"}},
	{"--se 8080", {"--se can mean --server, --send-only"}},
	{"-s --l=x", {"--l=x can mean --list, --log, --labels"}},
	{"-s --nosuch=1 8080", {"unknown option --nosuch"}},

	{"-c -A localhost", {"-A is for the server"}},
	{"-s -A -U x", {"-A", "-U"}},
	{"-L -s", {"-L goes with nothing else"}},
	{"-L -n Ann", {"-L goes with nothing else"}},
	{"--list 8080", {"-L goes with nothing else"}},
	{"-s --pin " KEY, {"--pin needs -t"}},
	{"-s --anonymous", {"--anonymous needs -t"}},
	{"-s --pin SHA256:short", {"--pin needs -t"}},
#if defined(HAVE_GNUTLS)
	{"-c a\u3002\uFF4Fnion", {"is an onion service", "use --via"}},
	{"-c -b a\u3002onion localhost", {"-b takes an address of this machine, not an onion service"}},
	{"-s --peer ", {"--peer takes no name that shows nothing"}},
	{"-s --peer tchat", {"--peer takes no name that tchat uses itself"}},
	{"-s --peer a\x1b[2J", {"--peer takes no name that has other signs", "'a^[[2J'"}},
	{"-s --peer " NAME_63 "4", {"--peer takes no name that has more than 63 bytes"}},
	{"-s -n Ann --peer ANN", {"-n and --peer", "one name"}},
	{"-s -t --anonymous --pin " KEY, {"--pin and --anonymous", "exclude"}},
	{"-s -t --pin SHA256:short", {"'SHA256:short' is no fingerprint"}},
	{"-s -t" PINS PINS PINS PINS " --pin " KEY, {"--pin can be given at most 16 times"}},
	{"-c @Ann 8080", {"@Ann takes no port", "'8080'"}},
	{"-c @" NAME_63 "4", {"1 to 63 bytes"}},
	{"-c @", {"'@'", "1 to 63 bytes"}},
	{"-c @a\nb", {"'@a^Jb'"}},
	{"--fingerprint 8080", {"--fingerprint goes with -n only"}},
	{"--fingerprint -s", {"--fingerprint goes with -n only"}},
	{"-c --fingerprint localhost", {"--fingerprint goes with -n only"}},
	{"-p --fingerprint -n Ann", {"--fingerprint goes with -n only"}},
#else
	{"-s -t", {"built without TLS"}},
	{"-c @Ann", {"built without TLS"}},
	{"--fingerprint", {"built without TLS"}},
#endif

	/* Words that must not get to the terminal as they are. */
	{"-s 80\x1b[2J\a", {"port", "'80^[[2J^G'"}},
	{"-s 80\ntchat:", {"port", "'80^Jtchat:'"}},
	{"-s -H \t", {"-H", "'^I'"}},
	{"-s -\x1b", {"unknown option -^["}},
	{"-s --\xc2\x9b=1", {"unknown option --<U+009B>=1"}},
	{"-s -B \xff\u202e", {"-B", "'\uFFFD<U+202E>'"}},
	{"-s -漢", {"unknown option -\uFFFD"}},
};

static void
test_wrong(void **state)
{
	const struct wrong *row = *state;

	assert_int_equal(parse(row->line), REQUEST_WRONG);
	for (size_t i = 0; i < COUNT(row->names) && row->names[i] != NULL; i++)
		if (strstr(error, row->names[i]) == NULL)
			fail_msg("\"%s\" does not name %s", error, row->names[i]);
	for (const char *c = error; *c != '\0'; c++)
		assert_false(iscntrl((unsigned char)*c));
}

/* A message that is too long is cut to what there is room for. */
static void
test_little_room(void **state)
{
	(void)state;
	assert_int_equal(parse_with_room("-x", 10), REQUEST_WRONG);
	assert_string_equal(error, "unknown o");
	assert_int_equal(error[10], UNTOUCHED);
}

/* ---- Help and version ---- */

static void
test_requests(void **state)
{
	(void)state;
	assert_int_equal(parse("-h"), REQUEST_HELP);
	assert_int_equal(parse("--help"), REQUEST_HELP);
	assert_int_equal(parse("-s --help 80x"), REQUEST_HELP);
	assert_int_equal(parse("-L"), REQUEST_LIST);
	assert_int_equal(parse("--list"), REQUEST_LIST);
	assert_int_equal(parse("-V"), REQUEST_VERSION);
	assert_int_equal(parse("--version"), REQUEST_VERSION);
}

/* The help names every option, in lines that fit a terminal. */
static void
test_help_text(void **state)
{
	static const char *const names[] = {
		"tchat -s", "tchat -c", "@NAME", "-4", "-6", "-a, --alternate", "-A, --announce", "-L, --list",
		"-b, --bind", "-B, --bell", "-f, --first",
		"-g, --group", "--members N", "--recall N",
		"-H, --history", "-k, --keep", "-l, --log", "-n, --name", "-p, --plain", "-r, --raw", "-U, --unix", "-w, --wait",
		"--once", "--peer", "--via COMMAND",
		"--recv-only", "--send-only", "-t, --tls", "--fingerprint", "--pin", "--anonymous", "-h, --help",
		"-V, --version", "8080"};
	char text[8192] = "", *help = text;

	(void)state;
	for (const char *const *row = options_help; *row != NULL; row++)
		assert_true(strlcat(text, *row, sizeof text) < sizeof text);
	for (size_t i = 0; i < COUNT(names); i++)
		if (strstr(help, names[i]) == NULL)
			fail_msg("the help does not name %s", names[i]);
	while (*help != '\0') {
		size_t length = strcspn(help, "\n");

		assert_true(length <= 79);
		assert_int_equal(help[length], '\n');
		help += length + 1;
	}
}

int
main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_service_name),
		cmocka_unit_test(test_little_room),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_help_text),
	};
	struct CMUnitTest table[COUNT(right) + COUNT(wrong)];
	size_t n = 0;

	unsetenv("POSIXLY_CORRECT"); /* else getopt_long(3) stops at the first operand */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	for (size_t i = 0; i < COUNT(right); i++)
		table[n++] = (struct CMUnitTest){right[i].line, test_right, NULL, NULL, &right[i]};
	for (size_t i = 0; i < COUNT(wrong); i++)
		table[n++] = (struct CMUnitTest){wrong[i].line, test_wrong, NULL, NULL, &wrong[i]};
	return cmocka_run_group_tests(table, NULL, NULL) + cmocka_run_group_tests(others, NULL, NULL);
}
