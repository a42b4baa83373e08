#include "parser/ignore.h"

#include "base/base.h"
#include "base/path.h"
#include "parser/ignore_glob.h"
#include "parser/pattern.h"
#include "parser/rune.h"
#include "parser/source.h"

struct rule {
	struct ignore_glob *glob;
	bool exception;
	int line; /* of the file; 0: it is from none */
};

/* The state of a path is one byte per rule: whether the rule matched it or one
 * of its parents. */
struct ignore {
	ARRAY(struct rule) rules;
	char *name; /* of the file, as shown, or NULL */
	bool has_exceptions;
};

/* PATTERN without surrounding blanks, after "!" if it is an exception; an empty one is
 * not a rule. */
static int
add_rule(struct ignore *ig, struct text pattern, struct error *err)
{
	auto_free char *cleaned = NULL;
	const char *glob = NULL;
	struct rule rule = { 0 };

	pattern = rune_trim(pattern);
	if (pattern.n == 0)
		return 0;
	/* No path contains a NUL byte, and it would end the cleaned path early. */
	if (text_find(pattern, '\0') >= 0)
		return error_set(err, ERR_DOCKERFILE, "syntax error in pattern");
	/* The "!" is cleaned as part of the path, so "!/" is a "!" alone. */
	cleaned = path_clean(pattern);
	rule.exception = cleaned[0] == '!';
	glob = cleaned + (rule.exception ? 1 : 0);
	if (rule.exception && *glob == '\0')
		return error_set(err, ERR_DOCKERFILE, "illegal exclusion pattern: \"!\"");
	if (pattern_match(text_of(glob), TEXT(".")) < 0)
		return error_set(err, ERR_DOCKERFILE, "syntax error in pattern");
	rule.glob = ignore_glob_new(text_of(glob));
	array_push(&ig->rules, rule);
	ig->has_exceptions |= rule.exception;
	return 0;
}

/* Reads one line of a file. The path is cleaned and made relative to the context before
 * it becomes a pattern, whatever blanks or "!" it then begins or ends with. */
static int
add_line(struct ignore *ig, struct text line, struct error *err)
{
	struct text path = rune_trim(line);
	bool exception = path.n > 0 && path.p[0] == '!';
	auto_free char *cleaned = NULL, *pattern = NULL;

	if (exception)
		path = rune_trim(text_from(path, 1));
	if (text_find(path, '\0') >= 0)
		return add_rule(ig, path, err);
	cleaned = path.n > 0 ? path_clean(path) : mem_copy("");
	pattern = mem_print("%s%s", exception ? "!" : "",
	                    cleaned + (cleaned[0] == '/' && cleaned[1] != '\0'));
	return add_rule(ig, text_of(pattern), err);
}

static int
fail_at(int line, struct text pattern, const char *name, struct error *err)
{
	error_wrap(err, "%s:%d: \"%.*s\"", name, line, TEXT_ARG(rune_trim(pattern)));
	if (err->file == NULL)
		err->file = mem_copy(name);
	return error_at(err, (struct place){ .line = line, .last = line });
}

struct ignore *
ignore_parse(struct text text, const char *name, struct error *err)
{
	struct ignore *ig = mem_new(sizeof *ig);
	struct text line;

	ig->name = mem_copy(name);
	text = source_skip_mark(text);
	for (int number = 1; text_line(&text, &line); number++) {
		size_t before = ig->rules.n;

		if (line.n > 0 && line.p[0] == '#')
			continue;
		if (add_line(ig, line, err) < 0) {
			fail_at(number, line, name, err);
			ignore_free(ig);
			return NULL;
		}
		if (ig->rules.n > before)
			ig->rules.at[before].line = number;
	}
	return ig;
}

struct ignore *
ignore_new(const struct text *patterns, size_t n, struct error *err)
{
	struct ignore *ig = mem_new(sizeof *ig);

	for (size_t i = 0; i < n; i++) {
		if (add_rule(ig, patterns[i], err) < 0) {
			ignore_free(ig);
			return NULL;
		}
	}
	return ig;
}

void
ignore_free(struct ignore *ig)
{
	if (ig == NULL)
		return;
	for (size_t i = 0; i < ig->rules.n; i++)
		ignore_glob_free(ig->rules.at[i].glob);
	array_clear(&ig->rules);
	free(ig->name);
	free(ig);
}

bool
ignore_is_empty(const struct ignore *ig)
{
	return ig->rules.n == 0;
}

bool
ignore_has_exceptions(const struct ignore *ig)
{
	return ig->has_exceptions;
}

size_t
ignore_state_size(const struct ignore *ig)
{
	return ig->rules.n == 0 ? 1 : ig->rules.n;
}

bool
ignore_match(const struct ignore *ig, struct text path, const void *parent, void *state)
{
	const unsigned char *above = parent;
	unsigned char *hits = state;
	bool excluded = false;

	for (size_t i = 0; i < ig->rules.n; i++) {
		const struct rule *rule = &ig->rules.at[i];
		bool hit;

		/* A rule that would change nothing is skipped. */
		if (above != NULL && above[i])
			hit = true;
		else
			hit = rule->exception == excluded &&
			      ignore_glob_match(rule->glob, path);
		if (hits != NULL)
			hits[i] = hit;
		if (hit)
			excluded = !rule->exception;
	}
	return excluded;
}

bool
ignore_may_reinclude(const struct ignore *ig, struct text path)
{
	for (size_t i = 0; i < ig->rules.n; i++)
		if (ig->rules.at[i].exception &&
		    ignore_glob_reaches_below(ig->rules.at[i].glob, path))
			return true;
	return false;
}

/* Whether the rule matches PATH or one of the directories above it. */
static bool
matches_any_level(const struct ignore_glob *glob, struct text path)
{
	if (ignore_glob_match(glob, path))
		return true;
	for (size_t i = 1; i < path.n; i++)
		if (path.p[i] == '/' && ignore_glob_match(glob, text_first(path, i)))
			return true;
	return false;
}

bool
ignore_match_alone(const struct ignore *ig, struct text path)
{
	bool excluded = false;

	for (size_t i = 0; i < ig->rules.n; i++) {
		const struct rule *rule = &ig->rules.at[i];

		if (rule->exception == excluded && matches_any_level(rule->glob, path))
			excluded = !rule->exception;
	}
	return excluded;
}

char *
ignore_place(const struct ignore *ig, struct text path)
{
	for (size_t i = ig->rules.n; i-- > 0;) {
		const struct rule *rule = &ig->rules.at[i];

		if (!rule->exception && rule->line > 0 &&
		    matches_any_level(rule->glob, path))
			return mem_print("%s:%d", ig->name, rule->line);
	}
	return NULL;
}
