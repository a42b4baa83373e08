#include "parser/lint_rules.h"

#include <ctype.h>

#include "base/base.h"
#include "base/path.h"
#include "base/suggest.h"
#include "parser/rune.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): name is declared */
#define QUOTED(name, text)                                                               \
	auto_buf struct buf name = BUF_INIT;                                             \
	buf_add_quoted(&name, text)
/* NOLINTEND(bugprone-macro-parentheses) */

static bool
has_case(struct text t, int (*other)(int))
{
	for (size_t i = 0; i < t.n; i++)
		if (other((unsigned char)t.p[i]))
			return false;
	return true;
}

static bool
is_lower(struct text t)
{
	return has_case(t, isupper);
}

static bool
is_upper(struct text t)
{
	return has_case(t, islower);
}

/* ------------------------------------------------------------ the file */

static void
stage_name_casing(struct lint *lint, const struct instruction *from)
{
	if (from->alias.p != NULL && !is_lower(from->alias))
		lint_warn(lint, LINT_STAGE_NAME_CASING, from, from->at,
		          "Stage name '%.*s' should be lowercase", TEXT_ARG(from->alias));
}

static void
from_as_casing(struct lint *lint, const struct instruction *from)
{
	struct text as;

	if (from->args.n < 3 || (!is_lower(from->keyword) && !is_upper(from->keyword)))
		return;
	as = from->args.at[1];
	if (is_lower(from->keyword) ? is_lower(as) : is_upper(as))
		return;
	lint_warn(lint, LINT_FROM_AS_CASING, from, from->at,
	          "'%.*s' and '%.*s' keywords' casing do not match", TEXT_ARG(as),
	          TEXT_ARG(from->keyword));
}

static void
no_empty_continuation(struct lint *lint, const struct instruction *in)
{
	struct place last = { .line = in->at.last, .last = in->at.last };

	if (in->empty_continuation)
		lint_warn(lint, LINT_NO_EMPTY_CONTINUATION, in, last,
		          "Empty continuation line");
}

static void
maintainer_deprecated(struct lint *lint, const struct instruction *in)
{
	if (in->kind == INSTR_MAINTAINER)
		lint_warn(lint, LINT_MAINTAINER_DEPRECATED, in, in->at,
		          "Maintainer instruction is deprecated in favor of using label");
}

/* The NAMES that IN defines should begin the comment right above it. */
static void
invalid_definition_description(struct lint *lint, const struct instruction *in,
                               const char *keyword, const struct text *names, size_t n)
{
	struct text comment, word;

	if (in->comments.n == 0 || n == 0)
		return;
	comment = in->comments.at[in->comments.n - 1];
	word = text_cut(&comment, ' ');
	for (size_t i = 0; i < n; i++)
		if (text_equal(word, names[i]))
			return;
	word = n > 1 ? TEXT("<arg_key>") : names[0];
	lint_warn(lint, LINT_INVALID_DEFINITION_DESCRIPTION, in, in->at,
	          "Comment for %s should follow the format: `# %.*s <description>`",
	          keyword, TEXT_ARG(word));
}

static void
arg_description(struct lint *lint, const struct instruction *in)
{
	auto_free struct text *names = mem_new_n(in->pairs.n, sizeof *names);

	if (in->kind != INSTR_ARG)
		return;
	for (size_t i = 0; i < in->pairs.n; i++)
		names[i] = in->pairs.at[i].key;
	invalid_definition_description(lint, in, "ARG", names, in->pairs.n);
}

static void
count_case(struct text keyword, size_t *lower, size_t *upper)
{
	if (is_lower(keyword))
		++*lower;
	else if (is_upper(keyword))
		++*upper;
}

static void
consistent_instruction_casing(struct lint *lint, const struct instruction *in,
                              bool want_lower)
{
	if (want_lower ? is_lower(in->keyword) : is_upper(in->keyword))
		return;
	lint_warn(lint, LINT_CONSISTENT_INSTRUCTION_CASING, in, in->at,
	          "Command '%.*s' should match the case of the command majority "
	          "(%scase)",
	          TEXT_ARG(in->keyword), want_lower ? "lower" : "upper");
}

/* Global arguments are neither counted nor checked. */
static void
casing(struct lint *lint, const struct dockerfile *df)
{
	size_t lower = 0, upper = 0;

	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];

		count_case(stage->from->keyword, &lower, &upper);
		for (size_t k = 0; k < stage->instructions.n; k++)
			count_case(stage->instructions.at[k].keyword, &lower, &upper);
	}
	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];

		consistent_instruction_casing(lint, stage->from, lower > upper);
		for (size_t k = 0; k < stage->instructions.n; k++)
			consistent_instruction_casing(lint, &stage->instructions.at[k],
			                              lower > upper);
	}
}

