/*
 * spawner: a small process that starts sandboxes.
 *
 * Cloning the builder for each step would cost time in proportion to its memory,
 * and give that memory (credentials, other steps' secrets) to the sandbox's
 * first process. So the builder clones the spawner early. The spawner drops the
 * memory that it does not need, then clones itself on request. Its clones are
 * children of the builder, which waits for them with __WALL.
 *
 * If the builder dies for any reason, its end of a pipe closes. Then the spawner
 * ends, and so does the first process of each sandbox, with all of its
 * namespaces.
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

/* Sends the descriptors of a recipe (see enum recipe_fd). Any thread may call it. */
int spawner_request(const struct spawner *s, const int *fds, size_t n, struct error *err);
void spawner_stop(struct spawner *s);

#endif
