/*
 * steps: what each kind of step does. Each kind has its file; solve decides when.
 *
 *	         cache key                      execution
 *	image    manifest digest                nothing: layers are lazy handles
 *	local    (selections, in the users)     the context is scanned
 *	http     content digest, name, mode     downloaded, or 304
 *	git      (selections; with .git commit) fetched and checked out, or kept
 *	copy     selections' content, flags     a layer out of changes
 *	mkdir    path, owner                    a layer of directories
 *	run      argv, env, cwd, user, mounts   a layer out of an upper directory
 *
 * A result is the ordered layers after a step (image, copy, mkdir, run) or a
 * set of files to copy from (local, git, http). Both are views, so code that copies
 * only sees views.
 */
#ifndef BUILDER_STEPS_STEPS_H
#define BUILDER_STEPS_STEPS_H

#include "base/cancel.h"
#include "builder/cache/cache.h"
#include "builder/cache/noted_build.h"
#include "builder/cache/preimage.h"
#include "builder/context/context.h"
#include "builder/sandbox/sandbox.h"
#include "layers/layers.h"
#include "parser/ignore.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "registry/registry.h"

/* The result of a step. Owner: the solver. */
struct result {
	ARRAY(struct layer *) layers; /* lowest first; the step's own layer is last */
	struct record made;           /* the last of them, if the step itself added one */
	struct context *context; /* local, git: digests come from its index; else NULL */
	struct layer *source;    /* http: its source layer; else NULL */
	struct digest content;   /* http: of the file; git with .git: of the commit's id;
	                            else not known */
	char *commit;            /* git: the commit's id; else NULL */
};

/* Frees the array, and for a source step its context (and writes the context's index) or
 * its source layer. Other layers belong to the store. */
void result_clear(struct result *r);

/* A secret or a forwarded socket, found by id. */
struct secret {
	struct text id;
	struct text value;
};
struct ssh_agent {
	struct text id;
	struct text socket; /* path on the host */
};

/* A local context that STEP_LOCAL may name. */
struct local_context {
	struct text name;            /* p NULL: the main one */
	const char *path;            /* absolute; for messages and the index */
	int dir_fd;                  /* borrowed: a scan duplicates it */
	const struct ignore *ignore; /* NULL: nothing is ignored */
	bool remember;               /* keep a stat index: not a temporary directory */
};

/* Shared by all steps of a build; immutable while steps run. */
/* A failed RUN with its environment. */
struct failed_run;

/* A directory or file of this machine that RUN steps see. */
struct run_volume {
	struct text source;          /* as given, an absolute path */
	struct text target;          /* absolute */
	bool readonly, is_discarded; /* discarded: what steps write there is not kept */
};

/* What the command line gives to all RUN steps. */
struct run_surroundings {
	ARRAY(struct run_volume) volumes;
	ARRAY(struct text) dns, dns_search, dns_options; /* in place of the machine's */
	ARRAY(struct text) left_out;                     /* paths that no layer gets */
	bool no_hosts;                                   /* the image's own /etc/hosts */
	uint64_t caps_added, caps_dropped;               /* bits by number */
};

struct build_env {
	struct store *store;
	struct registry *registry;
	bool git_modes;          /* of local contexts: see context_options */
	bool offline;            /* for git; the registry has its own setting */
	struct sandbox *sandbox; /* NULL until a RUN must run: see sandbox_of */
	struct sandbox *(*sandbox_of)(void *arg,
	                              struct error *err); /* makes it once; thread-safe */
	void *sandbox_arg;
	/* Takes the first failed RUN (true), for failed_run_shell(); NULL: not wanted.
	 * Gets sandbox_arg. */
	bool (*keep_failed)(void *arg, struct failed_run *run);
	bool keeps_failed;     /* in the store, for kept_run_shell() */
	struct cancel *cancel; /* the first failure triggers it, too */
	const struct local_context *contexts;
	size_t n_contexts;
	const struct left_out_list *left_out; /* of all contexts */
	int64_t epoch;                        /* seconds; -1 none */
	int64_t now;                          /* seconds: mtime of what steps create */
	const struct secret *secrets;
	size_t n_secrets;
	const struct ssh_agent *agents;
	size_t n_agents;
	uint64_t unpack_max;          /* see archive_options.max */
	struct sandbox_limits limits; /* of RUN */
	const struct run_surroundings *surroundings;
};

