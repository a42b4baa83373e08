#include "parser/instruction.h"

#include <ctype.h>

#include "base/base.h"
#include "base/count.h"
#include "base/suggest.h"
#include "parser/statement.h"

static const struct keyword keywords[] = {
	{ "ADD", INSTR_ADD, FORM_JSON_OR_WORDS, true, parse_add },
	{ "ARG", INSTR_ARG, FORM_NAMES, false, parse_arg },
	{ "CMD", INSTR_CMD, FORM_JSON_OR_TEXT, false, parse_command },
	{ "COPY", INSTR_COPY, FORM_JSON_OR_WORDS, true, parse_copy },
	{ "ENTRYPOINT", INSTR_ENTRYPOINT, FORM_JSON_OR_TEXT, false, parse_command },
	{ "ENV", INSTR_ENV, FORM_PAIRS, false, parse_pairs },
	{ "EXPOSE", INSTR_EXPOSE, FORM_WORDS, false, parse_expose },
	{ "FROM", INSTR_FROM, FORM_WORDS, false, parse_from },
	{ "HEALTHCHECK", INSTR_HEALTHCHECK, FORM_HEALTH, false, parse_health },
	{ "LABEL", INSTR_LABEL, FORM_PAIRS, false, parse_pairs },
	{ "MAINTAINER", INSTR_MAINTAINER, FORM_TEXT, false, parse_one_argument },
	{ "ONBUILD", INSTR_ONBUILD, FORM_TRIGGER, false, parse_onbuild },
	{ "RUN", INSTR_RUN, FORM_JSON_OR_TEXT, true, parse_run },
	{ "SHELL", INSTR_SHELL, FORM_JSON_OR_TEXT, false, parse_shell },
	{ "STOPSIGNAL", INSTR_STOPSIGNAL, FORM_TEXT, false, parse_stopsignal },
	{ "USER", INSTR_USER, FORM_TEXT, false, parse_one_argument },
	{ "VOLUME", INSTR_VOLUME, FORM_JSON_OR_WORDS, false, parse_volume },
	{ "WORKDIR", INSTR_WORKDIR, FORM_TEXT, false, parse_one_argument },
};

#define N_KEYWORDS (COUNT_OF(keywords))

const struct keyword *
keyword_find(struct text name)
{
	for (size_t i = 0; i < N_KEYWORDS; i++)
		if (text_equal_nocase(name, text_of(keywords[i].name)))
			return &keywords[i];
	return NULL;
}

static bool
has_upper_case(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] >= 'A' && t.p[i] <= 'Z')
			return true;
	return false;
}

static int
unknown_instruction(struct text name, struct error *err)
{
	const char *names[N_KEYWORDS];
	auto_free char *near = NULL;

	for (size_t i = 0; i < N_KEYWORDS; i++)
		names[i] = keywords[i].name;
	near = suggest_print("", suggest_find(name, names, N_KEYWORDS, true));
	for (char *c = near; *c != '\0' && !has_upper_case(name); c++)
		*c = (char)tolower((unsigned char)*c);
	return error_set(err, ERR_DOCKERFILE, "unknown instruction: %.*s%s",
	                 TEXT_ARG(name), near);
}

int
instruction_needs_argument(const struct statement *s, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "%s requires at least one argument",
	                 s->keyword->name);
}

int
instruction_read(struct arena *arena, const struct statement *s, struct instruction *out,
                 struct error *err)
{
	if (s->keyword == NULL)
		return unknown_instruction(s->name, err);
	*out = (struct instruction){
		.kind = s->keyword->kind,
		.keyword = s->name,
		.line = s->line,
		.at = s->at,
		.empty_continuation = s->empty_continuation,
		.json = s->json,
		.legacy_pair = s->legacy_pair,
		.flag.unpack = -1,
		.flag.keep_git_dir = -1,
	};
	words_share(&out->comments, &s->comments);
	words_share(&out->args, &s->args);
	words_share(&out->pairs, &s->pairs);
	words_share(&out->heredocs, &s->heredocs);
	return s->keyword->read(arena, s, out, err);
}
