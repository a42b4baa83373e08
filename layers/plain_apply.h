/*
 * plain_apply: one entry of a layer directory, laid over what a plain directory has,
 * and the list of what was.
 */
#ifndef LAYERS_PLAIN_APPLY_H
#define LAYERS_PLAIN_APPLY_H

#include "base/array.h"
#include "layers/layers.h"
#include "layers/plain_notes.h"

/* A layer said something of PATH, or (IS_GONE) took it away with all below it. */
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

/* As plain_tree_apply(); what is done goes to EVENTS, as layer SINCE. */
int plain_apply(int from_fd, int to_fd, struct plain_events *events, uint32_t since,
                const struct cancel *cancel, struct error *err);

/* Lays NAME in FROM_FD, with all below it, over NAME in TO_FD. PATH is where that is. */
int plain_apply_entry(int from_fd, const char *name, int to_fd, struct text path,
                      const struct cancel *cancel, struct error *err);

#endif
