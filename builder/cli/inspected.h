/*
 * inspected: an image with its documents byte for byte, from the store or another place.
 */
#ifndef BUILDER_CLI_INSPECTED_H
#define BUILDER_CLI_INSPECTED_H

#include "builder/cli/ends.h"
#include "builder/cli/stored.h"

struct inspected {
	char *name; /* in full */
	struct stored stored;
	struct buf root, manifest, config;
};

/* Whether WORD names an image elsewhere than in the store. */
bool inspected_is_elsewhere(const char *word);

/* Reads the image NAME of STORE. PLATFORM: see stored_read(). The caller clears OUT, also
 * after a failure. */
int
inspected_stored(struct store *store, const char *name, const struct platform *platform,
                 struct inspected *out, struct error *err);

/* Reads the image WORD (builder/depots/depots.h), which without a transport is in a
 * registry. WHOLE: also its config; else the root is enough. */
int inspected_elsewhere(const struct ends_options *o, const char *word,
                        const struct platform *platform, bool whole,
                        struct inspected *out, struct error *err);
void inspected_clear(struct inspected *i);
#define auto_inspected __attribute__((cleanup(inspected_clear)))

#endif
