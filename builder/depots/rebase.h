/*
 * rebase: the layers of an image on another base, without building it again.
 *
 * The layers of the old base must be the first ones of the image. They are replaced by
 * those of the new base; the rest stays. Of the config, what the image had from the old
 * base becomes the new base's, what it said itself stays.
 */
#ifndef BUILDER_DEPOTS_REBASE_H
#define BUILDER_DEPOTS_REBASE_H

#include "builder/depots/depots.h"

struct rebase_options {
	const char *old_base, *new_base; /* words; NULL: what annotations say */
	enum depot_bare bare;            /* what those are without a transport */
};

struct rebased {
	struct descriptor root;
	size_t images;  /* of an index, those that were rebased */
	bool unchanged; /* the new base is the old one */
};

/* Puts the image of FROM, each one of an index, on another base, as TO. The caller clears
 * OUT's root. ERR_USAGE: no base is known. ERR_SOURCE: the old base is not below it. */
int image_rebase(struct depot *from, struct depot *to, const struct rebase_options *o,
                 struct rebased *out, struct error *err);

#endif
