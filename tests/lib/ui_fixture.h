/*
 * ui_fixture: feeds a view events with made-up times and keeps what it prints.
 */
#ifndef TESTS_LIB_UI_FIXTURE_H
#define TESTS_LIB_UI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"
#include "base/clock.h"
#include "builder/ui/view.h"

/* One event at MS milliseconds after the start. */
struct happening {
	int64_t ms;
	enum event_kind kind;
	int vertex;
	const char *text;
	enum event_outcome outcome;
	const char *name; /* EVENT_STATUS */
	uint64_t done, total;
	bool ended;
};

#define BEGIN(ms, v, text)                                                               \
	{                                                                                \
		(ms), EVENT_BEGIN, (v), (text), 0, NULL, 0, 0, false                     \
	}
#define ANNOUNCE(v, text)                                                                \
	{                                                                                \
		0, EVENT_ANNOUNCE, (v), (text), 0, NULL, 0, 0, false                     \
	}
#define MISS(v, text)                                                                    \
	{                                                                                \
		0, EVENT_MISS, (v), (text), 0, NULL, 0, 0, false                         \
	}
#define LOG(ms, v, text)                                                                 \
	{                                                                                \
		(ms), EVENT_LOG, (v), (text), 0, NULL, 0, 0, false                       \
	}
#define END(ms, v, outcome, text)                                                        \
	{                                                                                \
		(ms), EVENT_END, (v), (text), (outcome), NULL, 0, 0, false               \
	}
#define WARN(ms, v, text)                                                                \
	{                                                                                \
		(ms), EVENT_WARNING, (v), (text), 0, NULL, 0, 0, false                   \
	}
#define DONE(ms, v) END(ms, v, OUTCOME_DONE, NULL)
#define STATUS(ms, v, name, done, total, ended)                                          \
	{                                                                                \
		(ms), EVENT_STATUS, (v), NULL, 0, (name), (done), (total), (ended)       \
	}

struct screen {
	struct ui *ui;
	FILE *out;
	char *text; /* what was printed, after the last fflush() */
	size_t size;
	int64_t start_ns;
};

/* The time of events is far ahead of the clock, so that the view's own thread never
 * finds that anything has waited long. */
static inline void
screen_open(struct screen *s, enum progress progress)
{
	*s = (struct screen){ 0 };
	s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
	s->ui = ui_new(progress, s->out);
	s->start_ns = clock_monotonic_ns() + INT64_C(3600000000000);
}

static inline void
screen_happen(struct screen *s, const struct happening *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct event e = {
			.kind = h[i].kind,
			.vertex = h[i].vertex,
			.stream = 1,
			.outcome = h[i].outcome,
			.time_ns = s->start_ns + h[i].ms * 1000000,
			.text = text_of(h[i].text),
			.name = text_of(h[i].name),
			.done = h[i].done,
			.total = h[i].total,
			.ended = h[i].ended,
		};

		pthread_mutex_lock(&s->ui->lock);
		ui_handle(s->ui, &e);
		pthread_mutex_unlock(&s->ui->lock);
	}
}

/* What was printed so far. */
static inline const char *
screen_text(struct screen *s)
{
	fflush(s->out);
	return s->text;
}

static inline void
screen_close(struct screen *s)
{
	ui_free(s->ui);
	fclose(s->out);
	free(s->text);
}

#endif
