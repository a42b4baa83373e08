/*
 * run_mounts: prepares the mounts of --mount for the sandbox, with one function for each
 * type of parser/mount_types.h.
 *
 *	bind     layer directories of another step, or selected context files
 *	         copied out once; always an overlay, so owners and merges are right
 *	cache    mounts/<hash of id>… in the store, locked as "sharing" says; with
 *	         from=, each initial content has a cache of its own
 *	tmpfs    by the sandbox
 *	secret   a file on the sandbox's private tmpfs, or a variable
 *	ssh      a socket for the step, connected to the agent (agent_relay.h)
 */
#ifndef BUILDER_STEPS_RUN_MOUNTS_H
#define BUILDER_STEPS_RUN_MOUNTS_H

#include "base/array.h"
#include "builder/steps/agent_relay.h"
#include "builder/steps/steps.h"
#include "layers/lowers.h"
#include "parser/step.h"

/* The cache mounts of one step. */
struct cache_mounts {
	ARRAY(int) fds; /* owned: directories, locked while they are open */
	int *of_mount;  /* by the step's mounts; 0 for other types */
};

struct run_mounts {
	struct cache_mounts caches;
	ARRAY(struct sandbox_mount) list;
	ARRAY(char *) env;   /* "NAME=value" that mounts add; owned */
	ARRAY(char *) texts; /* owned strings that the list points to */
	ARRAY(struct lowers) lowers;
	ARRAY(int) fds; /* owned: sources, locks */
	struct store *store;
	ARRAY(char *) dirs; /* in the store's tmp/, owned: of the sockets */
	ARRAY(struct agent_relay *) relays;
	bool has_agent; /* SSH_AUTH_SOCK is set */
};

#define RUN_MOUNTS_INIT                                                                  \
	{                                                                                \
		0                                                                        \
	}

/* Prepares all mounts of JOB's run step. Waits for locked cache mounts. */
int
run_mounts_prepare(const struct step_job *job, struct run_mounts *out, struct error *err);
void run_mounts_clear(struct run_mounts *m); /* releases locks too */

/* Returns TEXT, which M now owns. */
char *run_mounts_own(struct run_mounts *m, char *text);

/* Adds a mount without a source on TARGET, for the caller to complete. Valid until the
 * next one is added. */
struct sandbox_mount *
run_mounts_add(struct run_mounts *m, enum sandbox_mount_kind kind, struct text target);
#define auto_run_mounts __attribute__((cleanup(run_mounts_clear)))

/* The permissions of M: the given ones, or the default of its type. */
mode_t run_mount_mode(const struct step_mount *m);

/* Opens them in the order of their names, not of the step, so that no two steps wait for
 * each other; and each once, so that no step waits for itself. */
int cache_mounts_open(const struct step_job *job, struct cache_mounts *out,
                      struct error *err);
void cache_mounts_clear(struct cache_mounts *c);

#endif
