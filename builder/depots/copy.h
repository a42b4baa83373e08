/*
 * copy: an image goes from place to place.
 *
 * First all its documents are read and its blobs listed, then blobs are sent (several at
 * a time), then documents, those that others point to first, the name last. What the
 * destination has is not sent; what another repository of the same registry has is
 * mounted. Between two registries bytes go through memory.
 */
#ifndef BUILDER_DEPOTS_COPY_H
#define BUILDER_DEPOTS_COPY_H

#include "builder/depots/depots.h"

struct copy_options {
	const struct platform *platforms; /* of an index; none: all */
	size_t n_platforms;
	bool referrers;   /* also what refers to the images: signatures, SBOMs */
	bool digest_tags; /* also cosign's tags: sha256-HEX.sig, .att, .sbom */
	bool untagged;    /* stored by its digest alone, whatever name the word has */
	bool entries;     /* of an index what it lists, and not the index itself */
	bool blobs_only;  /* no manifest and no index */
	const char *mount_from; /* a repository that has it at the same host, or NULL */
};

struct copied {
	struct descriptor root;
	bool same;                     /* the name had this digest before */
	size_t sent, mounted, existed; /* blobs */
	uint64_t bytes;                /* of those that were sent */
	size_t documents;              /* manifests and indexes that were sent */
	size_t referrers;
};

/* Copies the image of FROM to TO. The caller clears OUT's root. */
int image_copy(struct depot *from, struct depot *to, const struct copy_options *options,
               struct copied *out, struct error *err);

#endif
