/*
 * link_walk: resolves a path, component by component, where symbolic links are texts that
 * the caller looks up (in metadata, for example). Nothing leads out of the top directory.
 *
 *	link_walk_start(&w, TEXT(""), path);
 *	while (link_walk_next(&w, &name))
 *		if (… is a link at buf_text(&w.done) …)
 *			link_walk_follow(&w, target);
 */
#ifndef BASE_LINK_WALK_H
#define BASE_LINK_WALK_H

#include <stdbool.h>

#include "base/text.h"

#define LINK_WALK_MAX 255 /* links */

struct link_walk {
	struct buf done; /* resolved so far: relative, clean; begins with the top */
	size_t top;      /* length of the top directory's path */
	struct buf rest; /* that LEFT is a view of */
	struct text left;
	size_t own; /* the last OWN bytes of LEFT are the path's: others come from links */
	int links;
};

/* W is uninitialised; link_walk_clear() ends the walk. TOP and PATH are copied. */
void link_walk_start(struct link_walk *w, struct text top, struct text path);
void link_walk_clear(struct link_walk *w);
#define auto_link_walk __attribute__((cleanup(link_walk_clear)))

/* Adds the next component, *NAME, to DONE; goes over "." and obeys "..". False at the end.
 * *NAME is valid until the next call of any function. */
bool link_walk_next(struct link_walk *w, struct text *name);

/* Goes on at TARGET, not empty, the text of the link at DONE. False after LINK_WALK_MAX
 * links: nothing has changed then. */
bool link_walk_follow(struct link_walk *w, struct text target);

/* Whether the component that was just added comes from the text of a link. */
bool link_walk_is_in_link(const struct link_walk *w);

#endif
