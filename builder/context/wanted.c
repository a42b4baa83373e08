#include "builder/context/wanted.h"

#include <fcntl.h>
#include <limits.h>

#include "base/base.h"
#include "base/inroot.h"
#include "base/path.h"
#include "parser/pattern.h"

/* As many links as a source may go through. */
#define LINKS_MAX 255

struct wanted_node {
	struct text name;
	bool is_pattern;
	bool all;
	struct wanted_node *child, *next; /* first child; next sibling */
};

struct wanted {
	struct arena *arena;
	struct wanted_node *root;
};

struct wanted *
wanted_new(void)
{
	struct wanted *w = mem_new(sizeof *w);

	w->arena = arena_new();
	w->root = arena_alloc(w->arena, sizeof *w->root);
	return w;
}

void
wanted_free(struct wanted *w)
{
	if (w == NULL)
		return;
	arena_free(w->arena);
	free(w);
}

bool
wanted_is_all(const struct wanted *w)
{
	return w->root->all;
}

/* ------------------------------------------------------------ adding */

/* A class may hold a "/", which cuts it in two halves that mean nothing alone. */
static bool
is_whole(struct text component)
{
	return pattern_match(component, TEXT("x")) >= 0;
}

static bool
is_pattern(struct text component)
{
	for (size_t i = 0; i < component.n; i++)
		if (strchr("*?[\\", component.p[i]) != NULL)
			return true;
	return false;
}

/* True if the class that T begins with has "/" among its characters. */
static bool
class_has_slash(struct text t)
{
	for (size_t n = 2; n <= t.n; n++) {
		int found = pattern_match(text_first(t, n), TEXT("/"));

		if (found >= 0)
			return found == 1;
	}
	return false;
}

/* "**", alone or in a word, means any depth to --parents; a class may mean it, too. */
static bool
is_boundless(struct text component)
{
	if (!is_pattern(component))
		return false;
	for (size_t i = 0; i + 1 < component.n; i++) {
		if (component.p[i] == '*' && component.p[i + 1] == '*')
			return true;
		if (component.p[i] == '[' && class_has_slash(text_from(component, i)))
			return true;
	}
	return !is_whole(component);
}

/* The child NAME of NODE, made if it is missing. */
static struct wanted_node *
child_of(struct wanted *w, struct wanted_node *node, struct text name, bool *is_new)
{
	struct wanted_node *child = node->child;

	while (child != NULL && !text_equal(child->name, name))
		child = child->next;
	if (child != NULL)
		return child;
	child = arena_alloc(w->arena, sizeof *child);
	child->name = arena_text(w->arena, name);
	child->is_pattern = is_pattern(name);
	child->next = node->child;
	node->child = child;
	*is_new = true;
	return child;
}

/* Puts PATH into the trie; ALL: with everything below it. */
static bool
insert(struct wanted *w, struct text path, bool all)
{
	struct wanted_node *node = w->root;
	bool is_new = false;
	struct text name;

	while (!node->all && path_next(&path, &name)) {
		if (is_boundless(name)) {
			is_new |= !node->all;
			node->all = true;
			return is_new;
		}
		node = child_of(w, node, name, &is_new);
	}
	if (node->all || !all)
		return is_new;
	node->all = true;
	return true;
}

/* Walks a source on disk as far as it is literal. */
struct route {
	int root_fd, links;
	struct buf done; /* relative; no link in it */
	struct buf rest;
};

static void
route_clear(struct route *r)
{
	buf_clear(&r->done);
	buf_clear(&r->rest);
}

/* Length of the text of the link at PATH, 0 if it is none. */
static size_t
link_read(int root_fd, const struct buf *path, char text[PATH_MAX])
{
	const char *name = NULL;
	auto_fd int dir_fd = inroot_parent(root_fd, buf_str(path), &name);
	ssize_t n = dir_fd < 0 ? -1 : readlinkat(dir_fd, name, text, PATH_MAX);

	return n <= 0 || n == PATH_MAX ? 0 : (size_t)n;
}

