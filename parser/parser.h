/*
 * parser: a Dockerfile's text → instructions → stages → a plan.
 *
 *	text ──dockerfile_parse──► struct dockerfile    typed instructions, by stage
 *	                                 │
 *	options, base configs ──plan_make──► struct plan   a DAG of steps, plain data,
 *	                                                   and one image per stage
 *
 * The folder does no I/O: it reads the text it is given. What it must know of
 * base images (environment, shell, triggers …) is handed over as plain data:
 * plan_make() lists the images that it lacks, the caller looks them up and
 * calls again, until nothing is missing (ONBUILD triggers may ask for more).
 *
 * The language is that of BuildKit's Dockerfile frontend: docs/dockerfile.md.
 *
 * Ownership: all that a dockerfile or a plan points to lives in its arena and
 * dies with it; a plan borrows from its dockerfile and from the options, which
 * must outlive it. Both are immutable after they were made, so threads may
 * share them. struct text views are NUL-terminated only where it is said.
 */
#ifndef PARSER_PARSER_H
#define PARSER_PARSER_H

#include <stdint.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/platform.h"
#include "base/text.h"
#include "parser/mount_types.h"

/* ------------------------------------------------------------ instructions */

enum instruction_kind {
	INSTR_FROM,
	INSTR_ARG,
	INSTR_RUN,
	INSTR_COPY,
	INSTR_ADD,
	INSTR_WORKDIR,
	INSTR_ENV,
	INSTR_LABEL,
	INSTR_EXPOSE,
	INSTR_VOLUME,
	INSTR_USER,
	INSTR_STOPSIGNAL,
	INSTR_MAINTAINER,
	INSTR_SHELL,
	INSTR_CMD,
	INSTR_ENTRYPOINT,
	INSTR_HEALTHCHECK,
	INSTR_ONBUILD,
};

/* <<name body. RUN uses the raw body; COPY/ADD take off leading TABs (chomp)
 * and expand variables in it (expand). */
struct heredoc {
	struct text name;
	struct text body; /* raw lines with their ends, without the terminator */
	bool expand;      /* the name was not quoted */
	bool chomp;       /* <<- */
};

struct pair {
	struct text key;
	struct text value; /* raw: quotes and escapes still there */
	bool has_value;    /* ARG NAME without "=": false */
};

/* One comma field of --mount, checked and expanded when the plan is made. */
struct mount_field {
	struct text key; /* lower case */
	struct text value;
	bool has_value;
};

struct raw_mount {
	ARRAY(struct mount_field) fields;
};

/* HEALTHCHECK: durations in nanoseconds, 0 = not given. */
struct health {
	bool none;
	bool json; /* CMD ["…"]: test is a list, else one text */
	ARRAY(struct text)
	test; /* in an image's config CMD, CMD-SHELL or NONE comes first */
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

struct instruction {
	enum instruction_kind kind;
	struct text keyword; /* as written */
	struct text line;    /* the logical line, trimmed, without heredoc bodies */
	struct place at;
	bool empty_continuation;     /* a blank line was met inside (a lint rule) */
	ARRAY(struct text) comments; /* attached comment lines, spec "descriptions" */

	/* Arguments: what the keyword's splitter made of the rest of the line.
	 * json: it was a JSON array. Shell forms have exactly one argument (or
	 * none if empty). RUN/COPY/ADD: args still hold the <<operators. */
	ARRAY(struct text) args;
	bool json;
	ARRAY(struct pair) pairs; /* ENV LABEL ARG */
	bool legacy_pair;         /* ENV k v, LABEL k v */
	ARRAY(struct heredoc) heredocs;

	/* Flags, unset ones empty with p NULL. */
	struct {
		struct text platform;                     /* FROM */
		struct text from, chown, chmod, checksum; /* COPY, ADD */
		bool link, parents;
		int unpack;       /* ADD: -1 not given, 0, 1 */
		int keep_git_dir; /* ADD: -1 not given, 0, 1 */
		ARRAY(struct text) excludes;
		ARRAY(struct raw_mount) mounts; /* RUN */
		struct text network, security;  /* RUN */
		ARRAY(struct text) devices;     /* RUN */
	} flag;

