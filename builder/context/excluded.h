/*
 * excluded: directories of a context that every step excludes (--exclude). They are not
 * opened: they may be unreadable or endless.
 */
#ifndef BUILDER_CONTEXT_EXCLUDED_H
#define BUILDER_CONTEXT_EXCLUDED_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/ignore.h"

/* How one step copies a part of the context. */
struct excluded_rule {
	struct text root;    /* exclusions are relative to it; clean */
	struct text pattern; /* p not NULL: only matching entries of ROOT are copied,
	                                without exclusions */
	const struct ignore *ignore; /* NULL: nothing is excluded; borrowed */
};

/* True if at least one of the N rules could copy the directory PATH, every such rule
 * excludes it completely, and no rule has its root inside. */
bool excluded_by_all(const struct excluded_rule *rules, size_t n, struct text path);

#endif
