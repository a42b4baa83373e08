#include "parser/dockerfile.h"

#include "base/base.h"
#include "base/count.h"
#include "parser/advice.h"
#include "parser/statement.h"

/* What stages are read from: the statements of the whole file. */
struct statements {
	ARRAY(struct statement) list;
};

static int
read_statements(struct dockerfile *df, struct statements *out, struct error *err)
{
	auto_statement_reader struct statement_reader reader;
	struct statement s;
	int found;

	statement_reader_init(&reader, df->arena, df->bytes);
	while ((found = statement_next(&reader, &s, err)) == 1)
		array_push(&out->list, s);
	if (found < 0)
		return -1;
	df->escape = reader.directives.escape;
	if (out->list.n == 0) {
		error_set(err, ERR_DOCKERFILE, "file with no instructions");
		return error_at(err, (struct place){ .line = reader.source.line,
		                                     .last = reader.source.line });
	}
	return 0;
}

static struct text
lower_case(struct arena *arena, struct text t)
{
	char *copy = arena_copy_n(arena, t.p, t.n);

	for (size_t i = 0; i < t.n; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] | 0x20);
	return (struct text){ copy, t.n };
}

static void
add_stage(struct dockerfile *df, const struct instruction *from)
{
	struct instruction *copy = arena_alloc(df->arena, sizeof *copy);
	struct stage *stage = array_add(&df->stages);

	*copy = *from;
	stage->index = df->stages.n - 1;
	stage->from = copy;
	if (from->alias.p != NULL)
		stage->name = lower_case(df->arena, from->alias);
}

static int
no_stage(const struct instruction *in, struct error *err)
{
	error_set(err, ERR_DOCKERFILE, "no build stage in current context");
	if (in->kind == INSTR_COPY || in->kind == INSTR_RUN || in->kind == INSTR_ADD)
		return error_hint(err,
		                  "a stage begins with FROM: put FROM IMAGE in front "
		                  "(or FROM scratch)");
	return error_hint(err, "a stage begins with FROM; only ARG may stand in front");
}

static int
add_instruction(struct dockerfile *df, const struct instruction *in, struct error *err)
{
	if (in->kind == INSTR_FROM)
		add_stage(df, in);
	else if (df->stages.n > 0)
		array_push(&df->stages.at[df->stages.n - 1].instructions, *in);
	else if (in->kind == INSTR_ARG)
		array_push(&df->globals, *in);
	else
		return no_stage(in, err);
	return 0;
}

/* After an error in one instruction, the following ones are still read. */
static void
note_others(const struct dockerfile *df, const struct statements *statements, size_t from,
            struct error *err)
{
	for (size_t i = from; i < statements->list.n; i++) {
		const struct statement *s = &statements->list.at[i];
		auto_error struct error other = ERROR_INIT;
		struct instruction in;

		if (instruction_read(df->arena, s, &in, &other) < 0) {
			error_at(&other, s->at);
			error_also(err, &other);
		}
	}
}

static int
read_instructions(struct dockerfile *df, const struct statements *statements,
                  struct error *err)
{
	for (size_t i = 0; i < statements->list.n; i++) {
		const struct statement *s = &statements->list.at[i];
		struct instruction in;

		if (instruction_read(df->arena, s, &in, err) < 0) {
			error_wrap(err, "dockerfile parse error on line %d", s->at.line);
			error_at(err, s->at);
			note_others(df, statements, i + 1, err);
			return -1;
		}
		if (add_instruction(df, &in, err) < 0)
			return error_at(err, s->at);
	}
	if (df->stages.n == 0)
		return error_set(err, ERR_DOCKERFILE,
		                 "dockerfile contains no stages to build");
	return 0;
}

static int
read_all(struct dockerfile *df, struct error *err)
{
	struct statements statements = { 0 };
	int result;

	if (df->bytes.n == 0)
		return error_set(err, ERR_DOCKERFILE, "the Dockerfile cannot be empty");
	directive_find(df->arena, df->bytes, "syntax", &df->syntax, &df->syntax_at);
	directive_find(df->arena, df->bytes, "check", &df->check, &df->check_at);
	result = read_statements(df, &statements, err);
	if (result == 0)
		result = read_instructions(df, &statements, err);
	array_clear(&statements.list);
	return result;
}

