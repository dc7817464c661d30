#include <config.h>

#include <ctype.h>
#include <string.h>

#include "trust/words.h"

static const char *
words_of(const char *sentence)
{
	static char words[128];
	size_t length = strlcpy(words, sentence, sizeof words);

	if (length > 1 && islower((unsigned char)words[1])) /* no abbreviation */
		words[0] = (char)tolower((unsigned char)words[0]);
	if (length > 0 && length < sizeof words && words[length - 1] == '.')
		words[length - 1] = '\0';
	return words;
}

const char *
words_of_error(int error)
{
	return words_of(gnutls_strerror(error));
}

const char *
words_of_alert(gnutls_alert_description_t alert)
{
	const char *name = gnutls_alert_get_name(alert);

	return name != NULL ? words_of(name) : "an unknown alert";
}
