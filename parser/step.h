/*
 * step: one node of a plan, as plain data: an operation and its inputs.
 *
 * A plan owns its steps and everything that they point to.
 */
#ifndef PARSER_STEP_H
#define PARSER_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "parser/config.h"
#include "parser/mount_types.h"

struct base_image; /* parser/plan.h */

enum step_kind {
	STEP_SCRATCH, /* nothing */
	STEP_IMAGE,   /* an image's layers */
	STEP_LOCAL,   /* files of the main or a named context */
	STEP_GIT,     /* a git repository's tree */
	STEP_HTTP,    /* one downloaded file */
	STEP_RUN,
	STEP_COPY,  /* COPY and ADD: one layer from sources */
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
	struct text id; /* cache (with namespace), secret, ssh */
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

#endif
