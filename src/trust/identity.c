#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bilingual.h"
#include "base/descriptor.h"
#include "trust/certificate.h"
#include "trust/identity.h"
#include "trust/store.h"

#define FILE_MAX 65536
/*
 * "No well-defined expiration date" (RFC 5280, 4.1.2.5): a key is given up by people, not by a date.  The
 * year 9999, which that is, does not fit into every time_t; GnuTLS knows it by this number.
 */
#define NO_EXPIRATION ((time_t)-1)

/* What identity_open works with. */
struct work {
	char key_path[PATH_MAX], certificate_path[PATH_MAX];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	const char *name;
	bool made;
	char *error;
	size_t size;
};

static int __attribute__((format(printf, 2, 3)))
failed(const struct work *w, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	bilingual_vprint(w->error, w->size, format, arguments);
	va_end(arguments);
	return -1;
}

/* The person's login name, which can be no name (text/name.h) for others to see. */
static const char *
login_name(void)
{
	const struct passwd *user = getpwuid(getuid());

	return user != NULL && name_fault(user->pw_name) == NULL ? user->pw_name : "somebody";
}

/* Reads a small file.  Returns its length, or -1 and errno. */
static ssize_t
read_small(int fd, unsigned char *data)
{
	ssize_t n = fd == -1 ? -1 : read_all(fd, data, FILE_MAX);
	int cause = errno;

	if (fd != -1)
		close(fd);
	errno = cause;
	return n;
}

/* Gives a file its name.  Where replace is false and another tchat was faster, that one's stays. */
static int
put_in_place(const char *other, const char *path, bool replace)
{
	if (!replace && (link(other, path) == 0 || errno == EEXIST))
		return 0;
	return rename(other, path); /* or there are no hard links */
}

/*
 * Writes a file so that nobody ever sees half of it: under another name first.  Returns 0, or -1 and
 * errno.
 */
static int
write_whole(const char *path, const gnutls_datum_t *data, bool replace)
{
	char other[PATH_MAX + 8];
	int fd, result = -1, cause;

	snprintf(other, sizeof other, "%s.XXXXXX", path);
	if ((fd = mkstemp(other)) == -1) /* with mode 0600 */
		return -1;
	if (write_all(fd, data->data, data->size) == 0 && fsync(fd) == 0)
		result = put_in_place(other, path, replace);
	cause = errno;
	close(fd);
	unlink(other);
	errno = cause;
	return result;
}

/* Makes a key and stores it. */
static int
make_key(struct work *w)
{
	gnutls_datum_t pem = {NULL, 0};
	gnutls_x509_privkey_t key;
	int result = gnutls_x509_privkey_init(&key);

	if (result >= 0)
		result = gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0);
	if (result >= 0)
		result = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							   GNUTLS_PKCS_PLAIN, &pem);
	if (result < 0) {
		failed(w, "cannot make a key: %s", bilingual_describe(gnutls_strerror, result));
	} else if ((result = write_whole(w->key_path, &pem, false)) == -1) {
		failed(w, "cannot store the key in %s: %s", w->key_path, bilingual_error(errno));
	} else {
		w->made = true;
	}
	gnutls_x509_privkey_deinit(key);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return result < 0 ? -1 : 0;
}

