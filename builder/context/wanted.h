/*
 * wanted: the parts of a context that the steps' sources can name.
 *
 * A trie of path components. A component is literal or a pattern; a node marked
 * "all" wants everything at and below it. While a directory is read, the nodes
 * that its path leads to are its cursor:
 *
 *	src/a?  docs       root ─┬─ src ── a? (all)
 *	                         └─ docs (all)
 *
 * Links in the literal part of a source are followed beforehand, so that their
 * targets are wanted too. Immutable while a scan runs.
 */
#ifndef BUILDER_CONTEXT_WANTED_H
#define BUILDER_CONTEXT_WANTED_H

#include <stdbool.h>

#include "base/array.h"
#include "base/mem.h"
#include "base/text.h"

struct wanted;

/* Nothing is wanted yet. Caller frees. */
struct wanted *wanted_new(void);
void wanted_free(struct wanted *w); /* takes NULL */

/* Adds source PATH (relative or absolute, may have patterns) and the targets of
 * its links below ROOT_FD. True if this made anything new wanted. */
bool wanted_add(struct wanted *w, int root_fd, struct text path);

/* True if the whole context is wanted. */
bool wanted_is_all(const struct wanted *w);

/* The position of a path in the trie. */
struct wanted_cursor {
	bool all;     /* everything at and below is wanted */
	bool matched; /* a source ends here, not only further up */
	ARRAY(const struct wanted_node *) nodes;
};

void wanted_start(const struct wanted *w, struct wanted_cursor *out);

/* Moves from a directory's cursor to its entry NAME. False if it is not wanted. */
bool wanted_enter(const struct wanted_cursor *dir, struct text name,
                  struct wanted_cursor *out);

/* True if the directory must be listed; else only wanted_names() matter. */
bool wanted_needs_list(const struct wanted_cursor *dir);

struct wanted_names {
	ARRAY(struct text) list; /* in byte order, each once */
};
void wanted_names(const struct wanted_cursor *dir, struct wanted_names *out);

#endif
