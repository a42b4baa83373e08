/*
 * picture: the rows of the live view at one moment, as many as fit.
 *
 *	[+] Building 12.3s (7/11)
 *	 => CACHED [build 2/5] RUN apt-get install …                              0.0s
 *	 => [build 3/5] RUN make                                                  3.1s
 *	 => => # cc -c -o main.o main.c
 */
#ifndef BUILDER_UI_PICTURE_H
#define BUILDER_UI_PICTURE_H

#include "base/array.h"
#include "builder/ui/view.h"

enum row_kind { ROW_HEADER, ROW_PLAIN, ROW_RUN, ROW_ERROR, ROW_CANCEL, ROW_LOG };

struct picture_row {
	enum row_kind kind;
	char *left;      /* safe to show, not cut yet; owned */
	int64_t time_ns; /* shown at the right end; -1: none */
};

struct picture {
	ARRAY(struct picture_row) rows;
};

/* The state of UI at NOW_NS in at most HEIGHT rows; 0: all rows without logs, for the
 * end. Call it with the ui's lock held. */
void picture_make(struct picture *p, const struct ui *ui, int64_t now_ns, size_t height);
void picture_clear(struct picture *p);

#endif
