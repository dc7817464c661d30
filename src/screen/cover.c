#include <config.h>

#include "screen/cover.h"
#include "screen/help.h"

bool
cover_is_open(const struct cover *cover)
{
	return cover->rows != NULL || cover->guests.open;
}

void
cover_show_help(struct cover *cover)
{
	cover->rows = help_rows();
}

void
cover_show_who(struct cover *cover, const struct talk *talk)
{
	if (talk_is_group(talk))
		guests_open(&cover->guests);
	else
		cover->rows = talk_secrecy(talk);
}

void
cover_close(struct cover *cover)
{
	cover->rows = NULL;
	cover->guests.open = false;
}

void
cover_press(struct cover *cover, struct talk *talk, struct span key)
{
	if (cover->guests.open)
		guests_press(&cover->guests, talk, key);
	cover->rows = NULL;
}

const char *const *
cover_rows(struct cover *cover, const struct talk *talk, int rows, int columns)
{
	if (cover->guests.open)
		return guests_rows(&cover->guests, talk, rows, columns);
	if (cover->rows != help_rows())
		cover->rows = talk_secrecy(talk); /* of who is there now */
	return cover->rows;
}

void
cover_free(struct cover *cover)
{
	guests_free(&cover->guests);
}
