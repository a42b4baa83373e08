/*
 * event: progress, logs and warnings. All modules emit events; only the ui formats them.
 *
 * A vertex is one unit of work that the user sees (a step, a pull, an
 * export). It begins once, may emit logs and byte counts, and ends once. The
 * only sink gets the events in the order of emission, under a lock, so it needs
 * no lock of its own. Registered secret values are replaced by "***" here,
 * before anything can print them.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum event_kind {
	EVENT_BEGIN,   /* vertex starts; text = its name */
	EVENT_LOG,     /* text = bytes a process printed (any cut, not lines) */
	EVENT_STATUS,  /* name = what, done/total bytes (total 0: unknown), ended */
	EVENT_END,     /* outcome, text = error text if failed */
	EVENT_WARNING, /* text; vertex 0 if it belongs to no vertex */
	EVENT_DEBUG,   /* text; only when its area is switched on */
	EVENT_MISS,    /* text = why a step was not found in the cache, one line */
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

struct event {
	enum event_kind kind;
	int vertex; /* 0: none */
	int stream; /* EVENT_LOG: 1 out, 2 err */
	enum event_outcome outcome;
	int64_t time_ns;  /* monotonic */
	struct text text; /* valid during the call of the sink */
	struct text name; /* EVENT_STATUS */
	uint64_t done, total;
	bool ended;                      /* EVENT_STATUS: last one of this name */
	const struct event_about *about; /* EVENT_WARNING, or NULL */
};

typedef void event_sink_fn(void *arg, const struct event *e);

/* Set once by main before threads start; NULL fn: events are dropped. */
void event_set_sink(event_sink_fn *fn, void *arg);

/* From now on VALUE (at least 4 bytes, else ignored) is masked in all texts.
 * A value cut across two log events is masked too: up to its length minus one
 * bytes of a vertex's log are held back until more comes or it ends. */
void event_add_secret(struct text value);

/* T with its secrets and those of its URLs replaced, by way of BUF if there are any. */
struct text event_masked(struct text t, struct buf *buf);

/* A new vertex number, 1 and up, announced with NAME. */
int event_begin(const char *name);
void event_log(int vertex, int stream, const void *bytes, size_t n);
void
event_status(int vertex, const char *name, uint64_t done, uint64_t total, bool ended);
void event_miss(int vertex, const char *reason);
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
