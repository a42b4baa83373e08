/*
 * shown: makes untrusted text (output of RUN, names in a Dockerfile) safe for a
 * terminal. It can at most colour its own line, but never move the cursor,
 * change the title, or hide other text.
 */
#ifndef BUILDER_UI_SHOWN_H
#define BUILDER_UI_SHOWN_H

#include <stddef.h>

#include "base/text.h"

enum shown {
	SHOWN_LOG,    /* a log line: colours, tabs and bytes that are not UTF-8 stay */
	SHOWN_SCREEN, /* a line of the live view: only printable characters; tabs become
	                 blanks, a CR lets the text after it overwrite the rest */
};

/* Appends T, one line, to OUT. */
void shown_add(struct buf *out, struct text t, enum shown how);

/* The width in columns of T (made by shown_add() for the screen). */
size_t shown_width(struct text t);

/* The longest end of T that takes at most COLUMNS. */
struct text shown_cut_start(struct text t, size_t columns);

/* The longest beginning of T that takes at most COLUMNS. */
struct text shown_cut(struct text t, size_t columns);

#endif
