#include <config.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "base/bilingual.h"
#include "trust/certificate.h"
#include "trust/identity.h"

#define CERTIFICATE_MAX 8192 /* bytes; usual are one or two thousand, and many small names take long to read */
#define EXPONENT_MAX 8	  /* bytes, as in OpenSSL; nearly all have three */

/*
 * Whether an RSA key is small enough to compute with.  Keys of the other algorithms that are agreed to (trust/tls.c)
 * have their size from them.
 */
static bool
is_bounded(gnutls_x509_crt_t x509, char *error, size_t size)
{
	unsigned bits = 0;
	gnutls_datum_t exponent = {NULL, 0};
	gnutls_pubkey_t key;

	gnutls_pubkey_init(&key);
	if (gnutls_pubkey_import_x509(key, x509, 0) >= 0 &&
	    gnutls_pubkey_export_rsa_raw2(key, NULL, &exponent, GNUTLS_EXPORT_FLAG_NO_LZ) >= 0)
		gnutls_pubkey_get_pk_algorithm(key, &bits);
	gnutls_free(exponent.data);
	gnutls_pubkey_deinit(key);
	if (bits > CERTIFICATE_RSA_MAX)
		bilingual_print(error, size, "its RSA key is too large (%u bits): at most %d", bits,
				CERTIFICATE_RSA_MAX);
	else if (exponent.size > EXPONENT_MAX)
		bilingual_print(error, size, "the exponent of its RSA key is too large (%u bytes): at most %d",
				exponent.size, EXPONENT_MAX);
	return bits <= CERTIFICATE_RSA_MAX && exponent.size <= EXPONENT_MAX;
}

/* Whether it is right as far as it can be told from itself. */
static bool
is_right(gnutls_x509_crt_t x509, const gnutls_datum_t *der, char *error, size_t size)
{
	time_t now = time(NULL);

	if (gnutls_x509_crt_import(x509, der, GNUTLS_X509_FMT_DER) < 0)
		bilingual_print(error, size, "its certificate cannot be read");
	else if (gnutls_x509_crt_get_expiration_time(x509) < now)
		bilingual_print(error, size, "its certificate has expired");
	else if (gnutls_x509_crt_get_activation_time(x509) > now)
		bilingual_print(error, size, "its certificate is not valid yet");
	else if (is_bounded(x509, error, size) && der->size > CERTIFICATE_MAX)
		bilingual_print(error, size, "its certificate is too large (%u bytes): at most %d", der->size,
				CERTIFICATE_MAX);
	return *error == '\0';
}

bool
certificate_read(struct certificate *certificate, const gnutls_datum_t *der, char *error, size_t size)
{
	char claim[NAME_SIZE];
	gnutls_x509_crt_t x509;
	bool right;

	*error = '\0';
	*certificate = (struct certificate){.name = ""};
	gnutls_x509_crt_init(&x509);
	right = is_right(x509, der, error, size);
	if (right && identity_fingerprint(x509, certificate->fingerprint) < 0) {
		bilingual_print(error, size, "its certificate cannot be read");
		right = false;
	}
	if (right && identity_name(x509, claim))
		name_tame(claim, certificate->name);
	gnutls_x509_crt_deinit(x509);
	return right;
}