/* Reads the key, and makes one first if there is none. */
static int
load_key(struct work *w)
{
	static unsigned char data[FILE_MAX];
	struct stat status;
	gnutls_datum_t pem = {data, 0};
	unsigned bits = 0;
	ssize_t n;
	int result;
	int fd = store_open(w->key_path, O_RDONLY);

	if (fd == -1 && errno == ENOENT) {
		if (make_key(w) == -1)
			return -1;
		fd = store_open(w->key_path, O_RDONLY);
	}
	if (fd != -1 && fstat(fd, &status) == 0 && status.st_uid != geteuid()) {
		close(fd);
		return failed(w, "cannot use the key %s: it is somebody else's", w->key_path);
	}
	if (fd != -1 && fstat(fd, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		close(fd);
		return failed(w, "cannot use the key %s: others can read it (chmod 600)", w->key_path);
	}
	if ((n = read_small(fd, data)) == -1)
		return failed(w, "cannot read the key %s: %s", w->key_path, store_strerror(errno));
	pem.size = (unsigned)n;
	result = gnutls_x509_privkey_import2(w->key, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	gnutls_memset(data, 0, sizeof data);
	if (result < 0)
		return failed(w, "cannot use the key %s: it is damaged", w->key_path);
	gnutls_x509_privkey_get_pk_algorithm2(w->key, &bits);
	if (bits > CERTIFICATE_RSA_MAX) /* signing would take long, and no tchat would accept it */
		return failed(w, "cannot use the key %s: it is too large (%u bits): at most %d", w->key_path, bits,
			      CERTIFICATE_RSA_MAX);
	return 0;
}

/* Whether the certificate is for this key, and valid now, and says the right name. */
static bool
fits(const struct work *w)
{
	unsigned char of_key[FINGERPRINT_DIGEST], of_certificate[FINGERPRINT_DIGEST];
	size_t key_size = sizeof of_key, certificate_size = sizeof of_certificate;
	char name[NAME_SIZE];
	time_t now = time(NULL);

	if (gnutls_x509_privkey_get_key_id(w->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) < 0 ||
	    gnutls_x509_crt_get_key_id(w->certificate, GNUTLS_KEYID_USE_SHA256, of_certificate,
				       &certificate_size) < 0 ||
	    memcmp(of_key, of_certificate, sizeof of_key) != 0)
		return false;
	if (gnutls_x509_crt_get_expiration_time(w->certificate) < now ||
	    gnutls_x509_crt_get_activation_time(w->certificate) > now)
		return false;
	if (w->name == NULL)
		return true;
	return identity_name(w->certificate, name) && strcmp(name, w->name) == 0;
}

/* Fills in and signs the certificate.  Returns a code of GnuTLS. */
static int
sign_certificate(struct work *w)
{
	gnutls_x509_crt_t c = w->certificate;
	const char *name = w->name != NULL ? w->name : login_name();
	unsigned char serial[16];
	int result = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

	/* Positive, and of a constant length (RFC 5280, 4.1.2.2). */
	serial[0] = (unsigned char)((serial[0] & 0x3F) | 0x40);
	if (result >= 0)
		result = gnutls_x509_crt_set_version(c, 3);
	if (result >= 0)
		result = gnutls_x509_crt_set_serial(c, serial, sizeof serial);
	if (result >= 0)
		result = gnutls_x509_crt_set_activation_time(c, 0); /* clocks differ */
	if (result >= 0)
		result = gnutls_x509_crt_set_expiration_time(c, NO_EXPIRATION);
	if (result >= 0)
		result = gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						       (unsigned)strlen(name));
	if (result >= 0)
		result = gnutls_x509_crt_set_key(c, w->key);
	if (result >= 0)
		result = gnutls_x509_crt_sign2(c, c, w->key, GNUTLS_DIG_UNKNOWN, 0);
	return result;
}

/* Makes a certificate and stores it. */
static int
make_certificate(struct work *w)
{
	gnutls_datum_t pem = {NULL, 0};
	int result;

	gnutls_x509_crt_deinit(w->certificate);
	result = gnutls_x509_crt_init(&w->certificate);
	if (result >= 0)
		result = sign_certificate(w);
	if (result >= 0)
		result = gnutls_x509_crt_export2(w->certificate, GNUTLS_X509_FMT_PEM, &pem);
	if (result < 0)
		failed(w, "cannot make a certificate: %s", bilingual_describe(gnutls_strerror, result));
	else if ((result = write_whole(w->certificate_path, &pem, true)) == -1)
		failed(w, "cannot store the certificate in %s: %s", w->certificate_path,
		       bilingual_error(errno));
	gnutls_free(pem.data);
	return result < 0 ? -1 : 0;
}

/* Reads the certificate, and makes another if it is not what it should be. */
static int
load_certificate(struct work *w)
{
	static unsigned char data[FILE_MAX];
	ssize_t n = read_small(store_open(w->certificate_path, O_RDONLY), data);
	const gnutls_datum_t pem = {data, n > 0 ? (unsigned)n : 0};

	if (n > 0 && gnutls_x509_crt_import(w->certificate, &pem, GNUTLS_X509_FMT_PEM) >= 0 && fits(w))
		return 0;
	return make_certificate(w);
}

/* Whether GnuTLS can use both together in a conversation.  Returns a code of it. */
static int
try(const struct work *w)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t certificate = w->certificate;
	int result = gnutls_certificate_allocate_credentials(&credentials);

	if (result < 0)
		return result;
	result = gnutls_certificate_set_x509_key(credentials, &certificate, 1, w->key);
	gnutls_certificate_free_credentials(credentials);
	return result;
}

