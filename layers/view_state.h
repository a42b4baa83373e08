/*
 * view_state: inside of views, for the files of this folder.
 */
#ifndef LAYERS_VIEW_STATE_H
#define LAYERS_VIEW_STATE_H

#include "layers/tree.h"
#include "layers/view.h"

struct view {
	struct layer *const *layers; /* lowest first; owned array */
	const struct tree **trees;   /* the same order */
	size_t n;
};

static inline void
own_view(struct view **v)
{
	view_free(*v);
	*v = NULL;
}
#define auto_view __attribute__((cleanup(own_view)))

/* A hard link's file: the entry that has its content and metadata, E itself if
 * it is no hard link. NULL if the link leads nowhere. */
const struct entry *view_link_target(const struct tree *t, const struct entry *e);

#endif
