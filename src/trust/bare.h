/*
 * bare - a call without -t to a server that is known by its key, or one that is announced in the local network to do
 * without encryption: nobody shows a key then, so that anybody could answer.  The person is asked, each time, before
 * anything is sent; but if the latter is known by its key, it is over.
 *
 * A struct trust is bare from bare_begin on; its functions (trust/trust.h) come here then.
 */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stddef.h>

#include "trust/trust.h"

/* Looks whether the server that will be called so is known; to be called as long as files can be opened. */
void bare_recall(const struct call_options *call);

/* Whether it is. */
bool bare_is_known(void);

/* Why nobody is called so who is announced in the local network, in English words (N_), if that is known; or NULL. */
const char *bare_objection(void);

/* Says why that cannot be told, if so. */
void bare_introduce(trust_say *say, void *context);

/*
 * Begins with the question (TRUST_ASKING) or, if the line was busy and may be so again, by looking whether it is
 * (TRUST_AGREEING), so that nobody is asked for nothing; or it is over (TRUST_FAILED).  All pointers are as in
 * trust_begin.
 */
void bare_begin(struct trust *trust, const struct trust_options *options, const struct call_options *call,
		struct peer *peer, bool sounds, trust_say *say, void *context);

void bare_poll(const struct trust *trust, struct polls *polls);
enum trust_state bare_step(struct trust *trust);
void bare_ask(struct trust *trust);
const char *const *bare_question(const struct trust *trust);
enum trust_state bare_answer(struct trust *trust, const char *text, size_t length);
void bare_refuse(struct trust *trust, const char *why);

/* How safe it is to talk to a peer without encryption, in English words (N_). */
const char *bare_secrecy(const struct peer *peer);

/* The same as rows in the person's language, up to a NULL (trust_rows); good until the next call. */
const char *const *bare_rows(const struct peer *peer);

#endif
