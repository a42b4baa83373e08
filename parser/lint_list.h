/*
 * lint_list: the rules of the linter, one row each.
 *
 *	RULE(CONSTANT, Name, "page", ON or EXPERIMENTAL, "what a good file is like")
 *
 * The constant is LINT_CONSTANT of enum lint_rule. The name is what warnings show and
 * "# check=" takes. The page is the last part of the URL that explains the rule, ""
 * if there is none. EXPERIMENTAL rules are off until a file asks for them. Everything
 * except the rule's function comes from here: enum, table, and the section "Lint" of
 * docs/dockerfile.md, in this order.
 */
#ifndef PARSER_LINT_LIST_H
#define PARSER_LINT_LIST_H

/* clang-format off */
#define LINT_RULES(RULE)                                                                 \
	RULE(STAGE_NAME_CASING, StageNameCasing, "stage-name-casing", ON,                \
	     "Names of stages are lower case")                                           \
	RULE(FROM_AS_CASING, FromAsCasing, "from-as-casing", ON,                         \
	     "FROM and AS are written in the same case")                                 \
	RULE(NO_EMPTY_CONTINUATION, NoEmptyContinuation, "no-empty-continuation", ON,    \
	     "A continued line is not followed by an empty one")                         \
	RULE(CONSISTENT_INSTRUCTION_CASING, ConsistentInstructionCasing,                 \
	     "consistent-instruction-casing", ON,                                        \
	     "All instructions are written in one case")                                 \
	RULE(DUPLICATE_STAGE_NAME, DuplicateStageName, "duplicate-stage-name", ON,       \
	     "Every stage has a name of its own")                                        \
	RULE(RESERVED_STAGE_NAME, ReservedStageName, "reserved-stage-name", ON,          \
	     "No stage is named by a reserved word")                                     \
	RULE(JSON_ARGS_RECOMMENDED, JSONArgsRecommended, "json-args-recommended", ON,    \
	     "CMD and ENTRYPOINT are JSON arrays, so that signals reach the program")    \
	RULE(MAINTAINER_DEPRECATED, MaintainerDeprecated, "maintainer-deprecated", ON,   \
	     "An author is named by a label, not by MAINTAINER")                         \
	RULE(UNDEFINED_ARG_IN_FROM, UndefinedArgInFrom, "undefined-arg-in-from", ON,     \
	     "FROM uses only arguments that were declared")                              \
	RULE(WORKDIR_RELATIVE_PATH, WorkdirRelativePath, "workdir-relative-path", ON,    \
	     "A relative WORKDIR follows an absolute one, not the base image's")         \
	RULE(UNDEFINED_VAR, UndefinedVar, "undefined-var", ON,                           \
	     "Variables are defined before they are used")                               \
	RULE(MULTIPLE_INSTRUCTIONS_DISALLOWED, MultipleInstructionsDisallowed,           \
	     "multiple-instructions-disallowed", ON,                                     \
	     "What counts once stands once in a stage")                                  \
	RULE(LEGACY_KEY_VALUE_FORMAT, LegacyKeyValueFormat,                              \
	     "legacy-key-value-format", ON,                                              \
	     "Names and values are joined by an equals sign")                            \
	RULE(INVALID_BASE_IMAGE_PLATFORM, InvalidBaseImagePlatform, "", ON,              \
	     "A base image is of the platform that was asked for")                       \
	RULE(REDUNDANT_TARGET_PLATFORM, RedundantTargetPlatform,                         \
	     "redundant-target-platform", ON,                                            \
	     "FROM needs no --platform to use the target's")                             \
	RULE(SECRETS_USED_IN_ARG_OR_ENV, SecretsUsedInArgOrEnv,                          \
	     "secrets-used-in-arg-or-env", ON,                                           \
	     "Secrets are kept out of ARG and ENV")                                      \
	RULE(INVALID_DEFAULT_ARG_IN_FROM, InvalidDefaultArgInFrom,                       \
	     "invalid-default-arg-in-from", ON,                                          \
	     "FROM names an image with defaults alone")                                  \
	RULE(FROM_PLATFORM_FLAG_CONST_DISALLOWED, FromPlatformFlagConstDisallowed,       \
	     "from-platform-flag-const-disallowed", ON,                                  \
	     "FROM --platform is not a constant")                                        \
	RULE(COPY_IGNORED_FILE, CopyIgnoredFile, "copy-ignored-file", ON,                \
	     "Files that are copied are not ignored")                                    \
	RULE(INVALID_DEFINITION_DESCRIPTION, InvalidDefinitionDescription,               \
	     "invalid-definition-description", EXPERIMENTAL,                             \
	     "A comment above a stage or an argument describes it, beginning with "      \
	     "its name")                                                                 \
	RULE(EXPOSE_PROTO_CASING, ExposeProtoCasing, "expose-proto-casing", ON,          \
	     "Protocols in EXPOSE are lower case")                                       \
	RULE(EXPOSE_INVALID_FORMAT, ExposeInvalidFormat, "expose-invalid-format", ON,    \
	     "EXPOSE names ports of the container alone")
/* clang-format on */

#endif
