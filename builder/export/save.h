/*
 * save: images of the store, written as archives and directories.
 */
#ifndef BUILDER_EXPORT_SAVE_H
#define BUILDER_EXPORT_SAVE_H

#include "builder/export/destination.h"
#include "builder/export/export.h"

enum save_form {
	SAVE_DOCKER_ARCHIVE, /* also an OCI layout; of an index the image of one platform */
	SAVE_OCI_ARCHIVE,
	SAVE_OCI_DIR, /* images that are there stay, but for the same names */
	SAVE_DIR,     /* one manifest and its blobs: skopeo's dir: */
};

/* One image, and the names it gets. */
struct save_image {
	const char *name; /* in the store, in full */
	struct {
		ARRAY(struct reference) list;
	} names;
	char *word; /* NULL, or in a layout: this text alone instead of NAMES */
};

struct save_options {
	enum save_form form;
	struct destination *destination; /* open, of the form's kind */
	const struct platform *platform; /* of SAVE_DOCKER_ARCHIVE; NULL: this machine */
	struct compressor compressor;    /* of layers that were made here */
};

/* Writes N images to OPTIONS->destination and keeps it. *ROOT gets the descriptor of the
 * first. */
int export_save(const struct export_options *export, const struct save_options *options,
                const struct save_image *images, size_t n, struct descriptor *root,
                struct error *err);
void save_image_clear(struct save_image *image);

/* The forms by the names of podman save: "docker-archive", "oci-archive", "oci-dir",
 * "docker-dir". False if it is none. */
bool save_form_parse(struct text word, enum save_form *out);

/* The form of destination that FORM needs. */
enum destination_form save_destination_form(enum save_form form);

#endif
