#include "builder/cli/near.h"

#include "base/base.h"
#include "base/count.h"
#include "base/suggest.h"

/* Names that other builders use. */
struct alias {
	const char *theirs, *ours;
};

static const struct alias command_aliases[] = {
	{ "ls", "images" },  { "list", "images" },   { "image", "images" },
	{ "rm", "rmi" },     { "remove", "rmi" },    { "untag", "rmi" },
	{ "gc", "prune" },   { "clean", "prune" },   { "usage", "du" },
	{ "df", "du" },      { "health", "doctor" }, { "check", "doctor" },
	{ "fetch", "pull" }, { "upload", "push" },   { "show", "inspect" },
};

static const char *
find_alias(const struct alias *aliases, size_t n, struct text word)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(word, aliases[i].theirs))
			return aliases[i].ours;
	return NULL;
}

/* The one name that begins with WORD; NULL if there are several. */
static const char *
find_beginning(struct text word, const char *const *names, size_t n)
{
	auto_free char *beginning = text_copy(word);
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!text_starts(text_of(names[i]), beginning))
			continue;
		if (found != NULL)
			return NULL;
		found = names[i];
	}
	return found;
}

/* Whether two neighbouring letters are swapped: a common slip, but two edits to
 * suggest_find(). */
static bool
is_swapped(struct text word, struct text name)
{
	size_t i = 0;

	if (word.n != name.n)
		return false;
	while (i < word.n && word.p[i] == name.p[i])
		i++;
	return i + 1 < word.n && word.p[i] == name.p[i + 1] &&
	       word.p[i + 1] == name.p[i] &&
	       text_equal(text_from(word, i + 2), text_from(name, i + 2));
}

static const char *
find_slip(struct text word, const char *const *names, size_t n)
{
	const char *near = NULL;

	for (size_t i = 0; i < n; i++)
		if (is_swapped(word, text_of(names[i])) ||
		    text_equal_nocase(word, text_of(names[i])))
			return names[i];
	near = suggest_find(word, names, n, true);
	/* In a word of two or three letters, two slips leave no similarity. */
	return near != NULL && word.n <= 3 && near[0] != word.p[0] ? NULL : near;
}

static const char *
find_name(struct text word, const char *const *names, size_t n)
{
	const char *near = word.n < 2 ? NULL : find_beginning(word, names, n);

	return near != NULL ? near : find_slip(word, names, n);
}

/* A name of the N that begins with WORD, or is a slip away from it; caller frees. */
static char *
near_name(struct text word, const char *const *names, size_t n)
{
	const char *near = find_name(word, names, n);

	return near == NULL ? NULL : mem_print("--%s", near);
}

char *
near_option(const struct command *c, struct text name)
{
	const struct other_options *others = c->others;
	auto_free const char **names = NULL;
	size_t n = 0, n_others = 0, n_listed = 0;
	char *near = NULL;

	while (c->options != NULL && c->options[n].name != NULL)
		n++;
	while (others != NULL && others->name(n_others) != NULL)
		n_others++;
	names = mem_new_n(n + n_others + 1, sizeof *names);
	for (size_t i = 0; i < n; i++)
		if (c->options[i].help != NULL)
			names[n_listed++] = c->options[i].name;
	near = near_name(name, names, n_listed);
	for (size_t i = 0; i < n_others; i++)
		names[i] = others->name(i);
	return near != NULL ? near : near_name(name, names, n_others);
}

const char *
near_command(struct text word)
{
	size_t n_aliases = COUNT_OF(command_aliases), n = 0;
	const char *alias = find_alias(command_aliases, n_aliases, word);
	auto_free const char **names = NULL;

	if (alias != NULL)
		return alias;
	while (command_list[n] != NULL)
		n++;
	names = mem_new_n(n + 1, sizeof *names);
	for (size_t i = 0; i < n; i++)
		names[i] = command_list[i]->name;
	return find_name(word, names, n);
}
