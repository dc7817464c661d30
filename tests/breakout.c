/*
 * tchat, but whoever reads from the network does what the peer says, as if the peer had found a way
 * to take it over; and the process that calls, or waits for calls, does what the variable CALLER says, and ends
 * if it could.  With the variables SOUGHT and SEARCHED processes look for a secret in their memory.  Linked with --wrap for
 * what is called __wrap_ here.
 */
#include <config.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(HAVE_GNUTLS)
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#endif

#include "link/ending.h"
#include "trust/tls.h"

int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length);

static bool
read_file(void)
{
	return open("/etc/passwd", O_RDONLY) != -1;
}

static bool
read_home(void)
{
	return open(getenv("HOME"), O_RDONLY | O_DIRECTORY) != -1;
}

static bool
write_file(void)
{
	return open("broken-out", O_WRONLY | O_CREAT, 0600) != -1;
}

static bool
remove_file(void)
{
	return unlink("kept") == 0;
}

static bool
make_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) != -1;
}

static bool
call_elsewhere(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	/* Nobody is there, but one may find that out. */
	return __real_connect(socket(AF_INET, SOCK_STREAM, 0), (const struct sockaddr *)&to, sizeof to) == 0 ||
	       errno == ECONNREFUSED;
}

static bool
execute(void)
{
	return execl("/bin/echo", "echo", "escaped: execute", (char *)NULL) == 0;
}

static bool
make_process(void)
{
	return fork() != -1;
}

static bool
end_speaker(void)
{
	return kill(getppid(), SIGTERM) == 0;
}

static bool
make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static void *volatile taken; /* so that no compiler leaves out what nobody uses */

/* More of it than any conversation takes. */
static bool
take_memory(void)
{
	enum { PIECE = 1 << 20, PIECES = 64 };
	void *last = NULL;

	for (int i = 0; i < PIECES; i++) {
		if ((taken = malloc(PIECE)) == NULL) {
			free(last); /* of the rest of a piece alone it may not be able to go on */
			return false;
		}
		last = memset(taken, 'x', PIECE);
	}
	return true;
}

/* All that there is, but for what nobody would notice. */
static bool
leave_no_memory(void)
{
	for (size_t size = (size_t)1 << 24; size >= 64; size /= 2)
		do
			taken = malloc(size);
		while (taken != NULL);
	return false;
}

static bool
share_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static int line; /* the socket */

static bool
close_connection(void)
{
	return close(line) == 0;
}

static bool
open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY) != -1;
}

/* What it writes there would stand on the terminal, among all that tchat says. */
static bool
write_to_errors(void)
{
	static const char text[] = "\033]0;escaped\007\033[1Hescaped\n";

	return write(STDERR_FILENO, text, sizeof text - 1) != -1;
}

static bool
type_at_terminal(void)
{
	return ioctl(STDERR_FILENO, TIOCSTI, "x") == 0 || errno == EIO; /* which kernels say that know it no more */
}

static bool
tell_peer(void)
{
	return write(line, "escaped\n", 8) == 8;
}

/* What only the listener of raw bytes may do, and to no other descriptors: its pipe is 6 and 7. */
static bool
splice_from_pipe_to_peer(void)
{
	return splice(6, NULL, line, NULL, 1, SPLICE_F_NONBLOCK) != -1;
}

static bool
splice_from_peer_to_output(void)
{
	return splice(line, NULL, STDOUT_FILENO, NULL, 1, SPLICE_F_NONBLOCK) != -1;
}

static bool
read_from_peer(void)
{
	char byte;

	return read(line, &byte, 1) != -1;
}

/* What it may do, and should not: lines longer than any, and to stay when it says that it goes. */
static bool
write_long_line(void)
{
	static char text[200001];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\n';
	return write(STDOUT_FILENO, text, sizeof text) == sizeof text;
}

static bool
write_without_end(void)
{
	static const char text[4096];

	while (write(STDOUT_FILENO, text, sizeof text) > 0)
		;
	return true;
}

static bool
stay(void)
{
	const struct ending left = {ENDING_LEFT, 0};

	(void)!write(4, &left, sizeof left);
	while (poll(NULL, 0, -1) == 0)
		;
	return true;
}

static bool
close_all_and_stay(void)
{
	for (int fd = 0; fd < 8; fd++)
		close(fd);
	while (poll(NULL, 0, -1) == 0)
		;
	return true;
}

/* Escapes, as it were. */
static bool
escape(void)
{
	return true;
}

static const struct {
	const char *name;
	bool (*attempt)(void);
} attempts[] = {
	{"read file\n", read_file},	{"read home\n", read_home},	{"write file\n", write_file},
	{"remove file\n", remove_file},
	{"make socket\n", make_socket}, {"call elsewhere\n", call_elsewhere},
	{"execute\n", execute},		{"make process\n", make_process},
	{"take memory\n", take_memory}, {"leave no memory\n", leave_no_memory},
	{"share memory\n", share_memory}, {"close connection\n", close_connection},
	{"open terminal\n", open_terminal}, {"write to errors\n", write_to_errors},
	{"type at terminal\n", type_at_terminal},
	{"end speaker\n", end_speaker}, {"make code\n", make_code},
	{"tell peer\n", tell_peer},	{"read from peer\n", read_from_peer},
	{"splice from pipe to peer\n", splice_from_pipe_to_peer},
	{"splice from peer to output\n", splice_from_peer_to_output},
	{"write long line\n", write_long_line},
	{"write without end\n", write_without_end},
	{"stay\n", stay},
	{"close all and stay\n", close_all_and_stay},
	{"escape\n", escape},
	{"call\n", call_elsewhere}, /* five bytes, which is what TLS reads first */
};

