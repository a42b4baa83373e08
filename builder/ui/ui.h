/*
 * ui: shows events to people and programs.
 *
 *	plain     BuildKit's line grammar: "#N name", "#N 0.123 log line", "#N DONE 1.2s"
 *	tty       a live view of running steps with timers and their last log lines
 *	rawjson   BuildKit's SolveStatus objects, one a line
 *	jsonl     flat JSON objects, one a line; also the result and the error
 *	quiet     nothing
 *
 * The other public header is:
 *
 *	builder/ui/log_dir.h   each step's output as a file
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
	PROGRESS_RAWJSON,
	PROGRESS_JSONL
};

#define PROGRESS_WORDS "auto|plain|tty|rawjson|jsonl|quiet"
#define PROGRESS_HELP  "must be auto, plain, tty, rawjson, jsonl or quiet"

/* One of PROGRESS_WORDS ("none" is quiet). */
bool progress_parse(struct text t, enum progress *out);

struct ui;

/* Takes over the event sink. AUTO is tty if OUT is a terminal that can move its
 * cursor, else plain. */
struct ui *ui_new(enum progress progress, FILE *out);

/* The live view's word for the work: "Building" (the default), "Pulling". */
void ui_name(struct ui *ui, const char *what);

/* The Dockerfile is in DIR of this machine, for annotations; DIR may be no directory. */
void ui_directory(struct ui *ui, const char *dir);

/* Shows the final state and a summary of warnings; nothing is shown after it. */
void ui_finish(struct ui *ui);

/* What was built. Borrowed. */
struct ui_result {
	struct text image_id, digest; /* p NULL: none */
	const char *const *names;
	size_t n_names;
};

/* For views that tell it; after ui_finish(). */
void ui_result(struct ui *ui, const struct ui_result *result);

/* Why it failed, with secrets masked. Borrowed. */
struct ui_error {
	struct text text, hint, file; /* p NULL: none; file: of the Dockerfile */
	int line, last;               /* there; 0: none */
	int status;                   /* the exit status */
};

/* After ui_finish(). True if the view has told everything: nothing else is printed. */
bool ui_error(struct ui *ui, const struct ui_error *error);

/* Drops the sink. Takes NULL. */
void ui_free(struct ui *ui);

/* The last lines of the log of the vertex that failed first: its name and up to
 * MAX lines into OUT ("" if none failed). */
void ui_failure(struct ui *ui, size_t max, struct buf *name, struct buf *lines);

#endif
