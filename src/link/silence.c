#include <config.h>

#include "link/silence.h"

int64_t
silence_look(struct silence *silence, int64_t now, bool owed, int64_t heard, int64_t gap)
{
	int64_t unwatched = now - silence->looked;

	silence->owed = owed;
	silence->looked = now;
	if (unwatched > gap)
		silence->answered += unwatched;
	if (heard > silence->answered)
		silence->answered = heard;
	if (!owed)
		silence->answered = now;
	return now - silence->answered;
}
