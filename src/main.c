#include <config.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/charset.h"
#include "base/descriptor.h"
#include "base/fatal.h"
#include "base/signals.h"
#include "call/caller.h"
#include "call/handed.h"
#include "link/cell.h"
#include "list.h"
#include "options.h"
#include "plain/host.h"
#include "plain/plain.h"
#include "record/log.h"
#include "record/notice.h"
#include "screen/fullscreen.h"
#include "screen/terminal.h"
#include "talk/talk.h"
#include "trust/bare.h"
#include "trust/trust.h"

#define WRONG_USAGE 2

#if defined(HAVE_LIBBSD) && defined(HAVE_GNUTLS)
#define BUILT_WITH _("Built with ncursesw, GNU Readline and libbsd, with GnuTLS.")
#elif defined(HAVE_LIBBSD)
#define BUILT_WITH _("Built with ncursesw, GNU Readline and libbsd, without GnuTLS.")
#elif defined(HAVE_GNUTLS)
#define BUILT_WITH _("Built with ncursesw and GNU Readline, with GnuTLS.")
#else
#define BUILT_WITH _("Built with ncursesw and GNU Readline, without GnuTLS.")
#endif

/* Reads what is otherwise read when it is first asked for; later no file may be opened (base/confine.h). */
static void
load_locale_files(void)
{
	tzset();
	bilingual_open(LOCALEDIR);
}

static void
show_version(void)
{
	const char *confined = cell_methods();

	puts(PACKAGE_STRING);
	puts(BUILT_WITH);
	printf(_("Confined by %s.\n"), confined != NULL ? _(confined) : _("nothing"));
	puts(_("Copyright (C) 2026 the tchat developers. Licence GPLv3+: GNU GPL version 3 or later."));
}

/* Standard output must have taken what --help and --version print. */
static int
printed(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		err(1, "%s", _("cannot write to standard output"));
	return 0;
}

static bool
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/*
 * Whether a terminal is to show what others say, or is where that is typed which is sent to them.  Raw bytes are
 * nobody's text.  Callers with a key have names, which are shown beside the question.
 */
static bool
shares_terminal(const struct options *o)
{
	const struct plain_options *plain = &o->plain;

	if (!plain->raw && ((!plain->receive_only && isatty(STDIN_FILENO)) ||
			    (!plain->send_only && isatty(STDOUT_FILENO))))
		return true;
	return o->call.tls && o->call.role == ROLE_SERVER && (isatty(STDERR_FILENO) || has_terminal());
}

/* There a stranger's text could be a control sequence. */
static int
refuse_charset(void)
{
	notice(NULL, "the terminal's character set is %s, not UTF-8: "
		     "use another, or set LC_ALL=C.UTF-8 if that is wrong", charset_foreign());
	return EXIT_FAILURE;
}

/* Whether the full screen is what is asked for, and what the terminal can do; if only the latter lacks, says why. */
static bool
can_have_full_screen(const struct options *o)
{
	const char *unknown;

	if (o->no_screen || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (terminal_can_draw())
		return true;
	if ((unknown = terminal_unknown()) != NULL)
		notice(NULL, "the terminal %s is not known on this machine: plain mode; "
			     "for the full screen, try TERM=xterm-256color", unknown);
	return false;
}

/* Says why the log cannot be written, and what helps against that. */
static void
explain_log(int cause, char *text, size_t size)
{
	const char *remedy = "";

	if (cause == ENOENT || cause == ENOTDIR)
		remedy = bilingual("; name a file in a directory that is there");
	else if (cause == EISDIR)
		remedy = bilingual("; name a file in it");
	else if (cause == EACCES || cause == EPERM || cause == EROFS)
		remedy = bilingual("; name a file that you may write");
	bilingual_print(text, size, "%s%s", cause == EPIPE ? bilingual("nobody reads it") : bilingual_error(cause),
			remedy);
}

static struct caller caller;

/* What is done before fatal() ends the program: the port is free then. */
static void
end_caller(void)
{
	caller_close(&caller);
}

int
main(int argc, char *argv[], char *environment[])
{
	struct options options;
	struct talk_base base;
	struct log *log = NULL;
	static char line[BUFSIZ];
	char error[BILINGUAL_MAX];
	bool full_screen;
	int status;

	setprogname("tchat"); /* before setproctitle_init, which makes a copy of it */
	if (descriptors_standard() == -1)
		err(1, "cannot open /dev/null");
	setvbuf(stderr, line, _IOLBF, sizeof line); /* a notice is one write, the listener's do not mix in */
#if defined(HAVE_SETPROCTITLE_INIT)
	setproctitle_init(argc, argv, environment);
#else
	(void)environment;
#endif
	charset_use_utf8();
	load_locale_files();
	switch (options_parse(&options, argc, argv, error, sizeof error)) {
	case REQUEST_HELP:
		for (const char *const *row = options_help; *row != NULL; row++)
			fputs(_(*row), stdout);
		return printed();
	case REQUEST_VERSION:
		show_version();
		return printed();
	case REQUEST_FINGERPRINT:
		if (trust_open(&options.trust, options.call.role, error, sizeof error) == -1)
			return notice(NULL, "%s", error), 1;
		puts(trust_fingerprint());
		trust_close();
		return printed();
	case REQUEST_LIST:
		if (charset_foreign() != NULL && isatty(STDOUT_FILENO))
			return refuse_charset();
		return list_run();
	case REQUEST_WRONG:
		notice(NULL, "%s", error);
		return WRONG_USAGE;
	case REQUEST_CHAT:
		break;
	}
	if (charset_foreign() != NULL && shares_terminal(&options))
		return refuse_charset();
	if (options.log != NULL && (log = log_open(options.log)) == NULL) {
		explain_log(errno, error, sizeof error);
		notice(NULL, "cannot write to the log %s: %s", options.log, error);
		return EXIT_FAILURE;
	}

	if (handed_take(&options.call, error, sizeof error) == -1) {
		notice(log, "%s", error);
		return EXIT_FAILURE;
	}
	full_screen = can_have_full_screen(&options);
	if (options.call.redial && !full_screen) {
		notice(NULL, "-k calls again in the full screen only, which needs a terminal");
		return WRONG_USAGE;
	}
	options.call.keep |= full_screen && !options.call.once;
	if (!options.call.tls || options.call.nearby != NULL)
		bare_recall(&options.call);
	if (options.call.objection == NULL)
		options.call.objection = bare_objection();
	signals_open();
	/* Before there is a key: this process has none. */
	if (caller_start(&caller, &options.call) == -1) {
		notice(log, "cannot start the process that calls: %s", bilingual_error(errno));
		return EXIT_FAILURE;
	}
	fatal_first(end_caller);
	base = (struct talk_base){.call = &options.call, .trust = &options.trust, .caller = &caller, .log = log};
	if (options.call.tls && trust_open(&options.trust, options.call.role, error, sizeof error) == -1) {
		if (*error != '\0')
			notice(log, "%s", error);
		status = EXIT_FAILURE;
	} else if (full_screen) {
		status = fullscreen_run(&options.screen, &base);
	} else {
		status = options.call.group ? host_run(&base) : plain_run(&options.plain, &base);
	}

	caller_close(&caller);
	if (options.call.tls)
		trust_close();
	notice_finish_log(log);
	log_close(log);
	if (signals_deadly() != 0)
		signals_obey(signals_deadly());
	return status;
}
