/*
 * shown: text of foreign origin (output of RUN, names out of a Dockerfile) made
 * fit for a terminal: it can colour its own line at most, never move the cursor,
 * change the title, or hide what stands elsewhere.
 */
#ifndef BUILDER_UI_SHOWN_H
#define BUILDER_UI_SHOWN_H

#include <stddef.h>

#include "base/text.h"

enum shown {
	SHOWN_LOG, /* a line of a log: colours, tabs and bytes that are no UTF-8 stay */
	SHOWN_SCREEN, /* a line of the live view: nothing but characters; tabs are blanks,
	                 after a CR only what overwrites the rest */
};

/* Appends T, one line, to OUT. */
void shown_add(struct buf *out, struct text t, enum shown how);

/* Columns that T (as made by shown_add() for the screen) takes. */
size_t shown_width(struct text t);

/* The longest beginning of T that takes at most COLUMNS. */
struct text shown_cut(struct text t, size_t columns);

#endif
