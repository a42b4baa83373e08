/*
 * order: a build request, and the whole build from reading to the outputs.
 *
 *	read Dockerfile and .dockerignore → parse → plan (resolving bases until
 *	nothing is missing) → sources, keys, cached? → run what is left → image
 *	config and manifest → outputs
 *
 * A request is plain data that the command line fills; it owns nothing but its
 * arrays, whose texts live as long as argv. No code below prints:
 * progress goes out as events, a failure as one error.
 */
#ifndef BUILDER_ORDER_ORDER_H
#define BUILDER_ORDER_ORDER_H

#include "base/array.h"
#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/export/cache_place.h"
#include "builder/export/export.h"
#include "builder/image/image.h"
#include "builder/sandbox/sandbox.h"
#include "builder/steps/steps.h"
#include "layers/layers.h"
#include "parser/config.h"
#include "parser/plan.h"

enum plan_format { PLAN_NOT_PRINTED, PLAN_JSON, PLAN_DOT };
enum call_kind { CALL_BUILD, CALL_CHECK, CALL_OUTLINE, CALL_TARGETS, CALL_DESCRIBE };

struct secret_source {
	struct text id;
	struct text file, env; /* p NULL: not given */
};

enum squash {
	SQUASH_NONE,
	SQUASH_NEW, /* the layers of the build become one */
	SQUASH_ALL, /* … with those of the base */
};

/* How registries are reached, besides the settings of the machine. */
struct registry_wishes {
	const char *cert_dir; /* certificates for all hosts */
	struct text creds;    /* USER:PASSWORD for all hosts; p NULL: none */
	bool insecure_all;    /* plain HTTP or unverified TLS for all */
	int retries;          /* these three: as in registry_options */
	int64_t retry_delay_ns;
	int timeout_s;
	ARRAY(struct text) mirrors;  /* of docker.io */
	ARRAY(struct variable) maps; /* HOST[/PATH] → what is asked first */
	ARRAY(struct registry_certs) certs;
	bool mirrors_only;
};

struct build_request {
	const char *context; /* PATH, "-", URL */
	const char
	        *dockerfile; /* -f, NULL: default name; "-": standard input; or a URL */
	ARRAY(struct text) tags;
	struct text target;                /* p NULL: last stage */
	ARRAY(struct variable) build_args; /* values from our environment are filled in */
	ARRAY(struct variable) labels;
	struct annotations annotations;       /* --annotation */
	ARRAY(struct named_context) contexts; /* --build-context */
	ARRAY(struct variable) hosts;
	ARRAY(struct secret_source) secrets;
	ARRAY(struct variable) agents; /* --ssh id=socket */
	ARRAY(struct output) outputs;  /* at least one to build */
	ARRAY(struct cache_place) cache_from, cache_to;
	bool no_cache;
	int64_t cache_ttl_ns;               /* older steps are not cached; 0: any age */
	ARRAY(struct text) no_cache_stages; /* --no-cache-filter */
	enum pull_policy pull;
	ARRAY(struct text) platforms; /* none: the host's */
	struct text network;          /* "default" "none" "host" */
	bool allow_host_network, allow_insecure, allow_delete;
	const char *iidfile, *metadata_file, *digest_file;
	/* NAME@DIGEST and NAME:TAG@DIGEST, a line for each tag */
	const char *name_file, *name_tag_file;
	/* The opened files, or NULL; owned. */
	struct destination *iid, *metadata, *digest, *name, *name_tag;
	const char *report_path;             /* --report */
	struct destination *report;          /* opened, or NULL; owned */
	bool keeps_record;                   /* in the store, for cooper history */
	ARRAY(struct destination *) results; /* all open destinations; borrowed */
	int log_fd;                          /* of --logfile; 0: none; borrowed */
	int log_dir_fd;                      /* of --log-dir; 0: none; borrowed */
	const char *root;                    /* store; NULL: default */
	const char *authfile;
	ARRAY(struct text) insecure_registries;
	bool offline;
	enum isolation isolation;
	enum id_mapping mapping; /* the result of machine_enter() */
	const char *mapping_why; /* its reason, or NULL */
	size_t jobs;             /* 0: default */
	uint64_t store_max;      /* maximum size of the store after the build; 0: any */
	uint64_t unpack_max; /* maximum bytes from one archive; 0: see archive_options */
	struct sandbox_limits limits; /* of RUN steps */
	struct run_surroundings surroundings;
	struct registry_wishes wishes;
	ARRAY(struct variable) env; /* as an ENV behind each FROM */
	ARRAY(struct text) unset_env, unset_labels;
	bool drops_labels;        /* those of bases */
	struct text from;         /* in place of the first FROM's; p NULL: none */
	const char *ignorefile;   /* in place of .dockerignore */
	bool finds_containerfile; /* before a Dockerfile */
	enum squash squash;
	bool omits_history;
	bool makes_index;    /* even of one platform */
	bool git_modes;      /* of context files: 0755 and 0644 only */
	bool shell_on_error; /* keep the root of a failed RUN */
	bool keep_on_error;  /* … in the store */
	bool dry_run;        /* says what would be done */
	enum plan_format print_plan;
	enum call_kind call;
	bool call_json;
	int64_t epoch;         /* SOURCE_DATE_EPOCH of our environment; -1: none */
	struct cancel *cancel; /* triggered by signals and by the first failure */
};

/* The exit status of a dry run if steps would run. */
#define STATUS_WOULD_RUN 11

/* The result, for -q and the files that name it. */
struct build;

struct build_outcome {
	struct build *failed;   /* a failed RUN for build_shell(), or NULL */
	struct digest image_id; /* config digest; alg none if there is no single one */
	struct descriptor root; /* manifest or index */
	char *printed; /* text for standard output (plan, check, outline), or NULL */
	int status;    /* exit status of a call (check found warnings) */
};

/* Opens everything that the build writes to: outputs, caches and files. Call it before
 * opening anything else, so that /dev/fd/N is a descriptor of the user's shell. */
int build_open_results(struct build_request *r, struct error *err);

/* Fails with ERR_USAGE if one of them is inside the store. */
int build_check_store(const struct build_request *r, const struct store *store,
                      struct error *err);

/* If possible, the error has the file and places in the Dockerfile. *SOURCE (caller
 * clears) gets the text of this file, for the code frame in the report. */
int build_run(const struct build_request *request, struct build_outcome *out,
              struct buf *source, struct error *err);
void build_request_clear(struct build_request *r);
void build_outcome_clear(struct build_outcome *o);

/* Runs a shell on TERMINAL_FD in the root of the failed RUN. */
int build_shell(struct build *failed, int terminal_fd, struct error *err);

#endif
