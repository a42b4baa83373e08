/*
 * event: progress, logs and warnings. All modules emit events; only the ui formats them.
 *
 * A vertex is one unit of work that the user sees (a step, a pull, an
 * export). It begins once, may emit logs and byte counts, and ends once. The steps of a
 * plan are announced, all at once, before the first of them begins; one that never
 * begins ends all the same.
 *
 *	ANNOUNCE? ── MISS? ── BEGIN ── LOG | STATUS | WARNING … ── LAYER? ── END
 *	    └─────── SAME                       the same step of another platform; no END
 *
 * MISS comes after BEGIN if only the work itself found out. The sinks get the events in
 * the order of emission, under a lock, so they need no lock of their own. Registered
 * secret values are replaced by "***" here, before anything can print them.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum event_kind {
	EVENT_ANNOUNCE, /* vertex will come; text = its name, step = what it is */
	EVENT_SAME,     /* vertex is shown as the vertex OTHER and gets no more events */
	EVENT_BEGIN,    /* vertex starts; text = its name */
	EVENT_LOG,      /* text = bytes a process printed (any cut, not lines) */
	EVENT_STATUS,   /* name = what, done/total bytes (total 0: unknown), ended */
	EVENT_END,      /* outcome, text = error text if failed */
	EVENT_WARNING,  /* text; vertex 0 if it belongs to no vertex */
	EVENT_DEBUG,    /* text; only when its area is switched on */
	EVENT_MISS,     /* text = why a step was not found in the cache, one line; "":
	                   not known. Each step that is not cached has one */
	EVENT_LAYER,    /* text = diffID of the layer that a step made, "": not known;
	                   total = its bytes, done = its files; 0: not known */
};

/* Skipped: the steps that needed it were in the cache. */
enum event_outcome {
	OUTCOME_DONE,
	OUTCOME_CACHED,
	OUTCOME_FAILED,
	OUTCOME_CANCELLED,
	OUTCOME_SKIPPED,
};

/* What a warning about a user's file says besides its text. NULL, or p NULL, means
 * unknown. Borrowed. */
struct event_about {
	const char *description, *url; /* of the kind of warning */
	const char *file;              /* its name, as shown */
	struct text source;            /* all of its text */
	int line, last;                /* 1-based, inclusive; 0: none */
};

/* What an announced vertex is. All of it may be unknown (0, NULL). Borrowed. */
struct event_step {
	const char *kind; /* base scratch context git http run copy add workdir */
	struct text stage, platform, command, file;
	int line, last;    /* in FILE, 1-based, inclusive */
	const int *inputs; /* vertices, announced before */
	size_t n_inputs;
};

struct event {
	enum event_kind kind;
	int vertex; /* 0: none */
	int other;  /* EVENT_SAME */
	int stream; /* EVENT_LOG: 1 out, 2 err */
	enum event_outcome outcome;
	int64_t time_ns;  /* monotonic */
	struct text text; /* valid during the call of the sink */
	struct text name; /* EVENT_STATUS */
	uint64_t done, total;
	bool ended;                      /* EVENT_STATUS: last one of this name */
	const struct event_about *about; /* EVENT_WARNING, or NULL */
	const struct event_step *step;   /* EVENT_ANNOUNCE, or NULL */
};

typedef void event_sink_fn(void *arg, const struct event *e);

#define EVENT_SINKS_MAX 4

/* From now on FN(ARG) gets all events, instead of the one that was set before; NULL FN:
 * none does. A sink calls no function of this header. */
void event_set_sink(event_sink_fn *fn, void *arg);

/* From now on FN(ARG) gets all events, too, after the other sinks. */
void event_add_sink(event_sink_fn *fn, void *arg);

/* After the return, FN(ARG) is not called any more. It may have been removed before. */
void event_remove_sink(event_sink_fn *fn, const void *arg);

/* From now on VALUE (at least 4 bytes, else ignored) is masked in all texts.
 * A value cut across two log events is masked too: up to its length minus one
 * bytes of a vertex's log are held back until more comes or it ends. */
void event_add_secret(struct text value);

/* T with its secrets and those of its URLs replaced, by way of BUF if there are any. */
struct text event_masked(struct text t, struct buf *buf);

/* A new vertex number, 1 and up, of a step of the plan; event_start() begins it. STEP may
 * be NULL. */
int event_announce(const char *name, const struct event_step *step);

/* The announced VERTEX begins. NAME is the one that it was announced with. */
void event_start(int vertex, const char *name);
void event_same(int vertex, int other);

/* A new vertex number, 1 and up; it begins at once. */
int event_begin(const char *name);
void event_log(int vertex, int stream, const void *bytes, size_t n);
void
event_status(int vertex, const char *name, uint64_t done, uint64_t total, bool ended);
void event_miss(int vertex, const char *reason);

/* DIFFID may be NULL. */
void event_layer(int vertex, const char *diffid, uint64_t bytes, uint64_t files);
void event_end(int vertex, enum event_outcome outcome, const char *text);
void event_warn(int vertex, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void event_warn_about(int vertex, const struct event_about *about, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* Emits "<text>: " and the text of ERR as a warning, and clears ERR. For errors that do
 * not end the build. */
void event_warn_error(int vertex, struct error *err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* COOPER_DEBUG=keys,http,sandbox: areas are set by main. */
void event_set_debug(const char *areas);
bool event_debugs(const char *area);
void
event_debug(const char *area, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
