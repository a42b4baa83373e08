/*
 * load: images out of archives into the store: what docker save, podman save, skopeo and
 * cooper write.
 *
 *	an OCI layout   oci-layout, index.json, blobs/…       its documents stay as they are
 *	docker's own    manifest.json, and files that it names; manifests are made
 *
 * as a tar (gzip, zstd, bzip2, xz or plain) or as a directory. Everything comes from
 * outside: links are not followed, sizes are limited, and a blob or layer whose digest is
 * another than its document says is ERR_DAMAGED. An image gets its name when all of it is
 * there.
 */
#ifndef BUILDER_EXPORT_LOAD_H
#define BUILDER_EXPORT_LOAD_H

#include "builder/export/export.h"

struct loaded_image {
	char *name; /* in full; untagged: as the archive has it, or NULL */
	struct descriptor root;
};

struct loaded {
	ARRAY(struct loaded_image) list;
};

struct load_options {
	int fd;            /* an archive or a directory, borrowed */
	const char *shown; /* its name, for messages */
	/* What the only image is to be called if the archive names none; NULL: nothing. */
	const struct reference *name;
	bool untagged; /* the store gets the content alone; OUT has the names */
};

/* Loads all images. The caller clears OUT, also after a failure, when it has those that
 * were loaded before. */
int import_load(const struct export_options *options, const struct load_options *load,
                struct loaded *out, struct error *err);
void loaded_clear(struct loaded *loaded);

#endif
