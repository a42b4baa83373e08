/*
 * hand_over: `cooper build --load` gives its image to Docker or Podman, where one of them
 * is found.
 *
 * A build may be in a user namespace, where our groups do not count (that of Docker's
 * socket) and Podman would take us for another user. So the process that gives the image
 * is started before, as the user who calls, and waits for its name:
 *
 *	hand_over_start    before the ids change; finds an engine
 *	hand_over_finish   after a build: names the image, waits, says where it went
 *
 * $COOPER_LOAD may be "docker", "podman", "none", or "auto" (default): Docker, else Podman.
 */
#ifndef BUILDER_CLI_HAND_OVER_H
#define BUILDER_CLI_HAND_OVER_H

#include <sys/types.h>

#include "builder/export/engines.h"
#include "builder/order/order.h"

struct hand_over {
	struct engine engine;
	pid_t pid; /* 0: no engine was found */
	int names; /* the end of the pipe that takes them */
	int log;   /* what the process says */
};

#define HAND_OVER_INIT                                                                   \
	{                                                                                \
		.names = -1, .log = -1                                                   \
	}

/* Without an engine nothing happens, and nothing is said. ERR_USAGE for a wrong
 * $COOPER_LOAD. DOCKER: it must be Docker, whatever the variable says (ERR_ENVIRONMENT). */
int hand_over_start(struct hand_over *h, const struct build_request *r, bool docker,
                    struct error *err);

/* Gives the engine the image under all its names. QUIET: does not say so. An engine that
 * fails is an error if it is Docker, which was running; for Podman it is a warning, because
 * its program may be there without being set up. */
int hand_over_finish(struct hand_over *h, const struct build_request *r, bool quiet,
                     struct error *err);

/* Ends the process, if it was told nothing. */
void hand_over_clear(struct hand_over *h);

#endif
