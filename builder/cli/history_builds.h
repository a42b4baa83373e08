/*
 * history_builds: the records of builds, for `cooper history`.
 */
#ifndef BUILDER_CLI_HISTORY_BUILDS_H
#define BUILDER_CLI_HISTORY_BUILDS_H

#include <stdbool.h>

#include "builder/cli/formatted.h"
#include "builder/cli/options.h"
#include "layers/layers.h"

struct history_wishes {
	struct formatted *format;
	const char *output; /* -o, or NULL */
	bool all, otlp, quiet;
};

/* Whether WORDS are about builds: there are none, or the first is an action. */
bool history_is_of_builds(const struct words_left *words);

/* Does what WORDS say. 0, or -1 with ERR. */
int history_builds(struct store *store, const struct history_wishes *wishes,
                   const struct words_left *words, struct error *err);

#endif
