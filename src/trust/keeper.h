/*
 * keeper - a process of its own that has the private key, and does nothing but sign with it.
 *
 *   speaker                                      keeper
 *      | <-- once: the certificate, or an error ---- |   reads the key and the certificate, or makes them
 *      | --- what is to be signed -----------------> |
 *      | <-- the signature ------------------------- |
 *
 * Neither the speaker, which reads what strangers send in a handshake, nor a listener ever has the key: the credentials
 * for a session have the certificate, and ask the keeper.  It signs what proves to whom one talks that one has the
 * key (RFC 8446, 4.4.3), in the role that this program has, and ends if it is asked for anything else.  Once it has
 * the key it can open no file, and make no system call but those of its loop.  It ends with the speaker.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/child.h"
#include "base/polls.h"
#include "call/call.h"
#include "trust/fingerprint.h"
#include "trust/transcript.h"

/* The speaker's end. */
struct keeper {
	int socket; /* to the process; -1: nothing more is to be said or heard */
	int slot;
	struct child child;
	gnutls_certificate_credentials_t credentials; /* for a session */
	char fingerprint[FINGERPRINT_SIZE];
	bool made;			     /* the key, just now */
	bool server;			     /* what it signs is a server's */
	gnutls_pk_algorithm_t algorithm;     /* of the key */
	int bits;			     /* ... and its length */
	uint32_t number;		     /* of the last request */
	gnutls_session_t session;	     /* whose handshake goes on, and ... */
	const struct transcript *transcript; /* ... what was said in it */
};

/*
 * Starts the process, and waits until it has key and certificate; a signal that asks the program to end ends the
 * wait.  name is what the certificate is to say, or NULL, as of identity_open.  The keeper must stay where it is.
 * Returns 0, or -1 with a bilingual message in error, which has room for size bytes, and is empty after such a signal.
 */
int keeper_start(struct keeper *keeper, const char *name, enum role role, char *error, size_t size);

/*
 * For whom is to be signed from now on: to be called before each step of a handshake.  A process that is dead or
 * stopped, or that takes too long, has the handshake fail with GNUTLS_E_PK_SIGN_FAILED.
 */
void keeper_attend(struct keeper *keeper, gnutls_session_t session, const struct transcript *transcript);

/* Whether the transcript is needed: GnuTLS says itself what is to be signed with some kinds of keys. */
bool keeper_needs_transcript(const struct keeper *keeper);

/* That the process has ended is noticed; once, keeper_step then says so in a bilingual text, and returns true. */
void keeper_poll(struct keeper *keeper, struct polls *polls);
bool keeper_step(struct keeper *keeper, const struct polls *polls, char *text, size_t size);

/* In another child of the speaker: gives up what leads to the keeper. */
void keeper_forget(struct keeper *keeper);

/* Ends the process: nothing is signed any more.  The fingerprint stays. */
void keeper_close(struct keeper *keeper);

#endif
