/*
 * fuzz - what the fuzzing programs share.
 *
 * Each of them is fuzz_NAME.c: it makes a case of any bytes, runs the program's code on it, and demands
 * what must hold for every case.  Its corpus is in corpus/NAME.  Configured with --enable-fuzzing it
 * searches for cases that fail (scripts/fuzz); otherwise make check runs it on its corpus, see replay.c.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* One case.  The name is what libFuzzer calls; the answer is 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition) \
	((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))

static inline _Noreturn void
fuzz_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, condition);
	abort();
}

/* The program's character set. */
static void __attribute__((constructor))
fuzz_use_utf8(void)
{
	must(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
}

#endif
