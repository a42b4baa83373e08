#include "builder/steps/copy_match.h"

#include "base/base.h"
#include "base/path.h"
#include "layers/tree.h"
#include "layers/view.h"
#include "parser/pattern.h"

bool
match_is_pattern(struct text text)
{
	return pattern_has_glob(text);
}

/* The clean relative form of a source; ".." does not lead out of the root. */
static char *
clean_source(struct text source)
{
	auto_free char *absolute = path_clean_abs(source);

	return mem_copy(absolute + 1);
}

static int
add(const struct view *v, char *name, struct matches *out, struct error *err)
{
	auto_free char *owned = name;
	struct match m = { 0 };

	if (view_resolve(v, text_of(name), &m.path, err) < 0)
		return -1;
	m.name = take(owned);
	array_push(&out->list, m);
	return 0;
}

/* ------------------------------------------------------------ patterns */

struct search {
	const struct view *view;
	struct text pattern; /* below the fixed directories */
	size_t depth_max;    /* components a match can have */
	size_t fixed;        /* bytes of found paths before the tested part */
	bool by_component;   /* a directory must match its part of the pattern */
	struct matches *out;
};

/* The first N components of PATTERN. */
static struct text
first_components(struct text pattern, size_t n)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '/' && --n == 0)
			return text_first(pattern, i);
	return pattern;
}

static size_t
count(struct text t, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++)
		n += t.p[i] == c;
	return n;
}

static bool
is_dir(const struct view_entry *e)
{
	return e->entry == NULL || e->entry->type == ENTRY_DIR;
}

static bool
may_lead_on(const struct search *s, struct text tested, size_t depth)
{
	if (depth >= s->depth_max)
		return false;
	return !s->by_component ||
	       pattern_match(first_components(s->pattern, depth), tested) == 1;
}

/* Tests the entries of directory DIR, whose paths have DEPTH components. */
static int
search_dir(const struct search *s, struct text dir, size_t depth, struct error *err)
{
	struct view_names names = { 0 };
	int failed = view_children(s->view, dir, &names) < 0 ? -1 : 0;

	for (size_t i = 0; i < names.list.n && failed == 0; i++) {
		auto_free char *path = mem_print("%.*s%s%.*s", TEXT_ARG(dir),
		                                 dir.n > 0 ? "/" : "",
		                                 TEXT_ARG(names.list.at[i]));
		struct text tested = text_from(text_of(path), s->fixed);
		struct view_entry e;

		if (pattern_match(s->pattern, tested) == 1)
			failed = add(s->view, take(path), s->out, err);
		else if (may_lead_on(s, tested, depth) &&
		         view_find(s->view, text_of(path), &e) == 1 && is_dir(&e))
			failed = search_dir(s, text_of(path), depth + 1, err);
	}
	array_clear(&names.list);
	return failed;
}

/* Splits SOURCE before its first component with a pattern. */
static void
split(struct text source, struct text *fixed, struct text *pattern)
{
	struct text rest = source, component;

	while (path_next(&rest, &component)) {
		size_t start = source.n - rest.n - component.n;

		if (!pattern_has_glob(component))
			continue;
		*fixed = text_first(source, start > 0 ? start - 1 : 0);
		*pattern = text_from(source, start);
		return;
	}
	/* Splitting into components would cut a class that contains a "/". */
	*fixed = path_dir(source);
	*pattern = text_from(source, fixed->n > 0 ? fixed->n + 1 : 0);
}

static int
find_pattern(const struct view *v, struct text source, struct matches *out,
             struct error *err)
{
	struct search s = { .view = v, .out = out };
	auto_free char *start = NULL;
	struct text fixed;

	split(source, &fixed, &s.pattern);
	/* Only a class can match a "/". */
	s.by_component = count(s.pattern, '[') == 0;
	s.depth_max = count(s.pattern, '/') + count(s.pattern, '[') + 1;
	if (view_resolve(v, fixed, &start, err) < 0)
		return -1;
	s.fixed = strlen(start) > 0 ? strlen(start) + 1 : 0;
	return search_dir(&s, text_of(start), 1, err);
}

int
match_find(const struct view *v, struct text source, struct matches *out,
           struct error *err)
{
	auto_free char *clean = clean_source(source);

	if (pattern_has_glob(text_of(clean)))
		return find_pattern(v, text_of(clean), out, err);
	return add(v, take(clean), out, err);
}

int
match_literal(const struct view *v, struct text source, struct matches *out,
              struct error *err)
{
	return add(v, clean_source(source), out, err);
}

char *
match_directory(struct text source)
{
	auto_free char *clean = clean_source(source);
	struct text fixed, pattern;

	if (!pattern_has_glob(text_of(clean)))
		return NULL;
	split(text_of(clean), &fixed, &pattern);
	return text_copy(fixed);
}

void
matches_clear(struct matches *m)
{
	for (size_t i = 0; i < m->list.n; i++) {
		free(m->list.at[i].name);
		free(m->list.at[i].path);
	}
	array_clear(&m->list);
}
