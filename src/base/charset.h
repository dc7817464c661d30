/*
 * charset - the character set of the terminal, as the environment says (locale(7)); the program's own is UTF-8.
 */
#ifndef CHARSET_H
#define CHARSET_H

/*
 * Sets the locale that the environment asks for.  Characters are UTF-8 in any case: where it asks for another
 * character set, for none, or for what is not on this machine, LC_CTYPE is C.UTF-8, in the environment too.  Ends the
 * program with a message where there is no such locale.
 */
void charset_use_utf8(void);

/*
 * The other character set that the environment asked charset_use_utf8 for, which is that of the terminal; NULL where
 * it asked for UTF-8 or for none, as the locales "C" and "POSIX" do, and a name without a character set that is not
 * on this machine.  Not safe text: it may be part of a variable.
 */
const char *charset_foreign(void);

#endif
