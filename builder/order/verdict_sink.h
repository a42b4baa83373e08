/*
 * verdict_sink: collects from the events of a build what became of its steps. Internal to
 * order.
 */
#ifndef BUILDER_ORDER_VERDICT_SINK_H
#define BUILDER_ORDER_VERDICT_SINK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/event.h"
#include "base/text.h"
#include "layers/layers.h"

/* A step of the plan, by its vertex. Owns its texts. */
struct step_seen {
	int vertex;
	char *name, *kind, *stage, *platform, *command, *reason;
	int line;
	bool missed, ended, begun;
	enum event_outcome outcome;
	int64_t start_ns, end_ns;
};

struct verdict_sink {
	ARRAY(struct step_seen) steps;
	int64_t started_ns; /* wall clock */
};

/* From now on S collects. */
void verdict_sink_start(struct verdict_sink *s);
void verdict_sink_stop(struct verdict_sink *s);

/* What is known of the build besides. NULL: unknown. */
struct build_told {
	const char *context, *dockerfile;
	struct text target;
	const char *error; /* its text, if the build failed */
};

/* Keeps what was collected in ST (NULL: nowhere), and clears S. */
void verdict_sink_keep(struct verdict_sink *s, struct store *st,
                       const struct build_told *told);

#endif
