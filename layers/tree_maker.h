/*
 * tree_maker: builds a layer's sorted metadata index.
 *
 *	entries in any order ──► tree_maker ──► tree      (sorted, each path once)
 *
 * The result is the same as unpacking the entries one after the other: a later
 * entry replaces an earlier one of the same path; an entry that is not a
 * directory removes everything below its path; a whiteout only hides lower
 * layers, so an entry of the same path wins (and, if it is a directory, becomes
 * opaque). Of the names of one file the first in the tree has the
 * content, the others are hard links to it. Entries that cannot be unpacked are refused:
 * an entry below a non-directory, a hard link to a path that does not exist.
 */
#ifndef LAYERS_TREE_MAKER_H
#define LAYERS_TREE_MAKER_H

#include "base/mem.h"
#include "layers/tree.h"

struct tree_maker;

struct tree_maker *tree_maker_new(void);
void tree_maker_free(struct tree_maker *m); /* takes NULL */

/* Adds a copy of E. ENTRY_WHITEOUT with opaque set is a mark of its own: "the
 * directory at this path, wherever its entry is, is opaque". */
void tree_maker_add(struct tree_maker *m, const struct entry *e);

/* The tree; M is freed, also on failure (ERR_DAMAGED naming the entry). */
struct tree *tree_maker_end(struct tree_maker *taken, struct error *err);

static inline void
own_tree_maker(struct tree_maker **m)
{
	tree_maker_free(*m);
	*m = NULL;
}
#define auto_tree_maker __attribute__((cleanup(own_tree_maker)))

/* A tree that takes over ENTRIES (malloc'ed, sorted) and the ARENA their texts
 * are in. */
struct tree *tree_new(struct entry *entries, size_t n, struct arena *arena);
void tree_free(struct tree *t); /* takes NULL */

static inline void
own_tree(struct tree **t)
{
	tree_free(*t);
	*t = NULL;
}
#define auto_tree __attribute__((cleanup(own_tree)))

/* Index of the first entry not before PATH, and of the first one after FROM
 * that is not at or below PATH. */
size_t tree_lower_bound(const struct tree *t, struct text path);
size_t tree_upper_bound(const struct tree *t, size_t from, struct text path);

#endif
