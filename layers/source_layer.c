/* Layers whose files are outside the store; see layer_of_files(). */
#include <stdlib.h>

#include "base/mem.h"
#include "base/own.h"
#include "layers/layer_state.h"
#include "layers/tree_maker.h"

struct source {
	int dir_fd;               /* borrowed */
	struct content *contents; /* one per entry, or NULL: at their path below dir_fd */
};

static struct text
copy_text(struct arena *arena, struct text t)
{
	return t.n > 0 ? arena_text(arena, t) : (struct text){ "", 0 };
}

static struct tree *
copy_entries(const struct entry *entries, size_t n)
{
	struct arena *arena = arena_new();
	struct entry *copy = mem_new_n(n + 1, sizeof *copy);

	for (size_t i = 0; i < n; i++) {
		copy[i] = entries[i];
		copy[i].path = copy_text(arena, entries[i].path);
		copy[i].link = copy_text(arena, entries[i].link);
		copy[i].capability = copy_text(arena, entries[i].capability);
		copy[i].offset = 0;
	}
	return tree_new(copy, n, arena);
}

/* The paths are copied, too; content in memory stays the caller's. */
static struct content *
copy_contents(const struct content *contents, size_t n)
{
	struct content *copy = mem_new_n(n + 1, sizeof *copy);

	for (size_t i = 0; i < n; i++) {
		copy[i] = contents[i];
		if (copy[i].kind == CONTENT_FILE)
			copy[i].path.p = text_copy(contents[i].path);
	}
	return copy;
}

static struct layer *
new_source(struct tree *taken, int dir_fd)
{
	struct layer *l = mem_new(sizeof *l);

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	l->id = mem_copy("source");
	l->dir_fd = l->tar_fd = -1;
	l->tree = taken;
	l->forms = LAYER_TREE;
	l->source = mem_new(sizeof *l->source);
	l->source->dir_fd = dir_fd;
	return l;
}

struct layer *
layer_of_own_files(struct entry *entries, size_t n, struct arena *texts, int dir_fd)
{
	return new_source(tree_new(entries, n, texts), dir_fd);
}

struct layer *
layer_of_files(const struct entry *entries, size_t n, int dir_fd,
               const struct content *contents)
{
	struct layer *l = new_source(copy_entries(entries, n), dir_fd);

	if (contents != NULL)
		l->source->contents = copy_contents(contents, n);
	return l;
}

void
layer_free_source(struct layer *l)
{
	struct source *s;

	if (l == NULL)
		return;
	s = l->source;
	for (size_t i = 0; s->contents != NULL && i < l->tree->n; i++)
		if (s->contents[i].kind == CONTENT_FILE)
			free((void *)(uintptr_t)s->contents[i].path.p);
	free(s->contents);
	free(s);
	tree_free(l->tree);
	free(l->id);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

struct content
source_content(const struct layer *l, const struct entry *e)
{
	const struct source *s = l->source;

	if (s->contents != NULL)
		return s->contents[e - l->tree->entries];
	return (struct content){ .kind = CONTENT_FILE,
		                 .dir_fd = s->dir_fd,
		                 .path = e->path,
		                 .size = e->size };
}
