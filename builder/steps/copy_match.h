/*
 * copy_match: which paths of a source a COPY argument names.
 *
 * A literal path is followed, links and all, confined to the source's root. In
 * a pattern the fixed leading directories are followed likewise; what is below
 * them is tested against the whole rest of the pattern (Go's filepath.Match),
 * in byte order, without entering links or directories that match. A match
 * keeps the name it was found by; what it leads to is followed.
 */
#ifndef BUILDER_STEPS_COPY_MATCH_H
#define BUILDER_STEPS_COPY_MATCH_H

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

struct match {
	char *name; /* as written or found: relative, clean, "" the root */
	char *path; /* what it leads to, below the view's root */
};

struct matches {
	ARRAY(struct match) list;
};

#define MATCHES_INIT                                                                     \
	{                                                                                \
		0                                                                        \
	}

/* True if TEXT is a pattern and no literal path. */
bool match_is_pattern(struct text text);

/* All that SOURCE names in V. Without a pattern there is exactly one, which need
 * not exist; with one there may be none. */
int match_find(const struct view *v, struct text source, struct matches *out,
               struct error *err);

/* The same for a SOURCE that is a path, whatever characters it has. */
int match_literal(const struct view *v, struct text source, struct matches *out,
                  struct error *err);
void matches_clear(struct matches *m);

/* The directory in which the pattern SOURCE is searched, relative and clean ("" the
 * root); NULL if SOURCE is none. Caller frees. */
char *match_directory(struct text source);
#define auto_matches __attribute__((cleanup(matches_clear)))

#endif
