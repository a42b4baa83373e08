/*
 * steps: what each kind of step does. One file per kind; solve decides when.
 *
 *	         in a key                       when it runs
 *	image    manifest digest                nothing: layers are lazy handles
 *	local    (selections, in the users)     the context is scanned
 *	http     content digest, name, mode     downloaded, or 304
 *	git      (selections; with .git commit) fetched and checked out, or kept
 *	copy     selections' content, flags     a layer out of changes
 *	mkdir    path, owner                    a layer of directories
 *	run      argv, env, cwd, user, mounts   a layer out of an upper directory
 *
 * A result is the ordered layers after a step (image, copy, mkdir, run) or a
 * set of files to copy from (local, git, http), which is a view as well, so
 * everything that copies sees views only.
 */
#ifndef BUILDER_STEPS_STEPS_H
#define BUILDER_STEPS_STEPS_H

#include "base/cancel.h"
#include "builder/cache/cache.h"
#include "builder/cache/preimage.h"
#include "builder/cache/last_build.h"
#include "builder/context/context.h"
#include "builder/sandbox/sandbox.h"
#include "layers/layers.h"
#include "parser/ignore.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "registry/registry.h"

/* What a step came out as. Owner: the solver. */
struct result {
	ARRAY(struct layer *) layers; /* lowest first; what the step added is last */
	struct record made;           /* the last of them, if the step itself added one */
	struct context *context; /* local, git: digests come from its index; else NULL */
	struct layer *source;    /* http: its source layer; else NULL */
	struct digest content;   /* http: of the file; git with .git: of the commit's id;
	                            else not known */
};

/* The array, and what a source step's result owns: its context (whose index is
 * written now) or source layer. Other layers belong to the store. */
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
	int dir_fd;                  /* borrowed: a scan works on its own copy */
	const struct ignore *ignore; /* NULL: nothing is ignored */
	bool remember;               /* worth a stat index: not a temporary directory */
};

/* What all steps of a build share; immutable while steps run. */
/* A RUN that failed, and all that it ran in. */
struct failed_run;

struct build_env {
	struct store *store;
	struct registry *registry;
	bool offline;            /* said of git; the registry knows itself */
	struct sandbox *sandbox; /* NULL until a RUN must run: see sandbox_of */
	struct sandbox *(*sandbox_of)(void *arg,
	                              struct error *err); /* makes it once; thread-safe */
	void *sandbox_arg;
	/* Takes the first RUN that failed (true), to look at it with failed_run_shell();
	 * NULL: nobody wants to. Gets sandbox_arg. */
	bool (*keep_failed)(void *arg, struct failed_run *run);
	bool keeps_failed;     /* in the store, for kept_run_shell() */
	struct cancel *cancel; /* triggered by the first failure as well */
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
};

struct step_job {
	const struct build_env *env;
	const struct plan *plan;
	const struct step *step;
	struct result *const *inputs; /* in the order of step->inputs; an input that a
	                                 key function does not need may be NULL */
	int vertex;                   /* for events */
	unsigned forms;               /* wanted of the new layer: LAYER_DIR | LAYER_TAR */
};

/* Adds what identifies the step itself (never its base). For copy and for bind
 * mounts of run: CONTENT true: the content digests of selected sources
 * from all inputs; false: only of local, http and git inputs, whose results are
 * there before any key is made; other inputs are the solver's to add by key. */
int step_preimage(const struct step_job *job, bool content, struct preimage *out,
                  struct error *err);

/* Adds the files of contexts that a COPY, an ADD or a bind mount takes to OUT's; their
 * digests are known after step_preimage(). Texts are ARENA's. */
int step_list_files(const struct step_job *job, struct arena *arena,
                    struct last_build_step *out, struct error *err);

/* True if the definition key of input I (index into step->inputs) must go into
 * the step's own: not for local, http, git, nor for the base of COPY --link. */
bool step_needs_input_key(const struct plan *plan, const struct step *step, size_t i);

/* STEP is to be made anew, so its cache mounts are to be empty: what the store has by
 * their ids is taken away, but not from other builds that use it now. */
void step_drop_mounts(const struct build_env *env, const struct step *step);

/* Does it: OUT is complete on success. Inputs' results are all there. */
int step_execute(const struct step_job *job, struct result *out, struct error *err);

/* When the file of STEP, an ADD of a URL, was last changed, in seconds: what the server
 * says, else its newest file if it is an archive; -1: neither. It is downloaded for that,
 * and the step takes it then if the server says that it is still the same. Of ENV the
 * store, the registry, secrets and the token are used. */
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

/* A shell on TERMINAL_FD where the program of RUN was: its root as the step left it,
 * environment, user, directory and mounts. Returns when it ends. */
int failed_run_shell(struct failed_run *run, struct sandbox *sandbox, int terminal_fd,
                     struct error *err);
void failed_run_free(struct failed_run *run); /* takes NULL */

/* As failed_run_shell(), in the failed step with the name ID that was kept in STORE, or
 * in the last one if ID is NULL. */
int kept_run_shell(struct store *store, const char *id, struct sandbox *sandbox,
                   int terminal_fd, struct error *err);

#endif
