/*
 * plain_apply: applies one entry of a layer directory to a plain directory, and keeps
 * a list of these events.
 */
#ifndef LAYERS_PLAIN_APPLY_H
#define LAYERS_PLAIN_APPLY_H

#include "base/array.h"
#include "layers/layers.h"
#include "layers/plain_notes.h"

/* A layer set PATH, or (IS_GONE) removed it with everything below it. */
struct plain_event {
	struct text path;
	uint32_t since;
	bool is_gone;
};

struct plain_events {
	ARRAY(struct plain_event) list;
	struct arena *arena; /* NULL: empty */
};

void plain_events_sort(struct plain_events *e); /* by path, then layer */
void plain_events_clear(struct plain_events *e);

/* Like plain_tree_apply(); adds the events to EVENTS, as layer SINCE. */
int plain_apply(int from_fd, int to_fd, struct plain_events *events, uint32_t since,
                const struct cancel *cancel, struct error *err);

/* Applies NAME in FROM_FD, with everything below it, to NAME in TO_FD. PATH is its
 * path. */
int plain_apply_entry(int from_fd, const char *name, int to_fd, struct text path,
                      const struct cancel *cancel, struct error *err);

#endif
