#include "parser/directive.h"

#include "base/base.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "parser/rune.h"
#include "parser/source.h"

static const char *const names[] = { "syntax", "escape", "check" };

#define N_NAMES (COUNT_OF(names))

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static struct text
skip_blanks(struct text t)
{
	while (t.n > 0 && is_blank(t.p[0]))
		t = text_from(t, 1);
	return t;
}

/* Splits "name = value" after the comment mark. */
static bool
split(struct text t, struct text *name, struct text *value)
{
	size_t n = 0;
	struct text rest;

	t = rune_trim_left(t);
	while (n < t.n && (is_letter(t.p[n]) || (n > 0 && is_digit(t.p[n]))))
		n++;
	rest = skip_blanks(text_from(t, n));
	if (n == 0 || rest.n == 0 || rest.p[0] != '=')
		return false;
	*name = text_first(t, n);
	t = text_from(rest, 1);
	rest = skip_blanks(t);
	/* A value of blanks only becomes its last blank, because a value must not be
	 * empty. */
	if (rest.n == 0 && t.n > 0)
		rest = text_from(t, t.n - 1);
	while (rest.n > 1 && is_blank(rest.p[rest.n - 1]))
		rest.n--;
	*value = rest;
	return rest.n > 0;
}

/* The number of the known directive NAME, or -1. */
static int
number_of(struct text name)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (text_equal_nocase(name, text_of(names[i])))
			return (int)i;
	return -1;
}

static int
set_escape(struct directives *d, struct text value, struct error *err)
{
	if (!text_is(value, "`") && !text_is(value, "\\"))
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid escape token '%.*s' does not match ` or \\",
		                 TEXT_ARG(value));
	d->escape = value.p[0];
	return 0;
}

int
directive_feed(struct directives *d, struct text line, struct error *err)
{
	struct text name, value;
	int number = -1;

	if (d->done)
		return 0;
	if (line.n > 0 && line.p[0] == '#' && split(text_from(line, 1), &name, &value))
		number = number_of(name);
	if (number < 0) {
		d->done = true;
		return 0;
	}
	if (d->seen & 1U << number)
		return error_set(err, ERR_DOCKERFILE,
		                 "only one %s parser directive can be used",
		                 names[number]);
	d->seen |= 1U << number;
	if (text_is(text_of(names[number]), "escape") && set_escape(d, value, err) < 0)
		return -1;
	return 1;
}

/* Looks for NAME among the directives that follow MARK ("#" or "//") from line
 * LINE on. */
static int
find_marked(struct text bytes, const char *mark, int line, const char *name,
            struct text *value, struct place *at)
{
	struct text row, found, content;

	for (; text_line(&bytes, &row); line++) {
		if (!text_starts(row, mark) ||
		    !split(text_from(row, strlen(mark)), &found, &content) ||
		    number_of(found) < 0)
			return 0;
		if (!text_equal_nocase(found, text_of(name)))
			continue;
		*value = content;
		*at = (struct place){ .line = line, .last = line };
		return 1;
	}
	return 0;
}

static int
find_in_json(struct arena *arena, struct text bytes, int line, const char *name,
             struct text *value, struct place *at)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;
	const char *key;
	json_t *member;

	bytes = skip_blanks(bytes);
	if (bytes.n == 0 || bytes.p[0] != '{')
		return 0;
	json = jsonio_parse(bytes, "directives", &ignored);
	if (!json_is_object(json))
		return 0;
	json_object_foreach(json, key, member) if (!json_is_string(member)) return 0;
	member = json_object_get(json, name);
	if (member == NULL)
		return 0;
	*value = arena_text(arena, text_of(json_string_value(member)));
	*at = (struct place){ .line = line, .last = line };
	return 1;
}

int
directive_find(struct arena *arena, struct text bytes, const char *name,
               struct text *value, struct place *at)
{
	struct text row;
	int line = 1;

	bytes = source_skip_mark(bytes);
	if (text_starts(bytes, "#!") && text_line(&bytes, &row))
		line++;
	if (find_marked(bytes, "#", line, name, value, at))
		return 1;
	if (find_marked(bytes, "//", line, name, value, at))
		return 1;
	return find_in_json(arena, bytes, line, name, value, at);
}
