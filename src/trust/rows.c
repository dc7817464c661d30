/* Of trust.h: what there is to be seen of a key, as rows. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/bilingual.h"
#include "trust/bare.h"
#include "trust/number.h"
#include "trust/tls.h"
#include "trust/trust.h"

/* Half of a number, and what it comes of; zeroed: of nothing yet. */
struct half {
	char fingerprint[FINGERPRINT_SIZE], digits[NUMBER_HALF_SIZE];
};

/* Whose key it is that nobody knows. */
static const char *
statement(const struct trust *t)
{
	static char text[TRUST_TEXT_MAX];
	const char *name = tls_peer_name(t->tls);

	if (t->call->role == ROLE_CLIENT && *t->name != '\0')
		bilingual_print(text, sizeof text,
				t->named ? N_("the key of %s is not known yet: %s, it is that of \"%s\"")
					 : N_("the key of %s is not known yet: %s, it calls itself \"%s\""),
				t->peer->place, t->fingerprint, t->name);
	else if (t->call->role == ROLE_CLIENT)
		bilingual_print(text, sizeof text, "the key of %s is not known yet: %s", t->peer->place,
				t->fingerprint);
	else if (*name != '\0')
		bilingual_print(text, sizeof text, "the caller's key is not known yet: %s, it calls itself \"%s\"",
				t->fingerprint, name);
	else
		bilingual_print(text, sizeof text, "the caller's key is not known yet: %s, it has no name",
				t->fingerprint);
	return text;
}

/* The half of the number that comes of a key.  As it takes milliseconds, the last ones are kept. */
static const char *
half_of(struct half *kept, const char *fingerprint)
{
	if (strcmp(kept->fingerprint, fingerprint) != 0)
		number_half(fingerprint, kept->digits);
	strlcpy(kept->fingerprint, fingerprint, sizeof kept->fingerprint);
	return kept->digits;
}

/* The number that both sides see, as two rows.  False where one of them shows no key. */
static bool
find_number(const struct tls *tls, const char *rows[2])
{
	static struct half own, other;
	char fingerprint[FINGERPRINT_SIZE];

	if (!tls_peer(tls, fingerprint) || !tls_has_shown_key(tls))
		return false;
	number_order(half_of(&own, trust_fingerprint()), half_of(&other, fingerprint), rows);
	return true;
}

const char *const *
trust_question(const struct trust *t)
{
	static const char *rows[TRUST_ROWS_MAX];
	bool numbered;
	int count;

	if (t->bare)
		return bare_question(t);
	numbered = find_number(t->tls, rows + 1);
	count = numbered ? 3 : 1;
	rows[0] = statement(t);
	if (*t->warning != '\0')
		rows[count++] = t->warning;
	if (*t->remark != '\0')
		rows[count++] = t->remark;
	rows[count++] = numbered ? bilingual("phone the other person: both of you must see this number")
				 : bilingual("phone the other person: that must be the fingerprint there");
	rows[count++] = t->prompt;
	rows[count] = NULL;
	return rows;
}

const char *const *
trust_rows(const struct tls *tls)
{
	static char how[128], own[256], other[256];
	static const char *rows[TRUST_ROWS_MAX] = {how, own, other};
	const char **number = rows + 4;
	char fingerprint[FINGERPRINT_SIZE];

	tls_describe(tls, how, sizeof how);
	/* TRANSLATORS: the fingerprint of the key here is to stand in the column of the one "there". */
	snprintf(own, sizeof own, _("here   %s"), trust_fingerprint());
	snprintf(other, sizeof other, _("there  %s"),
		 tls_peer(tls, fingerprint) ? fingerprint : _("unknown: it has shown no key"));
	rows[3] = find_number(tls, number) ? _("The number, which has to be the same there:") : NULL;
	return rows;
}
