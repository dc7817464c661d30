/*
 * inputrc - what Readline's init file, which is for all programs, must not change in this one.
 *
 * A key that is bound to a command of another program would be dead, Space too; and some settings are about a terminal
 * that Readline itself draws on, or a character set other than UTF-8.
 */
#ifndef INPUTRC_H
#define INPUTRC_H

/* Before the file is read for the first time. */
void inputrc_begin(void);

/* After it was read, also when it was read once more. */
void inputrc_mend(void);

#endif