/* Names the file that the places of ERR are in. */
static void
set_file(struct error *err, const char *name)
{
	if (err->file == NULL)
		err->file = mem_copy(name);
}

struct dockerfile *
dockerfile_parse_part(struct text text, const char *name, struct error *err)
{
	struct dockerfile *df = mem_new(sizeof *df);

	df->arena = arena_new();
	df->name = arena_copy(df->arena, name);
	df->bytes = arena_text(df->arena, text);
	df->escape = '\\';
	if (read_all(df, err) < 0) {
		df->is_part = true;
		set_file(err, name);
		advice_add(df->bytes, err);
	}
	return df;
}

struct dockerfile *
dockerfile_parse(struct text text, const char *name, struct error *err)
{
	struct dockerfile *df = dockerfile_parse_part(text, name, err);

	if (!df->is_part)
		return df;
	dockerfile_free(df);
	return NULL;
}

void
dockerfile_free(struct dockerfile *df)
{
	if (df == NULL)
		return;
	for (size_t i = 0; i < df->stages.n; i++)
		array_clear(&df->stages.at[i].instructions);
	array_clear(&df->stages);
	array_clear(&df->globals);
	arena_free(df->arena);
	free(df);
}

/* The one statement that TRIGGER consists of. */
static int
read_trigger(struct arena *arena, struct text trigger, struct instruction *out,
             struct error *err)
{
	auto_statement_reader struct statement_reader reader;
	struct statement first, second;
	int found;

	statement_reader_init(&reader, arena, trigger);
	found = statement_next(&reader, &first, err);
	if (found == 1)
		found = statement_next(&reader, &second, err) == 0;
	if (err->code != ERR_NONE)
		return -1;
	if (found != 1)
		return error_set(err, ERR_DOCKERFILE,
		                 "onbuild trigger should be a single expression");
	if (instruction_read(arena, &first, out, err) < 0)
		return -1;
	if (out->kind == INSTR_FROM)
		return error_set(err, ERR_DOCKERFILE,
		                 "FROM isn't allowed as an ONBUILD trigger");
	return 0;
}

int
dockerfile_parse_trigger(struct dockerfile *df, struct text trigger, struct place place,
                         struct instruction *out, struct error *err)
{
	auto_error struct error cause = ERROR_INIT;
	struct instruction in;

	if (read_trigger(df->arena, arena_text(df->arena, trigger), &in, &cause) < 0) {
		error_move(err, &cause);
		/* Line numbers inside the trigger mean nothing in this file. */
		err->n_at = 0;
		set_file(err, df->name);
		return error_at(err, place);
	}
	in.at = place;
	*out = in;
	return 0;
}

/* "registry/docker/dockerfile:1@sha256:… options" → "dockerfile" */
static struct text
front_end_name(struct text t)
{
	size_t from = 0, n = 0;

	while (n < t.n && t.p[n] != ' ' && t.p[n] != '\t' && t.p[n] != '@')
		n++;
	t = text_first(t, n);
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '/')
			from = i + 1;
	t = text_from(t, from);
	for (n = 0; n < t.n && t.p[n] != ':';)
		n++;
	return text_first(t, n);
}

int
dockerfile_check_front_end(const struct dockerfile *df, struct text given,
                           struct error *err)
{
	static const char *const known[] = { "dockerfile", "dockerfile-upstream",
		                             "dockerfile.v0" };
	struct text wanted = given.n > 0 ? given : df->syntax;
	struct text name = front_end_name(wanted);

	if (wanted.n == 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (text_is(name, known[i]))
			return 0;
	error_clear(err);
	error_set(
	        err, ERR_DOCKERFILE,
	        "syntax %.*s: only the Dockerfile frontend is built in, no other is run",
	        TEXT_ARG(wanted));
	error_hint(err, "without that line the Dockerfile is read as docker/dockerfile "
	                "reads it");
	if (given.n > 0)
		return -1;
	set_file(err, df->name);
	return error_at(err, df->syntax_at);
}
