#include <config.h>

#include <string.h>

#include "screen/labels.h"
#include "text/filter.h"
#include "text/wrap.h"

#define MARK_MAX 3 /* columns of a group's marks */

void
labels_init(struct labels *labels, const char *name)
{
	*labels = (struct labels){.width = 0};
	filter_string(name, labels->own, sizeof labels->own);
	labels_widen(labels, labels->own);
}

void
labels_widen(struct labels *labels, const char *label)
{
	int width = wrap_measure(label, strlen(label));

	if (width > labels->width)
		labels->width = width;
}

static void
widen_for_member(void *context, const struct talk_view *view)
{
	if (view->state == PARTY_TALKING)
		labels_widen(context, view->name);
}

void
labels_widen_for_group(struct labels *labels, const struct talk *talk)
{
	int width = 1;

	for (size_t most = talk_members(talk); most >= 10 && width < MARK_MAX; most /= 10)
		width++;
	if (width > labels->mark_width)
		labels->mark_width = width;
	talk_each(talk, widen_for_member, labels);
}
