/*
 * spawner: a small process that starts sandboxes.
 *
 * A clone of the builder itself costs time in proportion to its memory, and
 * hands that memory (credentials, other steps' secrets) to the sandbox's first
 * process. So one clone is made early; it forgets what it does not need and
 * from then on clones itself on request. What it clones are children of the
 * builder, which waits for them with __WALL and need not be told anything.
 *
 * If the builder dies, however it does, its end of a pipe closes: the spawner
 * ends, and so does the first process of each sandbox, with all of its
 * name spaces.
 */
#ifndef BUILDER_SANDBOX_SPAWNER_H
#define BUILDER_SANDBOX_SPAWNER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "builder/sandbox/inside/descriptors.h"

struct spawner {
	pid_t pid; /* 0: none */
	int socket_fd, life_fd;
	void *stack;
};

#define SPAWNER_INIT                                                                     \
	{                                                                                \
		.socket_fd = -1, .life_fd = -1                                           \
	}

/* DIR becomes the spawner's working directory. */
int spawner_start(struct spawner *s, const char *dir, struct error *err);

/* Hands over the descriptors of a recipe (see enum recipe_fd). Any thread may. */
int spawner_request(const struct spawner *s, const int *fds, size_t n, struct error *err);
void spawner_stop(struct spawner *s);

#endif
