/*
 * identity - who one is to others: an Ed25519 key, and a certificate that says one's name.
 *
 * Both are made on first use and kept in the store (trust/store.h): key.pem, which nobody else may read, and
 * certificate.pem, self-signed.  Only the keeper (trust/keeper.h) opens them.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <stdbool.h>
#include <stddef.h>

#include "trust/fingerprint.h"
#include "text/name.h"

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	bool made; /* the key, just now */
};

/*
 * Gets the identity from the store, or makes it there.  name is what the certificate is to say; NULL:
 * whatever it says, and the login name, if that is a name, where it is made.  Returns 0, or -1 with a bilingual
 * message in error, which has room for size bytes.
 */
int identity_open(struct identity *identity, const char *name, char *error, size_t size);

void identity_close(struct identity *identity);

/* The name that a certificate says (its common name), as it is there.  False: none, or one too long. */
bool identity_name(gnutls_x509_crt_t certificate, char name[NAME_SIZE]);

/* The fingerprint of a public key.  Returns 0, or a negative code of GnuTLS. */
int identity_fingerprint(gnutls_x509_crt_t certificate, char text[FINGERPRINT_SIZE]);

#endif
