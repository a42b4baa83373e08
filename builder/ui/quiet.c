#include "builder/ui/view.h"

static void
quiet_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	(void)ui;
	(void)e;
	(void)v;
}

const struct ui_view ui_quiet = { .event = quiet_event };
