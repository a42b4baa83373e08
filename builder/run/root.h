/*
 * root: the root file system of a run: the image's layers below an upper directory in the
 * store's tmp/, the mounts on it, and the ids that its user has there.
 */
#ifndef BUILDER_RUN_ROOT_H
#define BUILDER_RUN_ROOT_H

#include "builder/run/run.h"
#include "builder/steps/steps.h"
#include "layers/lowers.h"

struct root {
	struct store *store; /* borrowed */
	struct lowers lowers;
	struct user_ids user;
	char *tmp, *upper, *work;
	ARRAY(struct sandbox_mount) mounts;
	ARRAY(int) fds;      /* owned: sources of mounts */
	ARRAY(char *) texts; /* owned */
	ARRAY(char *) dirs;  /* owned: empty directories in the store's tmp/ */
};

#define ROOT_INIT                                                                        \
	{                                                                                \
		0                                                                        \
	}

/* Fills OUT, which has its initial value. Call root_clear() also on failure. */
int root_prepare(struct root *out, const struct run_request *r, struct store *store,
                 const struct source_image *image, const struct cancel *cancel,
                 struct error *err);
void root_clear(struct root *root);

#endif
