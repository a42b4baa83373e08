/*
 * copy_walk: walks all entries to copy for one match, in path order.
 *
 *	--exclude   ignore patterns on paths below the match; never the match itself
 *	--parents   one include pattern below the match; the match is a base directory
 *	            and comes first, as without --parents
 *
 * Directories that are needed only for entries below them come right before the
 * first such entry, marked on_demand.
 */
#ifndef BUILDER_STEPS_COPY_WALK_H
#define BUILDER_STEPS_COPY_WALK_H

#include <stdbool.h>

#include "layers/tree.h"
#include "parser/ignore.h"

struct copy_item {
	struct text rel;            /* below the match; "" is the match itself */
	struct text path;           /* in the view */
	struct entry entry;         /* its metadata; path is not set */
	const struct entry *origin; /* in its layer's tree; NULL: an implied directory */
	struct layer *layer;
	bool on_demand;
};

/* REL and PATH are valid only during the call. */
typedef int copy_item_fn(void *arg, const struct copy_item *item, struct error *err);

struct copy_walk {
	const struct view *view;
	struct text root;              /* the match's resolved path */
	const struct ignore *excludes; /* NULL: none */
	struct text
	        include; /* --parents: clean pattern, "" for none; p NULL: no --parents */
	copy_item_fn *fn;
	void *arg;
};

/* Returns 1, 0 if the root does not exist, or -1. */
int copy_walk(const struct copy_walk *w, struct error *err);

#endif
