/*
 * lint: warnings about Dockerfiles that build but should be better.
 *
 * The rules, one function each, are in lint_rules.c; here is what they share:
 * which rules are on, for the file and for single instructions, and the list
 * of warnings.
 *
 *	# check=skip=JSONArgsRecommended,StageNameCasing;error=true
 *	# check=experimental=all
 */
#ifndef PARSER_LINT_H
#define PARSER_LINT_H

#include "parser/parser.h"

enum lint_rule {
	LINT_STAGE_NAME_CASING,
	LINT_FROM_AS_CASING,
	LINT_NO_EMPTY_CONTINUATION,
	LINT_CONSISTENT_INSTRUCTION_CASING,
	LINT_DUPLICATE_STAGE_NAME,
	LINT_RESERVED_STAGE_NAME,
	LINT_JSON_ARGS_RECOMMENDED,
	LINT_MAINTAINER_DEPRECATED,
	LINT_UNDEFINED_ARG_IN_FROM,
	LINT_WORKDIR_RELATIVE_PATH,
	LINT_UNDEFINED_VAR,
	LINT_MULTIPLE_INSTRUCTIONS_DISALLOWED,
	LINT_LEGACY_KEY_VALUE_FORMAT,
	LINT_INVALID_BASE_IMAGE_PLATFORM,
	LINT_REDUNDANT_TARGET_PLATFORM,
	LINT_SECRETS_USED_IN_ARG_OR_ENV,
	LINT_INVALID_DEFAULT_ARG_IN_FROM,
	LINT_FROM_PLATFORM_FLAG_CONST_DISALLOWED,
	LINT_COPY_IGNORED_FILE,
	LINT_INVALID_DEFINITION_DESCRIPTION,
	LINT_EXPOSE_PROTO_CASING,
	LINT_EXPOSE_INVALID_FORMAT,
	N_LINT_RULES,
};

/* A row of the table of rules. */
struct lint_row {
	const char *name, *description, *url;
	bool experimental; /* off unless asked for */
};

extern const struct lint_row lint_rows[N_LINT_RULES];

struct lint_settings {
	uint32_t skip, experimental; /* one bit for each rule */
	bool error;
};

struct lint {
	struct arena *arena;
	struct lint_settings settings;
	ARRAY(struct lint_warning) warnings;
};

/* Reads OPTIONS, "skip=…;experimental=…;error=…". Warnings live in ARENA. */
int
lint_init(struct lint *lint, struct arena *arena, struct text options, struct error *err);
void lint_clear(struct lint *lint);

/* Adds a warning about IN at the place AT, unless RULE is off there. */
void
lint_tell(struct lint *lint, enum lint_rule rule, const struct instruction *in,
          struct place at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Orders the warnings by line and moves them to PLAN. */
void lint_finish(struct lint *lint, struct plan *plan);

#endif
