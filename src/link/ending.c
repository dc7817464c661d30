#include <config.h>

#include <signal.h>

#include "base/bilingual.h"
#include "link/ending.h"
#include "trust/tls.h"

bool
ending_is_orderly(const struct ending *e)
{
	return e->how == ENDING_NONE || e->how == ENDING_LEFT;
}

bool
ending_is_refusal(const struct ending *e)
{
	return e->how == ENDING_BUSY || e->how == ENDING_IS_TLS || (e->how == ENDING_TLS && tls_is_refusal(e->cause));
}

bool
ending_is_our_failure(const struct ending *e)
{
	return e->how == ENDING_UNHEARD || e->how == ENDING_OUTPUT || e->how == ENDING_KILLED;
}

void
ending_describe(const struct ending *e, const char *name, char *text, size_t size)
{
	switch (e->how) {
	case ENDING_NONE:
	case ENDING_LEFT:
		bilingual_print(text, size, "%s has left", name);
		break;
	case ENDING_UNHEARD:
		bilingual_print(text, size, "%s cannot be listened to: %s", name, bilingual_error(e->cause));
		break;
	case ENDING_BROKEN:
		bilingual_print(text, size, "the connection to %s broke: %s", name, bilingual_error(e->cause));
		break;
	case ENDING_CUT:
		bilingual_print(text, size, "the connection to %s was cut off: it ended without a goodbye", name);
		break;
	case ENDING_TLS:
		tls_explain(e->cause, name, text, size);
		break;
	case ENDING_IS_TLS:
		bilingual_print(text, size, "%s speaks TLS: that needs -t here", name);
		break;
	case ENDING_BUSY:
		bilingual_print(text, size, "%s is busy, and has heard nothing", name);
		break;
	case ENDING_OUTPUT:
		bilingual_print(text, size, "cannot write what arrives: %s", bilingual_error(e->cause));
		break;
	case ENDING_KILLED:
		bilingual_print(text, size, "the listener died: %s",
				e->cause == SIGSYS ? bilingual("it attempted what it may not do")
				: e->cause != 0	   ? bilingual_signal(e->cause)
						   : bilingual("unknown cause"));
		break;
	}
}
