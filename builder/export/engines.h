/*
 * engines: Docker and Podman on this machine, which can be given images.
 *
 *	docker   its socket: $DOCKER_HOST if that is unix://, $XDG_RUNTIME_DIR/docker.sock,
 *	         /var/run/docker.sock
 *	podman   the program, as the user who calls; else its socket
 *
 * An image goes to them as a docker archive, as it is made.
 */
#ifndef BUILDER_EXPORT_ENGINES_H
#define BUILDER_EXPORT_ENGINES_H

#include "builder/export/export.h"

enum engine_kind { ENGINE_DOCKER, ENGINE_PODMAN };

struct engine {
	enum engine_kind kind;
	char *socket; /* NULL: the program podman is run */
};

/* Whether KIND can be reached now: 1 and *OUT (caller clears), 0. */
int engine_find(enum engine_kind kind, struct engine *out);
void engine_clear(struct engine *e);
#define auto_engine __attribute__((cleanup(engine_clear)))

/* "Docker at /var/run/docker.sock", "Podman". Caller frees. */
char *engine_print(const struct engine *e);

/* Gives E the image NAME of the store (in full) under the names of AS. ERR_ENVIRONMENT
 * with what E says. */
int
engine_load(const struct engine *e, const struct export_options *options,
            const char *name, const struct reference *as, size_t n_as, struct error *err);

/* Docker, or where that is not reached Podman: 1 and *OUT, or 0. */
int engine_find_any(struct engine *out);

#endif
