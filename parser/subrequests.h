/*
 * subrequests: answers about a Dockerfile instead of a build, like BuildKit's --call:
 * outline, targets, describe, and check (BuildKit's "lint").
 */
#ifndef PARSER_SUBREQUESTS_H
#define PARSER_SUBREQUESTS_H

#include "base/error.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"

/* In the forms of BuildKit's subrequests "outline", "targets" and "lint"; caller
 * frees. Places of the JSON forms are those of the only source, the Dockerfile. */
char *outline_print_text(const struct plan *plan);
char *outline_print_json(const struct plan *plan);
char *targets_print_text(const struct dockerfile *df);
char *targets_print_json(const struct dockerfile *df);

/* The list of subrequests, in the forms of "subrequests.describe"; caller frees. */
char *describe_print_text(void);
char *describe_print_json(void);

/* The warnings of PLAN. FAULT is the error of plan_make(), or empty; the text form does
 * not show it. */
char *check_print_text(const struct plan *plan, const struct error *fault);
char *check_print_json(const struct plan *plan, const struct error *fault);

#endif
