/*
 * lint: warnings about Dockerfiles that build but should be better.
 *
 * Each rule has a row in lint_list.h and a function in lint_rules.c. This header has the
 * common parts: which rules are on, for the file and for single instructions, and the
 * list of warnings.
 *
 *	# check=skip=JSONArgsRecommended,StageNameCasing;error=true
 *	# check=experimental=all
 */
#ifndef PARSER_LINT_H
#define PARSER_LINT_H

#include "parser/dockerfile.h"
#include "parser/lint_list.h"
#include "parser/plan.h"

#define LINT_CONSTANT(constant, rule, page, lint_level, words) LINT_##constant,
enum lint_rule { LINT_RULES(LINT_CONSTANT) N_LINT_RULES };
#undef LINT_CONSTANT

enum lint_level {
	LINT_ON,           /* unless it is skipped */
	LINT_EXPERIMENTAL, /* off unless asked for */
};

/* A row of the table of rules. */
struct lint_row {
	const char *name, *description;
	const char *url; /* NULL: none */
	enum lint_level level;
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
lint_warn(struct lint *lint, enum lint_rule rule, const struct instruction *in,
          struct place at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Orders the warnings by line and moves them to PLAN. */
void lint_finish(struct lint *lint, struct plan *plan);

#endif
