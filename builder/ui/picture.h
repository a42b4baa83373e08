/*
 * picture: the rows of the live view at one moment, as many as fit.
 *
 *	[+] Building 12.3s (7/11), 1 cached
 *	 => CACHED [build 2/5] RUN apt-get install …                              0.0s
 *	 => [build 3/5] RUN make                                                  3.1s
 *	 => => MISS: main.c changed
 *	 => => # cc -c -o main.o main.c
 *	 => => sha256:3a1f24c02f6b  ━━━━━━───  45%  31.2/68.4 MB  12.1 MB/s  3s   2.6s
 *	 => ... 10 more running
 *
 * The number after the slash counts all steps of the plan, and whatever else has begun.
 */
#ifndef BUILDER_UI_PICTURE_H
#define BUILDER_UI_PICTURE_H

#include "base/array.h"
#include "builder/ui/view.h"

enum row_kind {
	ROW_HEADER,
	ROW_PLAIN,
	ROW_RUN,
	ROW_ERROR,
	ROW_CANCEL,
	ROW_LOG,
	ROW_NOTE
};

struct picture_row {
	enum row_kind kind;
	char *left;       /* safe to show, not cut yet; owned */
	int64_t time_ns;  /* shown at the right end; -1: none */
	bool is_transfer; /* a running one: */
	uint64_t done, total;
	double rate;
};

struct picture {
	ARRAY(struct picture_row) rows;
};

/* The state of UI at NOW_NS in at most HEIGHT rows; 0: all rows without logs, for the
 * end. Call it with the ui's lock held. */
void picture_make(struct picture *p, const struct ui *ui, int64_t now_ns, size_t height);
void picture_clear(struct picture *p);

#endif
