/*
 * The number that both sides compare, and the digests of fingerprints.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/number.h"

/* Those of the manual, which tests/test_number.py computes with Python. */
static const char *const vectors[][2] = {
	{"SHA256:irdLmEgvvsdhnoB0MVV+V8fIp5R8r3k/8r4d4DAUqV0", "42194 66105 37541 18424 69093 49885"},
	{"SHA256:tDqDsBrFcvfqT2Xlwjv2+UH7xUtDxDjIv8N4X0InbDc", "98536 86196 90050 57584 11550 71047"},
	{"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "51133 71673 99880 35289 69223 07129"},
};

static void
test_half(void **state)
{
	char half[NUMBER_HALF_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		number_half(vectors[i][0], half);
		assert_string_equal(half, vectors[i][1]);
	}
}

/* Both sides have the same, whichever is whose. */
static void
test_order(void **state)
{
	const char *here[2], *there[2];

	(void)state;
	number_order(vectors[0][1], vectors[1][1], here);
	number_order(vectors[1][1], vectors[0][1], there);
	for (int i = 0; i < 2; i++) {
		assert_ptr_equal(here[i], vectors[i][1]);
		assert_ptr_equal(there[i], vectors[i][1]);
	}
}

/* What is written is read again. */
static void
test_fingerprint(void **state)
{
	unsigned char digest[FINGERPRINT_DIGEST], again[FINGERPRINT_DIGEST];
	char text[FINGERPRINT_SIZE];

	(void)state;
	for (int n = 0; n < 256; n++) {
		for (int i = 0; i < FINGERPRINT_DIGEST; i++)
			digest[i] = (unsigned char)(n + 37 * i);
		fingerprint_write(digest, text);
		fingerprint_read(text, again);
		assert_memory_equal(digest, again, sizeof digest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
