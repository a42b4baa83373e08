/*
 * dockerfile: parses a Dockerfile's text into typed instructions, by stage.
 *
 * They are as written: nothing is expanded or looked up yet. A dockerfile owns everything
 * that it points to, and never changes after it was made. struct text views are
 * NUL-terminated only if a comment says so.
 */
#ifndef PARSER_DOCKERFILE_H
#define PARSER_DOCKERFILE_H

#include <stdbool.h>

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "parser/config.h"

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

/* <<name body. RUN uses the raw body; COPY/ADD remove leading TABs (chomp) and
 * expand variables in it (expand). */
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

struct instruction {
	enum instruction_kind kind;
	struct text keyword; /* as written */
	struct text line;    /* the logical line, trimmed, without heredoc bodies */
	struct place at;
	bool empty_continuation;     /* it contains a blank line (a lint rule) */
	ARRAY(struct text) comments; /* attached comment lines, spec "descriptions" */

	/* Arguments: the rest of the line, split by the keyword's rules.
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

/* Checks that GIVEN (BUILDKIT_SYNTAX; p NULL: none) or else the file asks for the
 * built-in frontend, under any of its names. If not, replaces ERR. */
int dockerfile_check_front_end(const struct dockerfile *df, struct text given,
                               struct error *err);

/* The same, but never NULL: after a mistake (ERR is set) it returns the part before
 * it, which is valid only for plan_check(). */
struct dockerfile *
dockerfile_parse_part(struct text text, const char *name, struct error *err);
void dockerfile_free(struct dockerfile *df); /* takes NULL */

/* Parses one ONBUILD trigger of a base into DF's arena; its place is PLACE. */
int
dockerfile_parse_trigger(struct dockerfile *df, struct text trigger, struct place place,
                         struct instruction *out, struct error *err);

#endif
