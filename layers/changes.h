/*
 * changes: layers that are made here: out of changes (COPY, ADD, WORKDIR), or out of an
 * upper directory (RUN).
 */
#ifndef LAYERS_CHANGES_H
#define LAYERS_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/text.h"
#include "base/error.h"
#include "layers/content.h"
#include "layers/layers.h"
#include "layers/tree.h"

/* One entry of a layer to be made. */
struct change {
	struct entry entry;
	struct content content; /* of ENTRY_FILE */
};

struct layer_options {
	unsigned forms; /* LAYER_DIR and/or LAYER_TAR, made in one pass */
	int64_t epoch;  /* SOURCE_DATE_EPOCH: later mtimes become this; -1 none */
	bool is_mount;  /* to be looked into only: any name will do */
	const struct cancel *cancel;
};

/* No path in a layer is longer, as no kernel takes a longer one; so none is deeper than
 * half of that, which bounds every walk that enters directories one in the other. */
#define LAYER_PATH_MAX 4095

/* Nor any name in it, as no file system has one. */
#define LAYER_NAME_MAX 255

/* ERR_SOURCE if PATH, or a name in it, is longer. */
int layer_path_check(struct text path, struct error *err);

/* A layer out of CHANGES, which must be sorted by path_compare(), parents
 * included, hard links after their first name. A file shorter or longer than
 * its entry's size is ERR_SOURCE ("changed while it was read"), and so is a name that
 * begins with ".wh.", here and in an upper. */
struct layer *layer_from_changes(struct store *st, const struct change *changes, size_t n,
                                 const struct layer_options *options, struct error *err);

/* The same, asked for one by one, some more than once: they may be millions. */
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
