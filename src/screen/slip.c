#include <config.h>

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/bilingual.h"
#include "screen/slip.h"

static const char leaving[] = N_("that was sent as text: Ctrl-D on an empty line leaves, F1 shows the keys");
static const char helping[] = N_("that was sent as text: F1 shows the keys");

static const struct {
	const char *words, *advice;
} slips[] = {
	{"/quit", leaving}, {"/exit", leaving}, {"/q", leaving},     {"/bye", leaving}, {"/leave", leaving},
	{"/part", leaving}, {":q", leaving},    {":q!", leaving},    {":wq", leaving},  {":x", leaving},
	{":quit", leaving}, {"quit", leaving},  {"exit", leaving},   {"q", leaving},    {"logout", leaving},
	{"/help", helping}, {"/h", helping},    {"/?", helping},     {"help", helping}, {":help", helping},
	{":h", helping},    {"/commands", helping},
};

const char *
slip_advice(struct span line)
{
	size_t length = line.length;

	while (length > 0 && strchr("\n ", line.text[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++)
		if (strlen(slips[i].words) == length && strncasecmp(slips[i].words, line.text, length) == 0)
			return slips[i].advice;
	return NULL;
}
