/*
 * trap_dirs: directories that were found for absolute paths lately, so that most paths
 * cost one look at their last name. Every call of the step that can make such a path lead
 * elsewhere passes through us, and makes us forget them all. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_DIRS_H
#define BUILDER_SANDBOX_TRAP_TRAP_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer paths are not kept. */
#define TRAP_DIR_PATH_MAX 240
#define TRAP_DIRS_MAX     128

struct trap_dir {
	int fd; /* O_PATH */
	uint32_t root;
	size_t n; /* of PATH; 0: unused */
	char path[TRAP_DIR_PATH_MAX];
};

struct trap_dirs {
	unsigned n;
	struct trap_dir at[TRAP_DIRS_MAX];
};

/* The directory that PATH, absolute and of N < TRAP_DIR_PATH_MAX bytes, leads to below
 * ROOT_FD; links are followed. ROOT is the number of that root. The descriptor is ours until
 * the next call. -1 with errno. */
int trap_dirs_open(struct trap_dirs *d, uint32_t root, int root_fd, const char *path,
                   size_t n);

/* Whether paths that are kept may lead through NAME in DIR_FD: it is a directory or a
 * link. */
bool trap_dirs_may_use(const struct trap_dirs *d, int dir_fd, const char *name);

void trap_dirs_forget(struct trap_dirs *d);

#endif
