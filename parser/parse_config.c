#include <stdlib.h>

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/flags.h"
#include "parser/rune.h"
#include "parser/statement.h"

static int
no_flags(const struct statement *s, struct error *err)
{
	return flags_read(s->flags.at, s->flags.n, NULL, 0, err);
}

/* CMD and ENTRYPOINT: no argument is an empty shell form. */
int
parse_command(struct arena *arena, const struct statement *s, struct instruction *out,
              struct error *err)
{
	(void)arena;
	(void)out;
	return no_flags(s, err);
}

int
parse_shell(struct arena *arena, const struct statement *s, struct instruction *out,
            struct error *err)
{
	(void)arena;
	(void)out;
	if (no_flags(s, err) < 0)
		return -1;
	if (s->args.n == 0)
		return instruction_needs_argument(s, err);
	if (!s->json)
		return error_set(err, ERR_DOCKERFILE,
		                 "SHELL requires the arguments to be in JSON form");
	return 0;
}

/* ENV and LABEL. */
int
parse_pairs(struct arena *arena, const struct statement *s, struct instruction *out,
            struct error *err)
{
	(void)arena;
	(void)out;
	if (no_flags(s, err) < 0)
		return -1;
	if (s->pairs.n == 0)
		return instruction_needs_argument(s, err);
	for (size_t i = 0; i < s->pairs.n; i++)
		if (s->pairs.at[i].key.n == 0)
			return error_set(err, ERR_DOCKERFILE, "%s names can not be blank",
			                 s->keyword->name);
	return 0;
}

/* Flags are ignored, as in BuildKit. */
int
parse_arg(struct arena *arena, const struct statement *s, struct instruction *out,
          struct error *err)
{
	size_t n = s->args.n;

	if (n == 0)
		return instruction_needs_argument(s, err);
	out->pairs.at = arena_alloc_n(arena, n, sizeof *out->pairs.at);
	out->pairs.n = out->pairs.cap = n;
	for (size_t i = 0; i < n; i++) {
		out->pairs.at[i] = words_pair(s->args.at[i]);
		if (out->pairs.at[i].key.n == 0)
			return error_set(err, ERR_DOCKERFILE,
			                 "ARG names can not be blank");
	}
	return 0;
}

static int
compare_words(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* The words are put in order here: history and expansion follow it. */
int
parse_expose(struct arena *arena, const struct statement *s, struct instruction *out,
             struct error *err)
{
	(void)arena;
	if (s->args.n == 0)
		return instruction_needs_argument(s, err);
	array_sort(&out->args, compare_words);
	return no_flags(s, err);
}

int
parse_volume(struct arena *arena, const struct statement *s, struct instruction *out,
             struct error *err)
{
	(void)arena;
	if (s->args.n == 0)
		return instruction_needs_argument(s, err);
	if (no_flags(s, err) < 0)
		return -1;
	for (size_t i = 0; i < out->args.n; i++) {
		out->args.at[i] = rune_trim(out->args.at[i]);
		if (out->args.at[i].n == 0)
			return error_set(err, ERR_DOCKERFILE,
			                 "VOLUME specified can not be an empty string");
	}
	return 0;
}

static int
exactly_one(const struct statement *s, struct error *err)
{
	if (s->args.n != 1)
		return error_set(err, ERR_DOCKERFILE, "%s requires exactly one argument",
		                 s->keyword->name);
	return 0;
}

/* STOPSIGNAL never looks at its flags. */
int
parse_stopsignal(struct arena *arena, const struct statement *s, struct instruction *out,
                 struct error *err)
{
	(void)arena;
	(void)out;
	return exactly_one(s, err);
}

/* MAINTAINER, USER, WORKDIR. */
int
parse_one_argument(struct arena *arena, const struct statement *s,
                   struct instruction *out, struct error *err)
{
	(void)arena;
	(void)out;
	if (exactly_one(s, err) < 0)
		return -1;
	return no_flags(s, err);
}

/* ONBUILD keeps the text after its name, to be parsed again in the child. */
int
parse_onbuild(struct arena *arena, const struct statement *s, struct instruction *out,
              struct error *err)
{
	auto_buf struct buf trigger = BUF_INIT;
	const struct keyword *inner;

	if (s->args.n == 0)
		return instruction_needs_argument(s, err);
	if (no_flags(s, err) < 0)
		return -1;
	inner = keyword_find(s->args.at[0]);
	if (inner != NULL && inner->kind == INSTR_ONBUILD)
		return error_set(err, ERR_DOCKERFILE,
		                 "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	if (inner != NULL &&
	    (inner->kind == INSTR_FROM || inner->kind == INSTR_MAINTAINER))
		return error_set(err, ERR_DOCKERFILE,
		                 "%s isn't allowed as an ONBUILD trigger", inner->name);
	buf_add_text(&trigger, rune_trim_left(text_from(s->line, s->name.n)));
	for (size_t i = 0; i < s->heredocs.n; i++) {
		buf_add_char(&trigger, '\n');
		buf_add_text(&trigger, s->heredocs.at[i].body);
		buf_add_text(&trigger, s->heredocs.at[i].name);
	}
	out->trigger = arena_text(arena, buf_text(&trigger));
	return 0;
}
