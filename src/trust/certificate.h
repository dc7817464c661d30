/*
 * certificate - what a peer's certificate says, read before anything is computed with its key: it takes a stranger
 * nothing to show one that would keep this machine busy for minutes.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>

#include "text/name.h"
#include "trust/fingerprint.h"

#define CERTIFICATE_RSA_MAX 4096 /* bits of an RSA key; what openssl(1) and ncat(1) make by themselves has 2048 */

struct certificate {
	char fingerprint[FINGERPRINT_SIZE]; /* of its key */
	char name[NAME_SIZE];		    /* that the peer gives itself, tamed; empty: none */
};

/*
 * Reads a certificate (DER; RFC 5280) from its bytes, which may be anything.  False: it will not do, and error, which
 * has room for size bytes, says why, in a few words, which are bilingual.  Nobody's signature is verified.
 */
bool certificate_read(struct certificate *certificate, const gnutls_datum_t *der, char *error, size_t size);

#endif
