/*
 * copies: binds of merged layers where no overlay can be mounted. The merge is copied
 * into a directory of its own, which is removed after the step.
 */
#ifndef BUILDER_SANDBOX_PLAIN_COPIES_H
#define BUILDER_SANDBOX_PLAIN_COPIES_H

#include "base/array.h"
#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/sandbox.h"

struct copies {
	struct sandbox_run run; /* like the original, with copies instead of overlays */
	struct sandbox_mount *mounts;
	int dir_fd;
	ARRAY(char *) names; /* in it */
};

/* Copies into DIR, a directory below the scratch directory. This function makes it; the
 * caller removes it. ERR_SOURCE if a mount's source does not exist. R is borrowed while
 * the copies are used. Call copies_clear() also on failure. */
int copies_make(struct copies *c, const struct plain_scratch *scratch,
                const struct sandbox_run *r, const char *dir, struct error *err);
void copies_clear(struct copies *c);
#define COPIES_INIT                                                                      \
	{                                                                                \
		.dir_fd = -1                                                             \
	}
#define auto_copies __attribute__((cleanup(copies_clear)))

#endif
