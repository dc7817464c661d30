#include <config.h>

#include <stdio.h>
#include <string.h>

#include "text/label.h"

struct span
label_next(struct label *label)
{
	if (label->name == NULL)
		return (struct span){NULL, 0};
	if (label->name != label->said)
		snprintf(label->text, sizeof label->text, "< %s: ", label->name);
	else
		strlcpy(label->text, "< ", sizeof label->text);
	label->said = label->name;
	return (struct span){label->text, strlen(label->text)};
}
