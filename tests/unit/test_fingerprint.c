/*
 * Fingerprints: the text for a digest, and which texts have its form.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/fingerprint.h"

/* What base64(1) makes of the same bytes, without the padding. */
static void
test_write(void **state)
{
	unsigned char digest[FINGERPRINT_DIGEST];
	char text[FINGERPRINT_SIZE];

	(void)state;
	memset(digest, 0, sizeof digest);
	fingerprint_write(digest, text);
	assert_string_equal(text, "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	memset(digest, 0xFF, sizeof digest);
	fingerprint_write(digest, text);
	assert_string_equal(text, "SHA256://////////////////////////////////////////8");
	for (unsigned i = 0; i < sizeof digest; i++)
		digest[i] = (unsigned char)i;
	fingerprint_write(digest, text);
	assert_string_equal(text, "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
	assert_true(fingerprint_is_valid(text));
}

static void
test_valid(void **state)
{
	static const char *const invalid[] = {
		"",
		"SHA256:",
		"SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
		"SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_",
		"sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"SHA512:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAAAAA",
	};

	(void)state;
	for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
		assert_false(fingerprint_is_valid(invalid[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
