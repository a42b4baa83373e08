/*
 * changes: makes new layers from changes (COPY, ADD, WORKDIR) or from an upper directory
 * (RUN).
 */
#ifndef LAYERS_CHANGES_H
#define LAYERS_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/content.h"
#include "layers/layers.h"
#include "layers/tree.h"

/* One entry of a new layer. */
struct change {
	struct entry entry;
	struct content content; /* of ENTRY_FILE */
};

struct layer_options {
	unsigned forms; /* LAYER_DIR and/or LAYER_TAR, made in one pass */
	int64_t epoch;  /* SOURCE_DATE_EPOCH: later mtimes become this; -1 none */
	bool is_mount;  /* only for mounts: names are not checked */
	const struct cancel *cancel;
};

/* The maximum length of a path in a layer, as in the kernel. A path is at most half as
 * deep, which limits the recursion of every walk. */
#define LAYER_PATH_MAX 4095

/* The maximum length of a name in it, as in all file systems. */
#define LAYER_NAME_MAX 255

/* ERR_SOURCE if PATH, or a name in it, is longer. */
int layer_path_check(struct text path, struct error *err);

/* A layer out of CHANGES, which must be sorted by path_compare(), parents
 * included, hard links after their first name. A file shorter or longer than
 * its entry's size is ERR_SOURCE ("changed while it was read"), and so is a name that
 * begins with ".wh.", here and in an upper. */
struct layer *layer_from_changes(struct store *st, const struct change *changes, size_t n,
                                 const struct layer_options *options, struct error *err);

/* The same with changes from a callback, because there may be millions. Some are
 * requested more than once. */
struct change_list {
	size_t n;
	void (*get)(const void *arg, size_t i, struct change *out);
	const void *arg;
};
struct layer *
layer_from_change_list(struct store *st, const struct change_list *changes,
                       const struct layer_options *options, struct error *err);

/* A layer out of an overlay upper directory in tmp/, which is moved, not copied.
 * LOWERS (lowest first) are what it was mounted on: entries equal to theirs
 * but for atime are left out of the layer. */
struct layer *
layer_from_upper(struct store *st, const char *upper, struct layer *const *lowers,
                 size_t n_lowers, const struct layer_options *options, struct error *err);

#endif