struct step_job {
	const struct build_env *env;
	const struct plan *plan;
	const struct step *step;
	struct result *const *inputs; /* in the order of step->inputs; an input that a
	                                 key function does not need may be NULL */
	int vertex;                   /* for events */
	unsigned forms; /* needed forms of the new layer: LAYER_DIR | LAYER_TAR */
};

/* Adds the fields that identify the step itself (never its base). For copy and for
 * bind mounts of run, CONTENT decides which content digests of selected sources are
 * added. True: from all inputs. False: only from local, http and git inputs, whose
 * results exist before any key is made; the solver adds the other inputs by key. */
int step_preimage(const struct step_job *job, bool content, struct preimage *out,
                  struct error *err);

/* Adds to OUT the files that a COPY, an ADD or a bind mount takes from contexts; their
 * digests are known after step_preimage(). ARENA owns the texts. */
int step_list_files(const struct step_job *job, struct arena *arena,
                    struct noted_step *out, struct error *err);

/* True if the definition key of input I (index into step->inputs) must go into
 * the step's own: not for local, http, git, nor for the base of COPY --link. */
bool step_needs_input_key(const struct plan *plan, const struct step *step, size_t i);

/* Empties the cache mounts of STEP, which must be rebuilt: removes the store's caches
 * with their ids, unless another build is using them. */
void step_drop_mounts(const struct build_env *env, const struct step *step);

/* Executes the step. The results of all inputs must exist. OUT is complete on success. */
int step_execute(const struct step_job *job, struct result *out, struct error *err);

/* The last modification of the file of STEP, an ADD of a URL, in seconds: from the
 * server, else of the newest file if it is an archive; -1: neither. Downloads the file
 * for that; the step later uses the download if the server says that it is unchanged.
 * Uses the store, the registry, secrets and the token of ENV. */
int step_http_time(const struct build_env *env, const struct step *step, int64_t *time,
                   struct error *err);

/* The index in step->inputs of the step ID. */
size_t step_input_index(const struct step *step, step_id id);

/* ------------------------------------------------------------ users
 *
 * /etc/passwd and /etc/group of a rootfs, read through a view; files over
 * 10 MiB are refused.
 */
struct user_ids {
	uint32_t uid, gid;
	ARRAY(gid_t) groups; /* supplementary */
	char *home;          /* never NULL */
};

/* For RUN and WORKDIR, dockerfile reference USER: "", "name", "uid",
 * "name:group", "uid:gid". STRICT: an unknown name is ERR_SOURCE, else 0. */
int user_find(const struct view *v, struct text user, bool strict, struct user_ids *out,
              struct error *err);

/* For --chown and WORKDIR: user only = its uid and (numeric: the same number, name:
 * primary) gid; ":g" = 0:g, "u:" = u:0; unknown users are 0, unknown groups the user's
 * own, with a warning at VERTEX. */
int user_find_owner(const struct view *v, struct text chown, int vertex, uint32_t *uid,
                    uint32_t *gid, struct error *err);

/* True if user_find_owner() needs no files for OWNER. */
bool user_owner_is_numeric(struct text owner);
void user_ids_clear(struct user_ids *u);

/* Runs a shell on TERMINAL_FD in place of RUN's program: with the root as the step left
 * it, and its environment, user, directory and mounts. Returns when the shell ends. */
int failed_run_shell(struct failed_run *run, struct sandbox *sandbox, int terminal_fd,
                     struct error *err);
void failed_run_free(struct failed_run *run); /* takes NULL */

/* Like failed_run_shell(), for the failed step ID in STORE, or the last one if ID is
 * NULL. */
int kept_run_shell(struct store *store, const char *id, struct sandbox *sandbox,
                   int terminal_fd, struct error *err);

#endif
