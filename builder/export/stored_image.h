/*
 * stored_image: an image of the store as documents, on its way out.
 *
 * It leaves with the documents it has: what was pulled keeps its digest, and annotations
 * stay. Only layers made here, which the store holds as plain tars, may be compressed, and
 * then their descriptors change, and with them the digests above. Internal to export.
 */
#ifndef BUILDER_EXPORT_STORED_IMAGE_H
#define BUILDER_EXPORT_STORED_IMAGE_H

#include "builder/export/package.h"

/* One manifest or index on its way. */
struct document {
	struct buf bytes;
	struct descriptor descriptor;
};

struct stored_image {
	const struct export_options *options;
	const struct compressor *compressor; /* of layers that were made here */
	bool single; /* of an index only the image for PLATFORM (NULL: this machine) */
	const struct platform *platform;
	struct package_blobs blobs;
	ARRAY(struct document) children; /* of an index */
	struct document root;
	struct manifest manifest; /* of the only image; empty for an index */
};

/* Reads the image NAME. OPTIONS, COMPRESSOR and SINGLE are set before. The caller clears
 * P, also after a failure. */
int stored_image_prepare(struct stored_image *p, const char *name, struct error *err);
void stored_image_clear(struct stored_image *p);
#define auto_stored_image __attribute__((cleanup(stored_image_clear)))

#endif
