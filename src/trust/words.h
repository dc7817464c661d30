/*
 * words - what GnuTLS says, as the end of a sentence: it begins small, and has no full stop.  It is
 * bilingual, and stays for ever.
 */
#ifndef WORDS_H
#define WORDS_H

#include <gnutls/gnutls.h>

/* Of a code that one of its functions returns. */
const char *words_of_error(int error);

/* Of an alert.  A peer can send any number, and GnuTLS has no name for some. */
const char *words_of_alert(gnutls_alert_description_t alert);

#endif
