/*
 * diff_upper: finds the changes of a process in the upper directory of its
 * overlay.
 *
 *	in the upper                          as a change
 *	file, link, fifo, device              itself; names of one inode become hard links
 *	device 0:0, xattr whiteout            whiteout, if the lowers have the path
 *	opaque directory                      one whiteout for each child of the lowers
 *	                                      that no longer exists; without lowers the
 *	                                      directory stays marked opaque
 *	equal to the entry of the lowers      nothing (the content is compared if all
 *	                                      else is equal)
 *	directory copied up for its children  itself, if a child changed
 *	socket                                nothing
 *	below /dev, /proc, /sys               nothing: these were mounts; the directories
 *	                                      themselves only if the lowers have them
 *
 * A new time alone does not make a directory changed, as in BuildKit: otherwise every
 * temporary file would leave a trace in the layer.
 */
#ifndef LAYERS_DIFF_UPPER_H
#define LAYERS_DIFF_UPPER_H

#include "base/mem.h"
#include "layers/changes.h"
#include "layers/owner.h"

struct candidate;

/* Must not move while it is used. */
struct diff {
	struct change_list changes; /* sorted; content is in the upper */
	struct candidate *found;    /* what they are made of: there may be millions */
	int upper_fd;
	struct arena *arena; /* of their texts */
};

#define DIFF_INIT                                                                        \
	{                                                                                \
		.arena = NULL                                                            \
	}

/* Changes of the directory at UPPER_FD, which must stay open while they are
 * used. LOWERS NULL: nothing to compare with. MARKED: owners come from the
 * owner marks of entries, not from the file system. Times later than EPOCH (-1: none)
 * count as EPOCH. */
int diff_upper(int upper_fd, const struct view *lowers, bool marked, int64_t epoch,
               struct diff *out, const struct cancel *cancel, struct error *err);
void diff_clear(struct diff *d);
#define auto_diff __attribute__((cleanup(diff_clear)))

#endif