int
identity_open(struct identity *identity, const char *name, char *error, size_t size)
{
	struct work w = {.name = name, .error = error, .size = size};
	int result;

	if (store_path("key.pem", w.key_path, sizeof w.key_path) == -1)
		return failed(&w, "cannot keep a key in %s: %s", w.key_path,
			      errno == EPERM ? bilingual("the directory is not one's own, or others can write to it")
					     : bilingual_error(errno));
	if (store_path("certificate.pem", w.certificate_path, sizeof w.certificate_path) == -1)
		return failed(&w, "cannot keep a certificate in %s: %s", w.certificate_path, bilingual_error(errno));
	gnutls_x509_privkey_init(&w.key);
	gnutls_x509_crt_init(&w.certificate);
	result = load_key(&w);
	if (result == 0)
		result = load_certificate(&w);
	if (result == 0)
		result = try(&w);
	if (result < -1)
		failed(&w, "cannot use the key %s: %s", w.key_path, bilingual_describe(gnutls_strerror, result));
	*identity = (struct identity){.key = w.key, .certificate = w.certificate, .made = w.made};
	if (result >= 0)
		return 0;
	identity_close(identity);
	return -1;
}

void
identity_close(struct identity *identity)
{
	gnutls_x509_crt_deinit(identity->certificate);
	gnutls_x509_privkey_deinit(identity->key);
}

bool
identity_name(gnutls_x509_crt_t certificate, char name[NAME_SIZE])
{
	static const char common_name[] = GNUTLS_OID_X520_COMMON_NAME;
	gnutls_x509_dn_t subject;
	gnutls_x509_ava_st part;

	/* Not gnutls_x509_crt_get_dn_by_oid, which escapes what has a meaning in RFC 4514. */
	if (gnutls_x509_crt_get_subject(certificate, &subject) < 0)
		return false;
	for (int i = 0; gnutls_x509_dn_get_rdn_ava(subject, i, 0, &part) >= 0; i++) {
		/* The size of an OID counts its NUL. */
		if (strnlen((const char *)part.oid.data, part.oid.size) != sizeof common_name - 1 ||
		    memcmp(part.oid.data, common_name, sizeof common_name - 1) != 0)
			continue;
		if (part.value.size >= NAME_SIZE)
			return false;
		memcpy(name, part.value.data, part.value.size);
		name[part.value.size] = '\0';
		return true;
	}
	return false;
}

int
identity_fingerprint(gnutls_x509_crt_t certificate, char text[FINGERPRINT_SIZE])
{
	unsigned char digest[FINGERPRINT_DIGEST];
	size_t size = sizeof digest;
	int result = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, digest, &size);

	if (result >= 0)
		fingerprint_write(digest, text);
	return result;
}
