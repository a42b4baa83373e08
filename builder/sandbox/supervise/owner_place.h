/*
 * owner_place: resolves a path of the caller, so that it means the same to the owner
 * supervisor. The supervisor has more rights than the caller and must not reach more
 * because of them: not by links of /proc into another process's root, not by names that
 * change concurrently, and not by a dead caller whose process id was reused. System calls
 * only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_PLACE_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "builder/sandbox/supervise/notify.h"

/* The arguments of the call. */
struct owner_place_query {
	struct notification *asked;
	int dir_fd;       /* of the caller, or AT_FDCWD */
	bool has_path;    /* else the place is DIR_FD itself */
	uint64_t path_at; /* in the caller's memory */
	int flags;        /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	bool is_new;      /* the call creates it */
	bool is_dir;      /* … as a directory, whose name may end in a slash */
	bool changes;     /* … or changes it; else it only reads it */
	bool roots_differ;
	bool proc_is_shared; /* the root's /proc has other processes, too */
};

struct owner_place {
	char path[PATH_MAX]; /* for our working directory */
	bool nofollow;       /* a final link is not followed */
	int held_fd;         /* -1, or the file that PATH names */
};

/* Changes our working directory, and the root if ROOTS_DIFFER. -1: let the kernel answer
 * the call. The caller must leave the place in any case. */
int owner_place_enter(struct owner_place *p, const struct owner_place_query *q);
void owner_place_leave(struct owner_place *p);

/* Whether the /proc of our root has us in it; then it is not the step's own. */
bool owner_place_proc_is_shared(void);

#endif
