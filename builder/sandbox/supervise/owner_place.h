/*
 * owner_place: goes to where a path of the caller leads, so that it means the same to
 * the supervisor of owners, who has more rights than the caller and must not be led
 * further by them: through the links of /proc that lead into another process's root, by
 * names that change meanwhile, or by a caller that is gone and whose number is somebody
 * else's now. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_PLACE_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "builder/sandbox/supervise/notify.h"

/* What leads to the place. */
struct owner_place_query {
	struct notification *asked;
	int dir_fd;       /* of the caller, or AT_FDCWD */
	bool has_path;    /* else it is what DIR_FD is open for */
	uint64_t path_at; /* in the caller's memory */
	int flags;        /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	bool is_new;      /* is going to be made */
	bool is_dir;      /* … as a directory, whose name may have a slash behind it */
	bool changes;     /* … or changed; else it is only looked at */
	bool roots_differ;
	bool proc_is_shared; /* the root's /proc has processes that are not the step's */
};

struct owner_place {
	char path[PATH_MAX]; /* for our working directory */
	bool nofollow;       /* a last link is meant itself */
	int held_fd;         /* -1, or what PATH is the name of */
};

/* Changes our working directory, and root if ROOTS_DIFFER. -1: the kernel had better
 * answer the call itself. To be left in any case. */
int owner_place_enter(struct owner_place *p, const struct owner_place_query *q);
void owner_place_leave(struct owner_place *p);

/* Whether the /proc of our root has us in it; then it is not the step's own. */
bool owner_place_proc_is_shared(void);

#endif
