/*
 * load_tree: the files of an archive that is being loaded. Internal to export.
 */
#ifndef BUILDER_EXPORT_LOAD_TREE_H
#define BUILDER_EXPORT_LOAD_TREE_H

#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/export/load.h"

/* Of one document. */
#define LOAD_DOCUMENT_MAX ((size_t)16 << 20)

struct load_tree {
	const struct export_options *options;
	int dir_fd; /* where the files are */
	const char *shown;
	struct loaded *out;
	const struct reference *name; /* see load_options */
	bool untagged;
};

/* Opens the regular file PATH, through no link that leads out of the tree: the descriptor
 * and *SIZE, or -1; with ERR_SOURCE if it does not exist. */
int
load_open(const struct load_tree *t, const char *path, uint64_t *size, struct error *err);

/* Appends the small file PATH: 1, 0 if it does not exist, -1. */
int load_read(const struct load_tree *t, const char *path, struct buf *out,
              struct error *err);

/* Copies the file PATH into the store as a blob. WANT (may be NULL): its digest. */
int load_blob(const struct load_tree *t, const char *path, const struct digest *want,
              struct digest *got, uint64_t *size, struct error *err);

/* Names the image ROOT, whose blobs are all there. */
int load_name(struct load_tree *t, const char *name, const struct descriptor *root,
              struct error *err);

/* The two kinds of archives. LIST is the array of index.json, or of manifest.json. */
int load_layout(struct load_tree *t, const json_t *list, struct error *err);
int load_docker(struct load_tree *t, const json_t *list, struct error *err);

#endif
