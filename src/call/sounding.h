/*
 * sounding - whether somebody listens at the other end, or the line is busy, before anything is received.
 */
#ifndef SOUNDING_H
#define SOUNDING_H

#define SOUNDING_MS 3000 /* who has not said within that time that the line is busy listens */

enum sounding {
	SOUNDING_NOTHING,  /* has come */
	SOUNDING_PART,	   /* what a busy tchat says, but not all of it, or it need not be all that comes */
	SOUNDING_BUSY,	   /* that, and nothing else will come; it has been received now */
	SOUNDING_SOMEBODY  /* something else has come, or the end, or an error */
};

/* Looks at what a peer has said so far.  It is left, like an error, for whoever receives, unless it is busy. */
enum sounding sounding_look(int socket);

#endif
