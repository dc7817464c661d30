/*
 * The file of known peers: whatever is in it, its lines are either understood or left alone, and what is
 * added can be found.
 *
 * A case is the file.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "base/span.h"
#include "trust/known.h"
#include "text/name.h"

static const struct known new_caller = {
	.kind = KNOWN_CALLER,
	.fingerprint = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	.name = "somebody new",
};

static const struct known new_name = {
	.kind = KNOWN_NAME,
	.fingerprint = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	.name = "somebody else",
};

static const struct known new_server = {
	.kind = KNOWN_SERVER,
	.fingerprint = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	.name = "example.org",
	.port = 8080,
};

/* What was understood can be written, and is understood in the same way. */
static void
must_be_right(const struct known *known)
{
	char line[KNOWN_NAME_MAX + 128];
	struct known again;
	size_t length = known_format(known, line, sizeof line);

	must(fingerprint_is_valid(known->fingerprint));
	must(known->kind != KNOWN_SERVER ? name_fault(known->name) == NULL
					 : known->name[0] != '\0' && strlen(known->name) < sizeof known->name);
	if (known->kind != KNOWN_SERVER || strchr("/@", *known->name) != NULL)
		must(known->port == 0);
	else
		must(known->port >= 1 && known->port <= 65535);
	must(length > 0 && line[length - 1] == '\n');
	must(known_parse(line, length - 1, &again));
	must(again.kind == known->kind && again.port == known->port);
	must(strcmp(again.fingerprint, known->fingerprint) == 0);
	must(strcmp(again.name, known->name) == 0);
}

/* Whether a key is that of a server. */
static bool
has_server(const struct buffer *file, const char *fingerprint)
{
	struct span text = buffer_span(file), line;
	struct known known;

	while ((line = span_line(&text)).length > 0)
		if (known_parse(line.text, line.length - span_is_complete(line), &known) &&
		    known.kind == KNOWN_SERVER && strcmp(known.fingerprint, fingerprint) == 0)
			return true;
	return false;
}

/* The file finds what its line tells; a server may have several keys. */
static void
must_be_found(const struct buffer *file, const struct known *known)
{
	char other[FINGERPRINT_SIZE], name[KNOWN_NAME_MAX];

	if (known->kind == KNOWN_NAME && !has_server(file, known->fingerprint))
		return; /* such a name does not count */
	if (known->kind == KNOWN_SERVER) {
		must(known_server(file, known->name, known->port, known->fingerprint, other) == SERVER_SAME);
	} else {
		must(known->kind == KNOWN_NAME || known_is_taken(file, known->name, ""));
		must(known->kind == KNOWN_NAME || known_caller(file, known->fingerprint, name));
		must(known_name(file, known->fingerprint, name));
	}
}

/* Whether the file leaves no place for an entry. */
static bool
is_taken(const char *path, const struct known *known)
{
	char other[FINGERPRINT_SIZE], name[KNOWN_NAME_MAX];
	struct buffer file;
	bool taken;

	must(known_read(path, &file) == 0);
	if (known->kind == KNOWN_SERVER)
		taken = known_server(&file, known->name, known->port, known->fingerprint, other) == SERVER_CHANGED;
	else
		taken = known_is_taken(&file, known->name, known->fingerprint) &&
			!(known->kind == KNOWN_CALLER ? known_caller(&file, known->fingerprint, name)
						      : known_name(&file, known->fingerprint, name));
	buffer_free(&file);
	return taken;
}

/* An entry is added, once, where its place is free. */
static void
must_be_added(const char *path, const struct known *entry)
{
	struct known added = *entry;
	struct buffer file, again;

	if (is_taken(path, entry)) {
		must(known_add(path, &added) == -1 && errno == EEXIST);
		return;
	}
	must(known_add(path, &added) == 0);
	must(known_read(path, &file) == 0);
	must_be_found(&file, &added);
	must(known_add(path, &added) == 0);
	must(known_read(path, &again) == 0);
	must(buffer_length(&again) == buffer_length(&file));
	buffer_free(&file);
	buffer_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *next;
	int fd = memfd_create("known_peers", 0);
	struct buffer file;
	struct known known;
	size_t lines = 0;
	char path[32];

	must(fd != -1 && fchmod(fd, 0600) == 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	must_be_added(path, &new_caller);
	must_be_added(path, &new_server);
	must(known_read(path, &file) == 0);
	if (has_server(&file, new_name.fingerprint))
		must_be_added(path, &new_name);
	buffer_free(&file);
	must(known_read(path, &file) == 0);
	for (; text < end; text = next, lines++) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));

		next = lf != NULL ? lf + 1 : end;
		if (!known_parse(text, (size_t)((lf != NULL ? lf : end) - text), &known))
			continue;
		must_be_right(&known);
		must_be_found(&file, &known);
	}
	must(known_misunderstood(&file) <= lines);
	buffer_free(&file);
	close(fd);
	return 0;
}
