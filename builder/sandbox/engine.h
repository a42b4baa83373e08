/*
 * engine: the interface of an engine to sandbox.c, and the code that engines share.
 */
#ifndef BUILDER_SANDBOX_ENGINE_H
#define BUILDER_SANDBOX_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "builder/sandbox/filter.h"
#include "builder/sandbox/inside/recipe.h"
#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/plain/trees.h"
#include "builder/sandbox/sandbox.h"
#include "builder/sandbox/spawner.h"
#include "builder/sandbox/unreaped.h"

struct engine {
	const char *name;

	/* Tries the complete engine once, in a child. Sets *WHY (caller frees) to one
	 * line if it will be slower than possible. */
	int (*probe)(struct sandbox *sb, char **why, struct error *err);
	int (*run)(struct sandbox *sb, const struct sandbox_run *r,
	           struct sandbox_result *result, struct error *err);
};

extern const struct engine engine_ns, engine_chroot, engine_trap;

/* Runs the first engine on an overlay once, as for a step. */
int engine_ns_try_overlay(struct sandbox *sb, struct error *err);

/* The engine that doctor tries with OPTIONS. */
int sandbox_try_overlay(const struct sandbox_options *options, struct error *err);

/* Only sandbox_new() writes it, except members with a lock; all threads read it. */
struct sandbox {
	const struct engine *engine;
	enum id_mapping mapping;
	int scratch_fd;
	char *scratch; /* its path */
	const struct cancel *cancel;
	struct filter filter;
	struct filter node_filter; /* for root: also asks about device nodes */
	struct spawner spawner;
	struct unreaped *unreaped;
	bool has_plain_roots; /* roots are plain trees: no overlay can be mounted */
	_Atomic bool has_plain_binds; /* … nor on a tmpfs: binds are copies, too */
	struct trees trees;
	/* What every step would say, said by the first one. */
	_Atomic bool told_limits, told_insecure;
	bool is_remembered; /* the engine was not tried this time */
	char *kept;         /* directory of plain trees of other builds, or NULL */
	char *memory; /* file where it is remembered that the first engine works, or NULL
	               */
};

static inline struct plain_scratch
sandbox_scratch(const struct sandbox *sb)
{
	return (struct plain_scratch){ sb->scratch_fd, sb->scratch, sb->cancel };
}

#endif
