/*
 * nearest: the noted step that is most like a step of this build.
 *
 * A build counts if it is of the same place (the same Dockerfile, context and target), or
 * if at least half of this build's instructions are in it: another checkout. In such a
 * build, the same step is the one with the same words in the same stage, or else one that
 * this build does not have any more: the instruction was edited. Of the steps in question
 * that with the fewest different inputs is taken, and of several the last used.
 */
#ifndef BUILDER_CACHE_NEAREST_H
#define BUILDER_CACHE_NEAREST_H

#include "builder/cache/noted_build.h"

struct nearest {
	struct noted_build *build; /* NULL: nothing is like it */
	struct noted_step *step;
	bool is_edited; /* its words are others */
};

/* The noted builds, for the questions of one build. */
struct nearby {
	struct store *store;
	const struct noted_build *is; /* the build that runs now */
	struct noted_builds was;
	bool *is_like; /* for each of them: it counts */
};

/* Reads them. The caller clears. */
void nearby_read(struct nearby *n, struct store *st, const struct noted_build *is);
void nearby_clear(struct nearby *n);
#define auto_nearby __attribute__((cleanup(nearby_clear)))

/* True if any build counts. */
bool nearby_has_like(const struct nearby *n);

/* For step I. A build turns out not to count if a step takes mostly other files. */
struct nearest nearest_find(struct nearby *n, size_t i);

/* The last used step with the key of step I, wherever it was built; NULL: none. */
const struct noted_step *nearest_equal(const struct nearby *n, size_t i);

/* How many inputs differ; those that are steps count as one. */
size_t nearest_differences(const struct noted_step *was, const struct noted_step *is);

#endif
