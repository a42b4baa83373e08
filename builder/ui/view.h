/*
 * view: the common base of all kinds of progress output. Internal to ui.
 *
 * The ui keeps the state of all vertices; a view formats it. Callbacks run under the
 * ui's lock, except tick() and finish().
 */
#ifndef BUILDER_UI_VIEW_H
#define BUILDER_UI_VIEW_H

#include <pthread.h>
#include <stdio.h>

#include "base/array.h"
#include "base/event.h"
#include "builder/ui/log_tail.h"
#include "builder/ui/meter.h"
#include "builder/ui/ui.h"

struct ui_status {
	char *name;
	uint64_t done, total;
	int64_t start_ns;
	bool ended;
	int64_t end_ns;
	uint64_t shown; /* plain: bytes at the last line */
	int64_t shown_ns;
	struct pace pace;
};

struct ui_vertex {
	int vertex;
	char *name;  /* NULL: it began before us */
	int number;  /* 1 and up, in the order of the beginnings; 0: it has not begun */
	bool hidden; /* another vertex is shown in its place */
	int64_t start_ns, end_ns;
	bool ended;
	enum event_outcome outcome;
	char *text;  /* of a failure; NULL: none */
	char *miss;  /* why it was not in the cache; NULL: it was, or is not known
	                        yet; "": unknown */
	char *layer; /* its diffID; NULL: none */
	uint64_t layer_bytes, layer_files;
	struct buf lines[2]; /* output and errors since the last LF of each */
	struct log_tail tail;
	ARRAY(struct ui_status) statuses;
};

/* A line, without its end, of the output of a step. */
struct ui_line {
	struct text text;
	int64_t time_ns;
	int stream; /* 1 out, 2 err */
	bool whole; /* false: a piece of a longer one, or the end of the output */
};

/* A warning as it is listed at the end. */
struct ui_warning {
	char *text;
	char *url; /* of a page about it; NULL: none */
};

struct ui;

struct ui_view {
	/* Called after each update of the state. V is NULL for vertex 0. Of vertices that
	 * have not begun, only a view with ALL hears. */
	void (*event)(struct ui *ui, const struct event *e, struct ui_vertex *v);
	/* NULL: unwanted. */
	void (*line)(struct ui *ui, struct ui_vertex *v, const struct ui_line *line);
	bool all;
	/* A thread of ours calls it every TICK_MS milliseconds; it takes the lock
	 * itself. */
	void (*tick)(struct ui *ui);
	int tick_ms;
	/* Called after the last event and the last tick. */
	void (*finish)(struct ui *ui);
	/* Called after finish(), see ui_result() and ui_error(). NULL: nothing is told. */
	void (*result)(struct ui *ui, const struct ui_result *result);
	bool (*error)(struct ui *ui, const struct ui_error *error);
	void (*leave)(struct ui *ui); /* nothing else will be printed; NULL: nothing */
	void (*clear)(struct ui *ui); /* frees what OWN points to; NULL: free() does */
};

struct ui {
	FILE *out;
	const struct ui_view *view;
	const char *name; /* "Building" */
	char *directory;  /* of the Dockerfile, see ci_directory(); NULL: not known */
	pthread_mutex_t lock;
	pthread_cond_t stop; /* wakes the ticking thread */
	pthread_t ticker;
	bool ticks;
	ARRAY(struct ui_vertex) vertices; /* vertex n is at index n - 1 */
	ARRAY(int) begun;                 /* the vertex with number n is at index n - 1 */
	ARRAY(struct ui_warning) warnings;
	int failed; /* first vertex that failed, 0 none */
	int64_t start_ns;
	int64_t wall_ns; /* wall clock time less monotonic time, at the start */
	bool finished;
	void *own; /* the view's */
};

extern const struct ui_view ui_plain, ui_tty, ui_rawjson, ui_jsonl, ui_quiet;

/* The vertex with NUMBER. */
struct ui_vertex *ui_vertex_at(const struct ui *ui, int number);

/* Updates the state and notifies the view; under the lock. */
void ui_handle(struct ui *ui, const struct event *e);

/* The status NAME of V, new if it was not there. */
struct ui_status *ui_status_of(struct ui_vertex *v, struct text name, int64_t now_ns);

/* Writes all of T, also to a non-blocking descriptor. */
void ui_write(struct ui *ui, struct text t);

/* " 2 warnings found:" and the warnings, each cleaned for a log; nothing if there
 * are none. LINKS: their pages are links of the terminal (OSC 8), else text. */
void ui_print_warnings(const struct ui *ui, struct buf *out, bool links);

#endif
