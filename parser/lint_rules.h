/*
 * lint_rules: one function for each rule. Some look at the file as it was
 * written, all of it; the others are asked while the plan is made, about what
 * the target needs.
 */
#ifndef PARSER_LINT_RULES_H
#define PARSER_LINT_RULES_H

#include "parser/dockerfile.h"
#include "parser/ignore.h"
#include "parser/lint.h"
#include "parser/variables.h"

/* All rules that need nothing but the file. Those that compare all of it are left
 * out if it is only a part. */
void lint_file(struct lint *lint, const struct dockerfile *df);

/* NAME of FROM is neither declared nor predefined; NEAR is like it, or NULL. */
void lint_undefined_arg_in_from(struct lint *lint, const struct instruction *from,
                                struct text name, const char *near);

/* FROM --platform: VALUE is what it expands to, N_SET and N_UNSET how many
 * different variables it mentions, ONLY one of those that are set. */
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

/* IN is a second one; BEFORE the one that counts no more. */
void lint_multiple_instructions(struct lint *lint, const struct instruction *in,
                                const struct instruction *before);
void lint_copy_ignored_file(struct lint *lint, const struct instruction *in,
                            const struct ignore *ignore, struct text source);
void lint_expose_proto_casing(struct lint *lint, const struct instruction *in,
                              struct text port, struct text proto);
void lint_expose_invalid_format(struct lint *lint, const struct instruction *in,
                                struct text port);

#endif
