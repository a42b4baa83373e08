#include "builder/context/wanted.h"

#include <fcntl.h>
#include <limits.h>

#include "base/base.h"
#include "base/inroot.h"
#include "base/link_walk.h"
#include "base/path.h"
#include "parser/pattern.h"

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

/* A class may contain a "/", which would cut it in two meaningless halves. */
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

/* Length of the text of the link at PATH, 0 if it is none. */
static size_t
link_read(int root_fd, const struct buf *path, char text[PATH_MAX])
{
	const char *name = NULL;
	auto_fd int dir_fd = inroot_parent(root_fd, buf_str(path), &name);
	ssize_t n = dir_fd < 0 ? -1 : readlinkat(dir_fd, name, text, PATH_MAX);

	return n <= 0 || n == PATH_MAX ? 0 : (size_t)n;
}

/* Walks PATH on disk as far as it is literal; all of what follows is a pattern. */
bool
wanted_add(struct wanted *w, int root_fd, struct text path)
{
	auto_link_walk struct link_walk walk;
	char target[PATH_MAX];
	struct text name;
	bool is_new = false;

	link_walk_start(&walk, TEXT(""), path);
	while (link_walk_next(&walk, &name)) {
		struct text done = buf_text(&walk.done);
		size_t n = 0;

		if (is_pattern(name)) {
			buf_add_text(&walk.done, walk.left);
			break;
		}
		n = link_read(root_fd, &walk.done, target);
		/* A link in a circle is wanted as it is; looking it up fails later. */
		if (n == 0 || walk.links == LINK_WALK_MAX)
			continue;
		is_new |= insert(w, done, false);
		link_walk_follow(&walk, (struct text){ target, n });
	}
	return insert(w, buf_text(&walk.done), true) || is_new;
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