static void
stage_names(struct lint *lint, const struct dockerfile *df)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];
		struct text name = stage->name;

		if (name.p == NULL)
			continue;
		if (text_is(name, "scratch") || text_is(name, "context"))
			lint_warn(lint, LINT_RESERVED_STAGE_NAME, stage->from,
			          stage->from->at,
			          "Stage name should not use the same name as reserved "
			          "stage \"%.*s\"",
			          TEXT_ARG(name));
		if (!map_set(&seen, name, NULL))
			lint_warn(lint, LINT_DUPLICATE_STAGE_NAME, stage->from,
			          stage->from->at,
			          "Duplicate stage name \"%.*s\", stage names should be "
			          "unique",
			          TEXT_ARG(name));
	}
}

static void
instruction(struct lint *lint, const struct instruction *in)
{
	no_empty_continuation(lint, in);
	maintainer_deprecated(lint, in);
	arg_description(lint, in);
}

void
lint_file(struct lint *lint, const struct dockerfile *df)
{
	for (size_t i = 0; i < df->globals.n; i++)
		instruction(lint, &df->globals.at[i]);
	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];

		no_empty_continuation(lint, stage->from);
		stage_name_casing(lint, stage->from);
		from_as_casing(lint, stage->from);
		invalid_definition_description(lint, stage->from, "FROM", &stage->name,
		                               stage->name.p != NULL);
		for (size_t k = 0; k < stage->instructions.n; k++)
			instruction(lint, &stage->instructions.at[k]);
	}
	if (df->is_part)
		return;
	stage_names(lint, df);
	casing(lint, df);
}

/* ------------------------------------------------------------ FROM */

void
lint_undefined_arg_in_from(struct lint *lint, const struct instruction *from,
                           struct text name, const char *near)
{
	auto_free char *told = suggest_print("", near);

	lint_warn(lint, LINT_UNDEFINED_ARG_IN_FROM, from, from->at,
	          "FROM argument '%.*s' is not declared%s", TEXT_ARG(name), told);
}

static bool
contains(struct text t, const char *part)
{
	size_t n = strlen(part);

	return n == 0 || (t.n > 0 && memmem(t.p, t.n, part, n) != NULL);
}

/* A constant platform is fine if the name of the stage mentions it. */
static void
from_platform_flag_const_disallowed(struct lint *lint, const struct stage *stage,
                                    struct text value)
{
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_error struct error ignored = ERROR_INIT;
	QUOTED(quoted, value);

	if (platform_parse(&platform, value, &ignored) < 0 ||
	    contains(stage->name, platform.os) || contains(stage->name, platform.arch))
		return;
	lint_warn(lint, LINT_FROM_PLATFORM_FLAG_CONST_DISALLOWED, stage->from,
	          stage->from->at,
	          "FROM --platform flag should not use constant value %s",
	          buf_str(&quoted));
}

void
lint_from_platform(struct lint *lint, const struct stage *stage, struct text value,
                   size_t n_set, size_t n_unset, struct text only,
                   struct text target_platform)
{
	const struct instruction *from = stage->from;

	if (n_set == 1 && n_unset == 0 && text_is(only, "TARGETPLATFORM") &&
	    text_equal(value, target_platform))
		lint_warn(lint, LINT_REDUNDANT_TARGET_PLATFORM, from, from->at,
		          "Setting platform to predefined %.*s in FROM is redundant as "
		          "this is the default behavior",
		          TEXT_ARG(from->flag.platform));
	if (n_set == 0 && n_unset == 0)
		from_platform_flag_const_disallowed(lint, stage, value);
}

void
lint_invalid_default_arg_in_from(struct lint *lint, const struct instruction *from)
{
	lint_warn(lint, LINT_INVALID_DEFAULT_ARG_IN_FROM, from, from->at,
	          "Default value for ARG %.*s results in empty or invalid base image "
	          "name",
	          TEXT_ARG(from->image));
}

void
lint_invalid_base_image_platform(struct lint *lint, const struct instruction *from,
                                 struct text image, const struct platform *wanted,
                                 const struct platform *got)
{
	auto_free char *want = NULL, *have = NULL;

	if (got->os == NULL || got->arch == NULL ||
	    (strcmp(wanted->os, got->os) == 0 && strcmp(wanted->arch, got->arch) == 0))
		return;
	want = platform_print(wanted);
	have = platform_print(got);
	lint_warn(lint, LINT_INVALID_BASE_IMAGE_PLATFORM, from, from->at,
	          "Base image %.*s was pulled with platform \"%s\", expected \"%s\" for "
	          "current build",
	          TEXT_ARG(image), have, want);
}

/* ------------------------------------------------------------ instructions */