	struct text image,
	        alias;        /* FROM: raw image name; stage name as written, or p NULL */
	struct health health; /* HEALTHCHECK */
	struct text trigger;  /* ONBUILD: the instruction's text, with heredoc bodies */
};

struct stage {
	size_t index;
	struct text name; /* lower case; p NULL if unnamed */
	const struct instruction *from;
	ARRAY(struct instruction) instructions; /* without FROM */
};

struct dockerfile {
	struct arena *arena;
	const char *name;                  /* as shown: "Dockerfile" */
	struct text bytes;                 /* the whole text, a copy */
	char escape;                       /* '\\' or '`' */
	ARRAY(struct instruction) globals; /* ARG before the first FROM */
	ARRAY(struct stage) stages;
	struct text syntax; /* value of "# syntax=", or p NULL */
	struct text check;  /* value of "# check=", or p NULL */
	struct place syntax_at, check_at;
	bool is_part; /* it ends before a mistake */
};

/* Reads TEXT (copied). NAME is for messages. On failure ERR holds code
 * ERR_DOCKERFILE, the message and the place. Caller frees. */
struct dockerfile *
dockerfile_parse(struct text text, const char *name, struct error *err);

/* Is the front end that GIVEN (BUILDKIT_SYNTAX; p NULL: none) or else the file asks for
 * the built-in one, under any of its names? Replaces what ERR holds if not. */
int dockerfile_check_front_end(const struct dockerfile *df, struct text given,
                               struct error *err);

/* The same, but never NULL: after a mistake (ERR is set) what comes before it,
 * good for nothing but plan_check(). */
struct dockerfile *
dockerfile_parse_part(struct text text, const char *name, struct error *err);
void dockerfile_free(struct dockerfile *df); /* takes NULL */

/* Parses one ONBUILD trigger of a base into DF's arena; its place is PLACE. */
int
dockerfile_parse_trigger(struct dockerfile *df, struct text trigger, struct place place,
                         struct instruction *out, struct error *err);

/* ------------------------------------------------------------ word expansion */

struct variable {
	struct text name, value;
};

/* Answers what NAME is: 1 and *VALUE, or 0 if unset. */
typedef int expand_lookup_fn(void *arg, struct text name, struct text *value);

struct expander {
	struct arena *arena; /* results live here */
	char escape;
	expand_lookup_fn *lookup;
	void *arg;
	bool keep_quotes, keep_escapes, ignore_quotes, keep_unset;
	/* Names that were looked up and unset, if not NULL (for lint and errors). */
	void (*on_unset)(void *arg, struct text name);
};

/* One word (blanks kept). Errors are ERR_DOCKERFILE, wrapped as
 * `failed to process "word": …`. */
int expand_word(const struct expander *x, struct text word, struct text *out,
                struct error *err);

/* Several words, split at unquoted blanks after expansion. */
struct words {
	ARRAY(struct text) list; /* texts live in the arena; clear with words_clear() */
};
int expand_words(const struct expander *x, struct text word, struct words *out,
                 struct error *err);
void words_clear(struct words *w);

/* ------------------------------------------------------------ patterns */

/* Go's filepath.Match: * and ? do not cross '/', [a-z], [^a], \c. 1 match, 0 no,
 * -1 malformed pattern. */
int pattern_match(struct text pattern, struct text name);

/* True if P holds an unescaped * ? or [. */
bool pattern_has_glob(struct text p);

/* .dockerignore and --exclude: ordered patterns with exceptions ("!"). */
struct ignore;

/* Reads the text of an ignore file. Never NULL unless a pattern is malformed
 * (ERR_DOCKERFILE, place in NAME). Empty text: nothing is ignored. */
struct ignore *ignore_parse(struct text text, const char *name, struct error *err);

/* From single patterns (--exclude), which are not relative to anything: one with a "/"
 * in front matches nothing. */
struct ignore *ignore_new(const struct text *patterns, size_t n, struct error *err);
void ignore_free(struct ignore *ig); /* takes NULL */
bool ignore_is_empty(const struct ignore *ig);
bool ignore_has_exceptions(const struct ignore *ig);

/* Walking: the state of a directory, handed to its children. Size in bytes of
 * one state; the root's parent state is NULL. */
size_t ignore_state_size(const struct ignore *ig);

/* True if PATH (relative, '/'-separated, no leading "/") is excluded. PARENT is
 * the state that the same call filled for its directory (NULL for entries of
 * the root); STATE, if not NULL, receives PATH's own. */
bool
ignore_match(const struct ignore *ig, struct text path, const void *parent, void *state);

/* True if something below the excluded directory PATH may be re-included by a
 * later exception, so that the directory must be entered. */
bool ignore_may_reinclude(const struct ignore *ig, struct text path);

/* Without a parent's state: tries PATH and all its ancestors. */
bool ignore_match_alone(const struct ignore *ig, struct text path);

/* ------------------------------------------------------------ image config */

/* The execution part of an image config, OCI image-spec config.md plus
 * Docker's Healthcheck, OnBuild, Shell. Text is NUL-terminated. */
struct config {
	ARRAY(struct variable) env; /* order kept */
	ARRAY(struct text) entrypoint, cmd, shell, onbuild;
	bool has_entrypoint, has_cmd, has_shell; /* false: key absent */
	bool args_escaped;
	ARRAY(struct variable) labels;                  /* set order */
	ARRAY(struct text) ports, volumes;              /* "80/tcp", "/data" */
	struct text user, workdir, stop_signal, author; /* p NULL: absent */
	struct health health;
	bool has_health;
};

void config_copy(struct arena *arena, struct config *to, const struct config *from);
void config_clear(struct config *c); /* the arrays; texts belong to arenas */

/* ------------------------------------------------------------ plan */

enum context_kind {
	CONTEXT_LOCAL,   /* a directory: value = path */
	CONTEXT_IMAGE,   /* docker-image://, value = reference */
	CONTEXT_LAYOUT,  /* oci-layout://, value = path[:tag][@digest] */
	CONTEXT_SCRATCH, /* docker-image://scratch */
	CONTEXT_GIT,
	CONTEXT_HTTP,
};

/* What is known of an image that a plan names. Filled by the caller. */
struct base_image {
	struct text name;               /* as in missing_base */
	struct platform platform;       /* the wanted one, same as in missing_base */
	struct digest digest;           /* of the platform's manifest */
	struct platform image_platform; /* what its config says */
	struct config config;           /* onbuild = its triggers */
	int64_t created_ns;             /* 0 unknown */
	void *image;                    /* the caller's own handle */
	enum context_kind kind; /* CONTEXT_LAYOUT as in missing_base; else ignored */
};

struct named_context {
	struct text name; /* normalised: "alpine", "alpine::linux/amd64" */
	enum context_kind kind;
	struct text value;
};

struct plan_options {
	const struct variable *build_args;
	size_t n_build_args;
	struct text target; /* p NULL: last stage */
	struct platform target_platform, build_platform;
	bool explicit_platform; /* --platform was given */
	bool several_platforms; /* names of steps say which one they are of */
	const struct named_context *contexts;
	size_t n_contexts;
	const struct variable *labels; /* --label */
	size_t n_labels;
	struct text network; /* --network: "default" "none" "host" */
	bool allow_host_network, allow_insecure;
	const struct ignore *ignore;  /* of the main context, for a lint rule; or NULL */
	const struct variable *hosts; /* --add-host: name, address */
	size_t n_hosts;
	bool all_stages;    /* --check: looks at all stages, whether needed or not */
	bool wants_outline; /* fills plan.outline */
};

enum step_kind {
	STEP_SCRATCH, /* nothing */
	STEP_IMAGE,   /* an image's layers */
	STEP_LOCAL,   /* files of the main or a named context */
	STEP_GIT,     /* a git repository's tree */
	STEP_HTTP,    /* one downloaded file */
	STEP_RUN,
	STEP_COPY,  /* COPY and ADD: one layer out of sources */
	STEP_MKDIR, /* WORKDIR */
};

/* Index of a step in plan.steps; inputs always have a smaller index. */
typedef size_t step_id;
#define STEP_NONE ((step_id)-1)

struct step_mount {
	enum mount_type type;
	step_id from;       /* bind, cache seed; STEP_NONE: none */
	struct text source; /* absolute in from; secret: unused */
	struct text target; /* absolute; secret/ssh: p NULL if not wanted as file */
	bool readonly;
	struct text id; /* cache (with name space), secret, ssh */
	enum mount_sharing sharing;
	bool required;
	uint64_t size;           /* tmpfs, 0: no limit */
	uint32_t mode, uid, gid; /* mode: or MOUNT_NOT_GIVEN */
	bool has_ids;
	struct text env; /* secret: variable, or p NULL */
};

enum network_mode { NETWORK_DEFAULT, NETWORK_NONE, NETWORK_HOST };

struct step_run {
	ARRAY(struct text) argv;
	ARRAY(struct variable) env;   /* complete and in order, PATH included */
	ARRAY(struct variable) proxy; /* added to env when run; never in keys */
	struct text cwd, user;        /* user "" = root */
	enum network_mode network;
	bool insecure;
	struct text hostname; /* p NULL: default */
	ARRAY(struct step_mount) mounts;
	ARRAY(struct variable) hosts;
	/* A "#!" heredoc: a file PATH (mode 0755) with BODY, mounted read-only. */
	struct text script_path, script_body; /* p NULL: none */
};

/* One source argument of COPY/ADD. */
struct copy_source {
	step_id from;        /* STEP_NONE: inline content */
	struct text path;    /* as after expansion, "" for all; HTTP: file name */
	struct text content; /* inline: the finished bytes */
	bool unpack;         /* local ADD: unpack if it is an archive */
	bool force_unpack;   /* --unpack given for a URL */
};

struct step_copy {
	bool is_add;
	step_id base;                      /* STEP_NONE never; --link: still the base */
	ARRAY(struct copy_source) sources; /* paths first, then inline files */
	struct text dest; /* absolute; trailing "/" kept where it says "directory" */
	struct text chown, chmod; /* p NULL: not given; expanded */
	bool link;                /* independent layer (already false if --chmod) */
	bool parents;
	ARRAY(struct text) excludes;
	bool keep_owner; /* --from: keep uid/gid; else 0:0 */
};

struct step_mkdir {
	struct text path; /* absolute, as written */
	struct text user; /* owner of created levels */
};

struct step_image {
	const struct base_image *base;
};

struct step_local {
	struct text context; /* p NULL: the main context, else a name */
};

struct step_git {
	struct text url;                   /* without fragment and query */
	struct text ref, subdir, checksum; /* p NULL: none */
	bool keep_git_dir;
	bool submodules;
	bool commit_time; /* mtime=commit: files are as old as the commit */
};

/* The address of a repository, with what is wanted of it:
 *
 *	https://host/repo.git#ref:subdir
 *	ssh://git@host/repo        git@host:repo.git        git://host/repo
 *	https://host/repo.git?branch=main&subdir=src&submodules=false
 */
struct git_url {
	struct step_git git; /* texts in the arena */
	int keep_git_dir;    /* -1 not said, 0, 1 */
};

/* 1 T is one, 0 it is something else, -1 it asks for something wrong. git_url_is()
 * does not look at what it asks for. */
int
git_url_parse(struct arena *arena, struct text t, struct git_url *out, struct error *err);
bool git_url_is(struct text t);

struct step_http {
	struct text url, name, checksum; /* checksum p NULL: none */
	struct text chmod;               /* from ADD --chmod, p NULL: 0600 */
};

struct step {
	enum step_kind kind;
	step_id id;
	step_id base;          /* input 0 of run, copy, mkdir; else STEP_NONE */
	ARRAY(step_id) inputs; /* all, base first, each once */
	struct place at;
	size_t stage;        /* index of the stage it belongs to */
	struct text name;    /* "[build 2/5] RUN make"; p NULL: not shown */
	struct text command; /* "RUN make": for messages */
	union {
		struct step_image image;
		struct step_local local;
		struct step_git git;
		struct step_http http;
		struct step_run run;
		struct step_copy copy;
		struct step_mkdir mkdir;
	};
};

struct history {
	struct text created_by;
	step_id step; /* whose layer it is; STEP_NONE: empty_layer */
};

/* What a stage comes out as. */
struct plan_image {
	size_t stage;
	step_id step; /* last step: its layers are the image's */
	step_id base; /* the STEP_IMAGE or STEP_SCRATCH it started from */
	struct config config;
	struct platform platform;
	ARRAY(struct history)
	history; /* own entries, in order; base history comes before */
};

struct missing_base {
	struct text name;
	struct platform platform;
	struct place at;
	struct text display;    /* for "[internal] load metadata for …" */
	enum context_kind kind; /* CONTEXT_IMAGE or CONTEXT_LAYOUT */
};

struct lint_warning {
	const char *rule;              /* "StageNameCasing" */
	const char *description, *url; /* url NULL: none */
	struct text detail;
	struct place at;
};

/* Something that a build can be given. */
struct outline_item {
	struct text name, value, description; /* p NULL: none */
	bool required;
	struct place at;
};

struct outline_items {
	struct outline_item *at;
	size_t n, cap;
};

/* What the target and what it needs can be given, in the order of the lines. */
struct outline {
	struct text name, description; /* of the target; p NULL: none */
	struct outline_items args, secrets, agents;
};

struct plan {
	struct arena *arena;
	const struct dockerfile *df;
	ARRAY(struct missing_base) missing; /* not empty: nothing else is valid */
	ARRAY(struct step) steps;           /* reachable only, inputs first */
	struct plan_image image;            /* the target's */
	ARRAY(struct plan_image) others;    /* of the plans that were joined to this */
	ARRAY(struct lint_warning) warnings;
	bool lint_is_error; /* check=error=true and there are warnings */
	struct text epoch; /* SOURCE_DATE_EPOCH as seen (build arg or ARG), p NULL none */
	bool multi_platform, inline_cache; /* BUILDKIT_… arguments */
	struct outline outline;            /* if plan_options.wants_outline */
};

/* Makes the plan. BASES holds what is known so far. NULL with ERR on a mistake
 * in the Dockerfile or the options. Caller frees. */
struct plan *
plan_make(struct dockerfile *df, const struct plan_options *options,
          const struct base_image *const *bases, size_t n_bases, struct error *err);
void plan_free(struct plan *plan); /* takes NULL */

/* The same for the warnings alone; never NULL. After a mistake (ERR is set) the
 * plan holds those that came before it, and nothing else of it is valid. */
struct plan *
plan_check(struct dockerfile *df, const struct plan_options *options,
           const struct base_image *const *bases, size_t n_bases, struct error *err);

/* -1 if the Dockerfile wants to fail when there are warnings (check=error=true),
 * and there are. */
int plan_check_lint(const struct plan *plan, struct error *err);

/* Makes one of PLAN and OTHER, which are of one Dockerfile and of different platforms:
 * OTHER's steps come behind PLAN's, sources that are the same in both are one, and its
 * images come behind PLAN's. A warning that is the same in both is told once. OTHER is
 * taken over. */
void plan_join(struct plan *plan, struct plan *other);

/* The images that PLAN makes, in the order of the platforms. */
size_t plan_n_images(const struct plan *plan);
const struct plan_image *plan_image_at(const struct plan *plan, size_t i);

/* Marks the steps that IMAGE needs in NEEDED, an array of plan->steps.n. */
void
plan_mark_needed(const struct plan *plan, const struct plan_image *image, bool *needed);

/* The DAG for people and tests: keys in fixed order, no addresses. Caller frees. */
char *plan_print_json(const struct plan *plan);
char *plan_print_dot(const struct plan *plan);

/* ------------------------------------------------------------ answers */

/* In the forms of BuildKit's subrequests "outline", "targets" and "lint"; caller
 * frees. Places of the JSON forms are those of the only source, the Dockerfile. */
char *outline_print_text(const struct plan *plan);
char *outline_print_json(const struct plan *plan);
char *targets_print_text(const struct dockerfile *df);
char *targets_print_json(const struct dockerfile *df);

/* What can be asked for, in the forms of "subrequests.describe"; caller frees. */
char *describe_print_text(void);
char *describe_print_json(void);

/* The warnings of PLAN. FAULT is what its making failed with, or empty: the text
 * does not show it. */
char *check_print_text(const struct plan *plan, const struct error *fault);
char *check_print_json(const struct plan *plan, const struct error *fault);

/* ------------------------------------------------------------ presentation */

/* Appends the code frame of PLACES in DF's text, as BuildKit prints it:
 * "Dockerfile:15", dashes, lines with >>> marks, dashes. */
void frame_print(struct buf *out, struct text bytes, const char *name,
                 const struct place *places, size_t n);

#endif
