#include "parser/statement.h"

#include "base/base.h"
#include "parser/flags.h"
#include "parser/json_form.h"
#include "parser/rune.h"

void
statement_reader_init(struct statement_reader *r, struct arena *arena, struct text bytes)
{
	*r = (struct statement_reader){ .arena = arena, .directives = DIRECTIVES_INIT };
	source_init(&r->source, bytes);
}

void
statement_reader_clear(struct statement_reader *r)
{
	words_clear(&r->line.comments);
	words_clear(&r->flags);
	words_clear(&r->args);
	array_clear(&r->pairs.list);
	array_clear(&r->heredocs.list);
}

static int
split_maybe_json(struct statement_reader *r, struct text rest, struct statement *out,
                 struct error *err)
{
	int is_json = json_form_read(r->arena, rest, &r->args, err);

	if (is_json < 0)
		return -1;
	out->json = is_json == 1;
	if (out->json || rest.n == 0)
		return 0;
	if (out->keyword->form == FORM_JSON_OR_WORDS)
		words_split(rest, &r->args);
	else
		array_push(&r->args.list, rest);
	return 0;
}

/* HEALTHCHECK: one word, then what RUN takes. */
static int
split_health(struct statement_reader *r, struct text rest, struct statement *out,
             struct error *err)
{
	size_t n = 0;

	while (n < rest.n && rune_blank(text_from(rest, n)) == 0)
		n++;
	if (n == 0)
		return 0;
	array_push(&r->args.list, text_first(rest, n));
	return split_maybe_json(r, rune_trim_left(text_from(rest, n)), out, err);
}

static int
split_arguments(struct statement_reader *r, struct text rest, struct statement *out,
                struct error *err)
{
	char escape = r->directives.escape;

	switch (out->keyword->form) {
	case FORM_TEXT:
		if (rest.n > 0)
			array_push(&r->args.list, rest);
		return 0;
	case FORM_WORDS:
		words_split(rest, &r->args);
		return 0;
	case FORM_JSON_OR_TEXT:
	case FORM_JSON_OR_WORDS:
		return split_maybe_json(r, rest, out, err);
	case FORM_PAIRS:
		return words_split_pairs(rest, escape, out->keyword->name, &r->pairs,
		                         &out->legacy_pair, err);
	case FORM_NAMES:
		words_split_quoted(rest, escape, &r->args);
		return 0;
	case FORM_HEALTH:
		return split_health(r, rest, out, err);
	case FORM_TRIGGER:
		break;
	}
	return 0;
}

/* Cuts name and flags off LINE. */
static struct text
split_head(struct statement_reader *r, struct text line, struct statement *out)
{
	struct text rest = line, name = line;

	if (!words_cut(&rest, &name))
		rest = text_first(line, 0);
	out->name = name;
	out->keyword = keyword_find(name);
	return rune_trim(flags_cut(r->arena, rest, r->directives.escape, &r->flags));
}

/* The instruction after ONBUILD: only its syntax is checked now. In a
 * chain of ONBUILDs, which is refused later, the innermost instruction is checked. */
static int
split_trigger(struct statement_reader *r, struct text rest, struct statement *inner,
              struct text *name, struct error *err)
{
	size_t n_flags = r->flags.list.n;

	*inner = (struct statement){ 0 };
	rest = split_head(r, rest, inner);
	*name = inner->name;
	while (inner->keyword != NULL && inner->keyword->form == FORM_TRIGGER &&
	       rest.n > 0)
		rest = split_head(r, rest, inner);
	if (inner->keyword != NULL && split_arguments(r, rest, inner, err) < 0)
		return -1;
	r->flags.list.n = n_flags;
	r->args.list.n = 0;
	r->pairs.list.n = 0;
	return 0;
}

static bool
takes_heredocs(const struct statement *s)
{
	return s->keyword != NULL && s->keyword->heredocs && !s->json;
}

static int
split_line(struct statement_reader *r, struct statement *out, struct error *err)
{
	struct text rest = split_head(r, out->line, out), name;
	struct statement inner = { 0 };

	if (out->keyword == NULL)
		return 0;
	if (out->keyword->form != FORM_TRIGGER) {
		if (split_arguments(r, rest, out, err) < 0)
			return -1;
	} else if (rest.n > 0) {
		if (split_trigger(r, rest, &inner, &name, err) < 0)
			return -1;
		array_push(&r->args.list, name);
	}
	if ((takes_heredocs(out) || takes_heredocs(&inner)) &&
	    memmem(out->line.p, out->line.n, "<<", 2) != NULL)
		heredoc_find(r->arena, out->line, &r->heredocs);
	return 0;
}

static int
read_bodies(struct statement_reader *r, struct statement *out, struct error *err)
{
	for (size_t i = 0; i < r->heredocs.list.n; i++) {
		struct heredoc *h = &r->heredocs.list.at[i];
		bool found = source_body(&r->source, h->name, h->chomp, &h->body);

		out->at.last = r->source.line;
		if (!found) {
			error_set(err, ERR_DOCKERFILE, "unterminated heredoc");
			return error_hint(err,
			                  "no line after it is just %.*s, without %s "
			                  "around it",
			                  TEXT_ARG(h->name),
			                  h->chomp ? "spaces" : "spaces or tabs");
		}
	}
	return 0;
}

static void
freeze(struct statement_reader *r, struct statement *out)
{
	words_freeze(r->arena, &out->comments, &r->line.comments.list);
	words_freeze(r->arena, &out->flags, &r->flags.list);
	words_freeze(r->arena, &out->args, &r->args.list);
	words_freeze(r->arena, &out->pairs, &r->pairs.list);
	words_freeze(r->arena, &out->heredocs, &r->heredocs.list);
}

int
statement_next(struct statement_reader *r, struct statement *out, struct error *err)
{
	int found = source_next(&r->source, r->arena, &r->directives, &r->line, err);
	struct place here = { .line = r->source.line, .last = r->source.line };

	if (found < 0)
		return -1;
	if (found == 0 && r->source.too_long) {
		error_set(err, ERR_DOCKERFILE,
		          "dockerfile line greater than max allowed size of %d",
		          SOURCE_LINE_MAX);
		return error_at(err, here);
	}
	if (found == 0)
		return 0;
	*out = (struct statement){
		.line = rune_trim(r->line.text),
		.at = r->line.at,
		.empty_continuation = r->line.empty_continuation,
	};
	if (split_line(r, out, err) < 0 || read_bodies(r, out, err) < 0)
		return error_at(err, out->at);
	freeze(r, out);
	return 1;
}
