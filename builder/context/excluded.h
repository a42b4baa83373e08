/*
 * excluded: directories of a context that every step which could copy them leaves out
 * (--exclude). They are not opened: they may be unreadable, or without end.
 */
#ifndef BUILDER_CONTEXT_EXCLUDED_H
#define BUILDER_CONTEXT_EXCLUDED_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/ignore.h"

/* One step's way to a part of the context. */
struct excluded_rule {
	struct text root;            /* what the exclusions are relative to: clean */
	struct text pattern;         /* p not NULL: only entries of ROOT that match it are
	                                copied, and nothing is left out */
	const struct ignore *ignore; /* NULL: nothing is left out; borrowed */
};

/* Whether all of the N rules that could copy the directory PATH, and there is one, leave
 * it out with all that is in it, and none has its root in it. */
bool excluded_by_all(const struct excluded_rule *rules, size_t n, struct text path);

#endif