/* Puts a link's text before the rest of the path. */
static void
route_follow(struct route *r, struct text target, struct text rest)
{
	auto_buf struct buf next = BUF_INIT;

	buf_add_text(&next, target);
	buf_add_char(&next, '/');
	buf_add_text(&next, rest);
	buf_truncate(&r->done, target.p[0] == '/' ? 0 : path_dir(buf_text(&r->done)).n);
	buf_truncate(&r->rest, 0);
	buf_add_text(&r->rest, buf_text(&next));
}

/* The rest is a pattern from its first component on: all of it goes in. */
static bool
insert_pattern(struct wanted *w, struct route *r, struct text name, struct text rest)
{
	if (r->done.n > 0)
		buf_add_char(&r->done, '/');
	buf_add_text(&r->done, name);
	buf_add_text(&r->done, rest);
	return insert(w, buf_text(&r->done), true);
}

bool
wanted_add(struct wanted *w, int root_fd, struct text path)
{
	__attribute__((cleanup(route_clear))) struct route r = { .root_fd = root_fd };
	char target[PATH_MAX];
	struct text rest, name;
	bool is_new = false;

	buf_add_text(&r.rest, path);
	rest = buf_text(&r.rest);
	while (path_next(&rest, &name)) {
		size_t n = 0;

		if (text_is(name, "."))
			continue;
		if (text_is(name, "..")) {
			buf_truncate(&r.done, path_dir(buf_text(&r.done)).n);
			continue;
		}
		if (is_pattern(name))
			return insert_pattern(w, &r, name, rest) || is_new;
		if (r.done.n > 0)
			buf_add_char(&r.done, '/');
		buf_add_text(&r.done, name);
		n = r.links < LINKS_MAX ? link_read(root_fd, &r.done, target) : 0;
		if (n == 0)
			continue;
		is_new |= insert(w, buf_text(&r.done), false);
		r.links++;
		route_follow(&r, (struct text){ target, n }, rest);
		rest = buf_text(&r.rest);
	}
	return insert(w, buf_text(&r.done), true) || is_new;
}

/* ------------------------------------------------------------ asking */

void
wanted_start(const struct wanted *w, struct wanted_cursor *out)
{
	*out = (struct wanted_cursor){ .all = w->root->all };
	array_push(&out->nodes, w->root);
}

bool
wanted_enter(const struct wanted_cursor *dir, struct text name, struct wanted_cursor *out)
{
	*out = (struct wanted_cursor){ .all = dir->all };
	for (size_t i = 0; i < dir->nodes.n; i++) {
		const struct wanted_node *c = dir->nodes.at[i]->child;

		for (; c != NULL; c = c->next) {
			if (!text_equal(c->name, name) &&
			    !(c->is_pattern && pattern_match(c->name, name) == 1))
				continue;
			array_push(&out->nodes, c);
			out->all |= c->all;
			out->matched |= c->all;
		}
	}
	return out->all || out->nodes.n > 0;
}

bool
wanted_needs_list(const struct wanted_cursor *dir)
{
	for (size_t i = 0; i < dir->nodes.n; i++)
		for (const struct wanted_node *c = dir->nodes.at[i]->child; c != NULL;
		     c = c->next)
			if (c->is_pattern)
				return true;
	return dir->all;
}

static int
compare_names(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

void
wanted_names(const struct wanted_cursor *dir, struct wanted_names *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < dir->nodes.n; i++)
		for (const struct wanted_node *c = dir->nodes.at[i]->child; c != NULL;
		     c = c->next)
			array_push(&out->list, c->name);
	array_sort(&out->list, compare_names);
	for (size_t i = 0; i < out->list.n; i++)
		if (kept == 0 || !text_equal(out->list.at[kept - 1], out->list.at[i]))
			out->list.at[kept++] = out->list.at[i];
	out->list.n = kept;
}
