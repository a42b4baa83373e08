#include "builder/steps/dest_nodes.h"

#include "base/base.h"

#define NODES_AT_ONCE 32

struct dest_rare {
	struct text link, capability;
	uint32_t dev_major, dev_minor;
};

/* ------------------------------------------------------------ by path */

/* The slot that holds PATH, or the free one where it belongs: at least a quarter of
 * them are free, so the search ends. */
static uint32_t *
slot_of(const struct dest_nodes *all, struct text path)
{
	size_t mask = all->n_slots - 1, i = (size_t)text_hash(path) & mask;

	while (all->slots[i] != 0 &&
	       !text_equal(dest_node_path(all->list.at[all->slots[i] - 1]), path))
		i = (i + 1) & mask;
	return &all->slots[i];
}

static void
grow_slots(struct dest_nodes *all)
{
	all->n_slots = all->n_slots == 0 ? 16 : all->n_slots * 2;
	free(all->slots);
	all->slots = mem_new_n(all->n_slots, sizeof *all->slots);
	for (size_t i = 0; i < all->list.n; i++)
		*slot_of(all, dest_node_path(all->list.at[i])) = (uint32_t)i + 1;
}

struct dest_node *
dest_nodes_find(const struct dest_nodes *all, struct text path)
{
	uint32_t slot = all->n_slots == 0 ? 0 : *slot_of(all, path);

	return slot == 0 ? NULL : all->list.at[slot - 1];
}

struct dest_node *
dest_nodes_add(struct dest_nodes *all, struct text path)
{
	struct dest_node *n = NULL;

	if (all->list.n >= UINT32_MAX || path.n >= UINT32_MAX)
		mem_die("too many files");
	if (all->list.n >= all->n_slots / 4 * 3)
		grow_slots(all);
	if (all->n_spare == 0) {
		all->spare = arena_alloc_n(all->arena, NODES_AT_ONCE, sizeof *n);
		all->n_spare = NODES_AT_ONCE;
	}
	n = all->spare++;
	all->n_spare--;
	n->path = arena_copy_n(all->arena, path.p, path.n);
	n->path_n = (uint32_t)path.n;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are slots */
	*slot_of(all, path) = (uint32_t)all->list.n + 1;
	array_push(&all->list, n);
	return n;
}

void
dest_nodes_clear(struct dest_nodes *all)
{
	array_clear(&all->list);
	free(all->slots);
	arena_free(all->arena);
	*all = (struct dest_nodes){ 0 };
}

const void *
dest_node_origin(const struct dest_node *n)
{
	if (!n->is_shared)
		return n->origin;
	return n->shared->file == n ? n->shared->origin : NULL;
}

/* ------------------------------------------------------------ bodies */

static void
set_content(struct dest_body *b, const struct content *c)
{
	struct text text = c->kind == CONTENT_MEMORY ? c->memory : c->path;

	b->content_kind = c->kind;
	b->content_n = 0;
	b->content_fd = -1;
	b->content.text = NULL;
	if (c->kind == CONTENT_RANGE) {
		b->content.offset = c->offset;
		b->content_fd = c->fd;
	} else if (c->kind != CONTENT_NONE) {
		if (text.n > UINT32_MAX)
			mem_die("a text too large");
		b->content.text = text.p;
		b->content_n = (uint32_t)text.n;
		b->content_fd = c->dir_fd;
	}
}

void
dest_body_set(struct dest_nodes *all, struct dest_body *b, const struct change *c)
{
	const struct entry *e = &c->entry;

	b->mtime = e->mtime;
	b->size = e->size;
	b->uid = e->uid;
	b->gid = e->gid;
	b->mode = e->mode & 07777U;
	b->type = e->type & 15U;
	b->opaque = e->opaque;
	b->rare = NULL;
	set_content(b, &c->content);
	if (e->link.n == 0 && e->capability.n == 0 && e->dev_major == 0 &&
	    e->dev_minor == 0)
		return;
	b->rare = arena_alloc(all->arena, sizeof *b->rare);
	*b->rare = (struct dest_rare){ e->link, e->capability, e->dev_major,
		                       e->dev_minor };
}

static struct content
get_content(const struct dest_body *b)
{
	struct text text = { b->content.text, b->content_n };

	switch (b->content_kind) {
	case CONTENT_MEMORY:
		return (struct content){ .kind = CONTENT_MEMORY, .memory = text };
	case CONTENT_FILE:
		return (struct content){ .kind = CONTENT_FILE,
			                 .dir_fd = b->content_fd,
			                 .path = text,
			                 .size = b->size };
	case CONTENT_RANGE:
		return (struct content){ .kind = CONTENT_RANGE,
			                 .fd = b->content_fd,
			                 .offset = b->content.offset,
			                 .size = b->size };
	default:
		return (struct content){ .kind = CONTENT_NONE };
	}
}

void
dest_body_get(const struct dest_body *b, struct change *out)
{
	*out = (struct change){
		.entry = { .type = b->type,
		           .opaque = b->opaque,
		           .mode = (uint16_t)b->mode,
		           .uid = b->uid,
		           .gid = b->gid,
		           .size = b->size,
		           .mtime = b->mtime },
		.content = get_content(b),
	};
	if (b->rare == NULL)
		return;
	out->entry.link = b->rare->link;
	out->entry.capability = b->rare->capability;
	out->entry.dev_major = b->rare->dev_major;
	out->entry.dev_minor = b->rare->dev_minor;
}
