/*
 * ui: shows events to people and programs. The only consumer of events.
 *
 *	plain     BuildKit's line grammar: "#N name", "#N 0.123 log line", "#N DONE 1.2s"
 *	tty       a live view of running steps with timers and their last log lines
 *	rawjson   BuildKit's SolveStatus objects, one a line
 *	quiet     nothing
 *
 * All output goes to standard error, so that standard output is free for
 * results. The sink is called under the queue's lock; it keeps the last log
 * lines of every vertex for the report of a failure.
 */
#ifndef BUILDER_UI_UI_H
#define BUILDER_UI_UI_H

#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

enum progress {
	PROGRESS_AUTO,
	PROGRESS_PLAIN,
	PROGRESS_TTY,
	PROGRESS_QUIET,
	PROGRESS_RAWJSON
};

/* "auto", "plain", "tty", "quiet", "rawjson" ("none" is quiet). */
bool progress_parse(struct text t, enum progress *out);

struct ui;

/* Takes over the event sink. AUTO is tty if OUT is a terminal that can move its
 * cursor, else plain. */
struct ui *ui_new(enum progress progress, FILE *out);

/* The live view's word for the work: "Building" (the default), "Pulling". */
void ui_name(struct ui *ui, const char *what);

/* Shows the final state and a summary of warnings; nothing is shown after it. */
void ui_finish(struct ui *ui);

/* Drops the sink. Takes NULL. */
void ui_free(struct ui *ui);

/* The last lines of the log of the vertex that failed first: its name and up to
 * MAX lines into OUT ("" if none failed). */
void ui_failure(struct ui *ui, size_t max, struct buf *name, struct buf *lines);

#endif
