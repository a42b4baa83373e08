/*
 * lint_rules: one function for each rule. Some check the whole file as written.
 * The planner calls the others, only for the stages that the target needs.
 */
#ifndef PARSER_LINT_RULES_H
#define PARSER_LINT_RULES_H

#include "parser/dockerfile.h"
#include "parser/ignore.h"
#include "parser/lint.h"
#include "parser/variables.h"

/* Checks all rules that only need the file. If the file was parsed only in part, skips
 * rules that need all of it. */
void lint_file(struct lint *lint, const struct dockerfile *df);

/* NAME of FROM is neither declared nor predefined; NEAR is a similar name, or NULL. */
void lint_undefined_arg_in_from(struct lint *lint, const struct instruction *from,
                                struct text name, const char *near);

/* FROM --platform: VALUE is its expanded value. N_SET and N_UNSET count the different
 * variables in it; ONLY is one of the set ones. */
void lint_from_platform(struct lint *lint, const struct stage *stage, struct text value,
                        size_t n_set, size_t n_unset, struct text only,
                        struct text target_platform);
void lint_invalid_default_arg_in_from(struct lint *lint, const struct instruction *from);
void lint_invalid_base_image_platform(struct lint *lint, const struct instruction *from,
                                      struct text image, const struct platform *wanted,
                                      const struct platform *got);

void lint_undefined_var(struct lint *lint, const struct instruction *in, struct text name,
                        const char *near);
void lint_legacy_key_value_format(struct lint *lint, const struct instruction *in);
void lint_secrets_used_in_arg_or_env(struct lint *lint, const struct instruction *in,
                                     struct text name);
void lint_workdir_relative_path(struct lint *lint, const struct instruction *in,
                                struct text path);
void lint_json_args_recommended(struct lint *lint, const struct instruction *in);

/* IN is the second one; BEFORE is the one that it overrides. */
void lint_multiple_instructions(struct lint *lint, const struct instruction *in,
                                const struct instruction *before);
void lint_copy_ignored_file(struct lint *lint, const struct instruction *in,
                            const struct ignore *ignore, struct text source);
void lint_expose_proto_casing(struct lint *lint, const struct instruction *in,
                              struct text port, struct text proto);
void lint_expose_invalid_format(struct lint *lint, const struct instruction *in,
                                struct text port);

#endif
