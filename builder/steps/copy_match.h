/*
 * copy_match: finds the paths of a source that a COPY argument names.
 *
 * A literal path is resolved with its links, confined to the source's root. So are
 * the fixed leading directories of a pattern. Paths below them are matched against
 * the rest of the pattern (Go's filepath.Match), in byte order, without entering
 * links or directories that match. A match keeps the name under which it was found;
 * if it is a link, its target is copied.
 */
#ifndef BUILDER_STEPS_COPY_MATCH_H
#define BUILDER_STEPS_COPY_MATCH_H

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

struct match {
	char *name; /* as written or found: relative, clean; "" is the root */
	char *path; /* its target, below the view's root */
};

struct matches {
	ARRAY(struct match) list;
};

#define MATCHES_INIT                                                                     \
	{                                                                                \
		0                                                                        \
	}

/* True if TEXT is a pattern, not a literal path. */
bool match_is_pattern(struct text text);

/* All matches of SOURCE in V. A literal path gives exactly one, which need not exist;
 * a pattern may give none. */
int match_find(const struct view *v, struct text source, struct matches *out,
               struct error *err);

/* The same for a SOURCE that is always a literal path. */
int match_literal(const struct view *v, struct text source, struct matches *out,
                  struct error *err);
void matches_clear(struct matches *m);

/* The directory in which the pattern SOURCE is searched, relative and clean ("" is the
 * root); NULL if SOURCE is not a pattern. Caller frees. */
char *match_directory(struct text source);
#define auto_matches __attribute__((cleanup(matches_clear)))

#endif
