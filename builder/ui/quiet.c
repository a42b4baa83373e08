#include "builder/ui/view.h"

static void
quiet_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	(void)ui;
	(void)e;
	(void)v;
}

static void
quiet_line(struct ui *ui, int number, struct ui_vertex *v, int stream, struct text line,
           int64_t time_ns)
{
	(void)ui;
	(void)number;
	(void)v;
	(void)stream;
	(void)line;
	(void)time_ns;
}

const struct ui_view ui_quiet = { .event = quiet_event, .line = quiet_line };
