/*
 * view: what every way of showing builds on. Internal to ui.
 *
 * The ui keeps the state of all vertices; a view formats. Everything here runs
 * under the event queue's lock or the ui's own (the tty's ticking thread).
 */
#ifndef BUILDER_UI_VIEW_H
#define BUILDER_UI_VIEW_H

#include <pthread.h>
#include <stdio.h>

#include "base/array.h"
#include "base/event.h"
#include "builder/ui/log_tail.h"
#include "builder/ui/ui.h"

struct ui_status {
	char    *name;
	uint64_t done, total;
	int64_t  start_ns;
	bool     ended;
	uint64_t shown;                /* plain: bytes at the last line */
	int64_t  shown_ns;
};

struct ui_vertex {
	char   *name;
	int64_t start_ns, end_ns;
	bool    ended;
	enum event_outcome outcome;
	char   *text;                  /* of a failure */
	struct buf line;               /* output since the last LF */
	struct log_tail tail;
	ARRAY(struct ui_status) statuses;
};

struct ui;

struct ui_view {
	/* After the state was brought up to date. V is NULL for vertex 0. */
	void (*event)(struct ui *ui, const struct event *e, struct ui_vertex *v);
	/* One whole line (without its end) of the output of vertex V. */
	void (*line)(struct ui *ui, int number, struct ui_vertex *v, int stream,
	             struct text line, int64_t time_ns);
	void (*start)(struct ui *ui);
	void (*finish)(struct ui *ui);
};

struct ui {
	FILE           *out;
	const struct ui_view *view;
	pthread_mutex_t lock;
	ARRAY(struct ui_vertex) vertices;          /* number n at index n - 1 */
	ARRAY(char *)   warnings;
	int             current;       /* plain: vertex of the last line printed */
	int             failed;        /* first vertex that failed, 0 none */
	int64_t         start_ns;
	bool            finished;
	void           *own;           /* the view's */
};

extern const struct ui_view ui_plain, ui_tty, ui_rawjson, ui_quiet;

/* The status NAME of V, new if it was not there. */
struct ui_status *ui_status_of(struct ui_vertex *v, struct text name, int64_t now_ns);

#endif