/* Orders that say what to write: to the output, or as the report, after which it is gone. */
static void
obey_words(const char *order, size_t length)
{
	static const char write_it[] = "write: ", report_it[] = "report: ";
	struct ending ending;
	char numbers[64];
	int how;

	if (length >= sizeof write_it && memcmp(order, write_it, sizeof write_it - 1) == 0)
		(void)!write(STDOUT_FILENO, order + sizeof write_it - 1, length - (sizeof write_it - 1));
	if (length < sizeof report_it || memcmp(order, report_it, sizeof report_it - 1) != 0)
		return;
	snprintf(numbers, sizeof numbers, "%.*s", (int)(length - (sizeof report_it - 1)),
		 order + sizeof report_it - 1);
	if (sscanf(numbers, "%d %d", &how, &ending.cause) != 2)
		return;
	memcpy(&ending.how, &how, sizeof how); /* whatever it is */
	(void)!write(4, &ending, sizeof ending);
	_exit(0);
}

/* Does what an order says.  Returns what came of it, or NULL if it is none. */
static const char *
obey(const char *order, size_t length)
{
	static char outcome[100];

	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		if (length != strlen(attempts[i].name) || memcmp(order, attempts[i].name, length) != 0)
			continue;
		snprintf(outcome, sizeof outcome, "%s: %s", attempts[i].attempt() ? "escaped" : "refused",
			 attempts[i].name);
		return outcome;
	}
	return NULL;
}

/* The same for the order in the variable, if there is one; with nothing to tell it to, success is the end. */
static void
obey_variable(const char *name)
{
	const char *order = getenv(name), *outcome;

	if (order == NULL)
		return;
	outcome = obey(order, strlen(order));
	if (outcome == NULL || strncmp(outcome, "escaped", 7) == 0)
		abort();
}

int
__wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	int result = __real_accept4(fd, address, length, flags);

	if (result != -1)
		obey_variable("CALLER");
	return result;
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	obey_variable("CALLER");
	return __real_connect(fd, address, length);
}

/* ---- What a process knows. ---- */

#define SECRET 32 /* bytes */
#define MASK 0x5A /* the variable has them so, or each process would have the secret for that alone */

static unsigned char sought[SECRET];

/* Whether the secret is in this piece of memory. */
static bool
is_between(const unsigned char *start, const unsigned char *end)
{
	for (; end - start >= SECRET; start++) {
		size_t length = 0;

		while (length < SECRET && (start[length] ^ MASK) == sought[length])
			length++;
		if (length == SECRET)
			return true;
	}
	return false;
}

/* Looks for the secret in all the memory that this process can read, and notes in a file what came of it. */
static void
search(const char *who)
{
	const char *text = getenv("SOUGHT");
	FILE *maps = text == NULL ? NULL : fopen("/proc/self/maps", "r");
	FILE *report = maps == NULL ? NULL : fopen(getenv("SEARCHED"), "a");
	char row[512], rights[8], name[256];
	unsigned long start, end;
	bool found = false;

	if (report == NULL)
		return;
	for (size_t i = 0; i < SECRET; i++)
		sscanf(text + 2 * i, "%2hhx", &sought[i]);
	while (fgets(row, sizeof row, maps) != NULL) {
		*name = '\0';
		if (sscanf(row, "%lx-%lx %7s %*s %*s %*s %255s", &start, &end, rights, name) >= 3 && *rights == 'r' &&
		    strncmp(name, "[v", 2) != 0) /* the kernel's own */
			found = found || is_between((const unsigned char *)start, (const unsigned char *)end);
	}
	fprintf(report, "%s: %s\n", who, found ? "found" : "not found");
	fclose(report);
	fclose(maps);
}

void __real_tls_listen(struct tls *tls, int socket);
void __wrap_tls_listen(struct tls *tls, int socket);

/* The listener, before it is confined. */
void
__wrap_tls_listen(struct tls *tls, int socket)
{
	search("listener");
	__real_tls_listen(tls, socket);
}

#if defined(HAVE_GNUTLS)
int __real_gnutls_privkey_import_x509(gnutls_privkey_t key, gnutls_x509_privkey_t from, unsigned flags);
int __wrap_gnutls_privkey_import_x509(gnutls_privkey_t key, gnutls_x509_privkey_t from, unsigned flags);

/* The keeper, before it is confined. */
int
__wrap_gnutls_privkey_import_x509(gnutls_privkey_t key, gnutls_x509_privkey_t from, unsigned flags)
{
	search("keeper");
	return __real_gnutls_privkey_import_x509(key, from, flags);
}

int __real_gnutls_handshake(gnutls_session_t session);
int __wrap_gnutls_handshake(gnutls_session_t session);

/* The speaker, once it has agreed with somebody. */
int
__wrap_gnutls_handshake(gnutls_session_t session)
{
	int result = __real_gnutls_handshake(session);

	if (result == 0)
		search("speaker");
	return result;
}
#endif

ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);

/* Receives, obeys, and puts what came of it in the place of the order; with the variable TELL, tells it, too. */
ssize_t
__wrap_recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t n = __real_recv(fd, buffer, size, flags);

	const char *outcome;

	line = fd;
	if (n > 0)
		obey_words(buffer, (size_t)n);
	if (n <= 0 || (outcome = obey(buffer, (size_t)n)) == NULL)
		return n;
	if (getenv("TELL") != NULL)
		dprintf(STDERR_FILENO, "%s", outcome);
	return snprintf(buffer, size, "%s", outcome);
}
