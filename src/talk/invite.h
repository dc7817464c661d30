/*
 * invite - what whoever waits has to tell the other person, so that they find each other.
 */
#ifndef INVITE_H
#define INVITE_H

#include "talk/talk.h"

#define INVITE_ROWS 3 /* at most */

/*
 * Rows of safe text in the person's language up to a NULL, good until the next call: the command that calls this
 * server, what can stand in it in place of the host, and with -t the fingerprint of the key here.  None for a client;
 * no command where none is known.
 */
const char *const *invite_rows(const struct talk_base *base);

#endif
