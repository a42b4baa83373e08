/*
 * package: an image as documents: layer descriptors, config, manifest. For all
 * outputs that consist of blobs. Internal to export.
 */
#ifndef BUILDER_EXPORT_PACKAGE_H
#define BUILDER_EXPORT_PACKAGE_H

#include "builder/export/export.h"

struct package {
	struct manifest manifest;
	char *text;                   /* the manifest's bytes */
	struct descriptor descriptor; /* of the manifest, with platform */
	const struct image *image;
};

struct packages {
	ARRAY(struct package) list; /* one per image */
	char *index_text;           /* NULL: there is no index */
	struct descriptor root;     /* of the manifest, or of the index */
};

#define PACKAGES_INIT                                                                    \
	{                                                                                \
		0                                                                        \
	}

/* Compresses what is new as OUTPUT says (or as it is in the store, if PLAIN) and
 * writes the documents, not yet stored anywhere. */
int packages_make(const struct output *output, const struct export_options *options,
                  const struct image *images, size_t n, bool plain, struct packages *out,
                  struct error *err);
void packages_clear(struct packages *p);
#define auto_packages __attribute__((cleanup(packages_clear)))

/* Reports the digests of P as status lines of VERTEX. */
void packages_tell(const struct packages *p, int vertex);

/* Every blob of P, config and layers, each digest once, in order of first use. Its
 * bytes are TEXT or, if that is NULL, those of the blob in the store, which LAYER (if
 * not NULL) fetches if it is not there. */
struct package_blob {
	struct descriptor descriptor; /* owned */
	struct layer *layer;
	const char *text;
	bool from_base;
};
struct package_blobs {
	ARRAY(struct package_blob) list;
};
void packages_blobs(const struct packages *p, struct package_blobs *out);
void package_blobs_clear(struct package_blobs *b);
#define auto_package_blobs __attribute__((cleanup(package_blobs_clear)))

/* The names an output writes to: -t and its own name=…; caller clears. */
struct export_names {
	ARRAY(struct reference) list;
};
int export_names_read(const struct output *output, const struct export_options *options,
                      struct export_names *out, struct error *err);
void export_names_clear(struct export_names *n);
#define auto_export_names __attribute__((cleanup(export_names_clear)))

/* The functions that OUTPUT_TYPES names. */
#define OUTPUT_PROTOTYPE(id, name, write, opens, packing, keys, help)                    \
	output_write_fn write;
OUTPUT_TYPES(OUTPUT_PROTOTYPE)

/* Makes BLOBS present in the repository of REF, several at a time; those of a base
 * are mounted from BASE (may be NULL) where that is on the same host. Their bytes are
 * compared with their digests on the way; what is damaged in the store is made again,
 * packed as PACKED says, or fetched. ANEW: they are sent even if the registry says that
 * it has them. */
int upload_blobs(const struct export_options *options, const struct package_blobs *blobs,
                 const struct compressor *packed, const struct reference *base,
                 const struct reference *ref, bool anew, int vertex, struct error *err);

/* Says at VERTEX that NAME has ROOT. RESULT is 0 if it was sent, 1 if it was there, -1:
 * says nothing. */
void push_tell(int vertex, const char *name, const struct digest *root, int result);

/* The index.json of an OCI layout that holds ROOT under NAMES, and what THERE (an older
 * one, or NULL) says of other names; caller frees. */
char *layout_index(const struct descriptor *root, const struct export_names *names,
                   int64_t created_ns, const json_t *there);
/* In the store's index.json, of an image that is as a registry has it: it leaves as it
 * came, digests and all. */
#define AS_PULLED "io.cooper.as-pulled"

#endif