void
lint_undefined_var(struct lint *lint, const struct instruction *in, struct text name,
                   const char *near)
{
	auto_free char *told = suggest_print("$", near);

	lint_warn(lint, LINT_UNDEFINED_VAR, in, in->at,
	          "Usage of undefined variable '$%.*s'%s", TEXT_ARG(name), told);
}

void
lint_legacy_key_value_format(struct lint *lint, const struct instruction *in)
{
	if (in->legacy_pair)
		lint_warn(lint, LINT_LEGACY_KEY_VALUE_FORMAT, in, in->at,
		          "\"%.*s key=value\" should be used instead of legacy \"%.*s "
		          "key value\" format",
		          TEXT_ARG(in->keyword), TEXT_ARG(in->keyword));
}

/* One of WORDS is a part of NAME between underscores, in any letter case. */
static bool
has_part(struct text name, const char *const *words)
{
	do {
		struct text part = text_cut(&name, '_');

		for (size_t i = 0; words[i] != NULL; i++)
			if (text_equal_nocase(part, text_of(words[i])))
				return true;
	} while (name.p != NULL);
	return false;
}

void
lint_secrets_used_in_arg_or_env(struct lint *lint, const struct instruction *in,
                                struct text name)
{
	static const char *const secret[] = { "apikey",      "auth",   "credential",
		                              "credentials", "key",    "password",
		                              "pword",       "passwd", "secret",
		                              "token",       NULL };
	static const char *const harmless[] = { "public", "file", "version", NULL };
	QUOTED(quoted, name);

	if (has_part(name, secret) && !has_part(name, harmless))
		lint_warn(lint, LINT_SECRETS_USED_IN_ARG_OR_ENV, in, in->at,
		          "Do not use ARG or ENV instructions for sensitive data (%s %s)",
		          in->kind == INSTR_ARG ? "ARG" : "ENV", buf_str(&quoted));
}

void
lint_workdir_relative_path(struct lint *lint, const struct instruction *in,
                           struct text path)
{
	QUOTED(quoted, path);

	if (!text_starts(path, "/"))
		lint_warn(lint, LINT_WORKDIR_RELATIVE_PATH, in, in->at,
		          "Relative workdir %s can have unexpected results if the base "
		          "image changes",
		          buf_str(&quoted));
}

void
lint_json_args_recommended(struct lint *lint, const struct instruction *in)
{
	lint_warn(lint, LINT_JSON_ARGS_RECOMMENDED, in, in->at,
	          "JSON arguments recommended for %.*s to prevent unintended behavior "
	          "related to OS signals",
	          TEXT_ARG(in->keyword));
}

void
lint_multiple_instructions(struct lint *lint, const struct instruction *in,
                           const struct instruction *before)
{
	if (before != NULL)
		lint_warn(lint, LINT_MULTIPLE_INSTRUCTIONS_DISALLOWED, in, before->at,
		          "Multiple %.*s instructions should not be used in the same "
		          "stage because only the last one will be used",
		          TEXT_ARG(in->keyword));
}

/* Whether everything is ignored is tested with names that only a general pattern can
 * match. */
static bool
is_ignored(const struct ignore *ignore, struct text path)
{
	if (text_is(path, ".") || text_is(path, "/"))
		return ignore_match_alone(ignore, TEXT("\x01no-name\x01")) &&
		       ignore_match_alone(ignore, TEXT("\x02other\x02"));
	if (text_starts(path, "/"))
		path = text_from(path, 1);
	return ignore_match_alone(ignore, path);
}

void
lint_copy_ignored_file(struct lint *lint, const struct instruction *in,
                       const struct ignore *ignore, struct text source)
{
	auto_free char *path = NULL;

	if (ignore == NULL || ignore_has_exceptions(ignore))
		return;
	path = path_clean(source);
	if (is_ignored(ignore, text_of(path))) {
		QUOTED(quoted, text_of(path));

		lint_warn(lint, LINT_COPY_IGNORED_FILE, in, in->at,
		          "Attempting to %s file %s that is excluded by .dockerignore",
		          in->kind == INSTR_ADD ? "Add" : "Copy", buf_str(&quoted));
	}
}

void
lint_expose_proto_casing(struct lint *lint, const struct instruction *in,
                         struct text port, struct text proto)
{
	if (!is_lower(proto))
		lint_warn(lint, LINT_EXPOSE_PROTO_CASING, in, in->at,
		          "Defined protocol '%.*s' in EXPOSE instruction should be "
		          "lowercase",
		          TEXT_ARG(port));
}

void
lint_expose_invalid_format(struct lint *lint, const struct instruction *in,
                           struct text port)
{
	lint_warn(lint, LINT_EXPOSE_INVALID_FORMAT, in, in->at,
	          "EXPOSE instruction should not define an IP address or host-port "
	          "mapping, found '%.*s'",
	          TEXT_ARG(port));
}
