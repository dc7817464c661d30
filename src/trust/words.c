#include <config.h>

#include <ctype.h>
#include <string.h>

#include "base/bilingual.h"
#include "trust/words.h"

static const char *
words_of(const char *sentence)
{
	static char words[256];
	size_t length = strlcpy(words, sentence, sizeof words);

	if (length > 1 && islower((unsigned char)words[1])) /* no abbreviation */
		words[0] = (char)tolower((unsigned char)words[0]);
	if (length > 0 && length < sizeof words && words[length - 1] == '.')
		words[length - 1] = '\0';
	return words;
}

static const char *
describe_error(int error)
{
	return words_of(gnutls_strerror(error));
}

static const char *
describe_alert(int alert)
{
	return words_of(gnutls_alert_get_name((gnutls_alert_description_t)alert));
}

const char *
words_of_error(int error)
{
	return bilingual_describe(describe_error, error);
}

const char *
words_of_alert(gnutls_alert_description_t alert)
{
	if (gnutls_alert_get_name(alert) == NULL)
		return bilingual("an unknown alert");
	return bilingual_describe(describe_alert, (int)alert);
}
