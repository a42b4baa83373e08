/*
 * copies: binds of a merge of layers where no overlay can be mounted: what is merged is
 * copied into a directory of its own, which is thrown away after the step.
 */
#ifndef BUILDER_SANDBOX_PLAIN_COPIES_H
#define BUILDER_SANDBOX_PLAIN_COPIES_H

#include "base/array.h"
#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/sandbox.h"

struct copies {
	struct sandbox_run
	        run; /* as the original, with copies in the place of overlays */
	struct sandbox_mount *mounts;
	int dir_fd;
	ARRAY(char *) names; /* in it */
};

/* Copies into DIR, a directory below the scratch directory that is made here and that
 * the caller removes. ERR_SOURCE if a mount's source is not there. R is borrowed as long
 * as the copies are used; copies_clear() is due on failure, too. */
int copies_make(struct copies *c, const struct plain_scratch *scratch,
                const struct sandbox_run *r, const char *dir, struct error *err);
void copies_clear(struct copies *c);
#define COPIES_INIT                                                                      \
	{                                                                                \
		.dir_fd = -1                                                             \
	}
#define auto_copies __attribute__((cleanup(copies_clear)))

#endif
