#include <config.h>

#include <string.h>

#include "talk/bans.h"

bool
bans_have(const struct bans *bans, const char *whom)
{
	struct span rest = buffer_span(&bans->all);

	while (rest.length > 0) {
		size_t length = strlen(rest.text) + 1;

		if (*whom != '\0' && strcmp(rest.text, whom) == 0)
			return true;
		rest = (struct span){rest.text + length, rest.length - length};
	}
	return false;
}

void
bans_add(struct bans *bans, const char *whom)
{
	if (!bans_have(bans, whom))
		buffer_add(&bans->all, whom, strlen(whom) + 1);
}

void
bans_free(struct bans *bans)
{
	buffer_free(&bans->all);
}
