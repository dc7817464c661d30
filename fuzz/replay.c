/*
 * Runs a fuzzing program without a fuzzer: on the files given, by default on those of its corpus.
 */
#include <config.h>

#include <dirent.h>
#include <err.h>
#include <string.h>

#include "base/buffer.h"
#include "fuzz.h"

#define CHUNK 4096

static void
replay(const char *path)
{
	struct buffer input = {0};
	FILE *file = fopen(path, "rb");
	size_t n;

	if (file == NULL)
		err(1, "cannot open %s", path);
	while ((n = fread(buffer_reserve(&input, CHUNK), 1, CHUNK, file)) > 0)
		buffer_grow(&input, n);
	if (ferror(file))
		err(1, "cannot read %s", path);
	fclose(file);
	fprintf(stderr, "%s\n", path); /* if it fails, this is the last one named */
	LLVMFuzzerTestOneInput((const uint8_t *)buffer_data(&input), buffer_length(&input));
	buffer_free(&input);
}

/* The corpus of fuzz_NAME. */
static void
replay_corpus(const char *program)
{
	const char *top = getenv("srcdir"), *name = strstr(program, "fuzz_");
	char directory[1024], path[2048];
	const struct dirent *entry;
	size_t count = 0;
	DIR *files;

	if (name == NULL)
		errx(1, "%s is not called fuzz_NAME", program);
	snprintf(directory, sizeof directory, "%s/fuzz/corpus/%s", top != NULL ? top : ".",
		 name + strlen("fuzz_"));
	if ((files = opendir(directory)) == NULL)
		err(1, "cannot read %s", directory);
	while ((entry = readdir(files)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		replay(path);
		count++;
	}
	closedir(files);
	if (count == 0)
		errx(1, "%s is empty", directory);
}

int
main(int argc, char *argv[])
{
	if (argc == 1)
		replay_corpus(getprogname());
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	return 0;
}
