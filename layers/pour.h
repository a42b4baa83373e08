/*
 * pour: makes all requested forms of a layer in one pass over its source.
 *
 *	tar stream ──┐             ┌──► tree   (tree_maker)
 *	changes ─────┼──► entry ───┼──► DIR    (unpacker)
 *	directory ───┘             └──► TAR    (tar_writer; not from a tar stream,
 *	                                        which is one already)
 */
#ifndef LAYERS_POUR_H
#define LAYERS_POUR_H

#include "layers/changes.h"
#include "layers/tar_read.h"
#include "layers/tar_write.h"
#include "layers/tree.h"
#include "layers/tree_file.h"
#include "layers/tree_maker.h"
#include "layers/unpack.h"

#define POUR_SPACE ((size_t)256 * 1024)

/* The destinations; any may be NULL. */
struct pour {
	struct tree_maker *tree;
	struct tree_writer *index; /* instead of it, if all comes sorted */
	struct unpacker *dir;
	struct tar_writer *tar;
	char *space; /* POUR_SPACE bytes to read to; not needed by pour_tar() */
	const struct cancel *cancel;
	int64_t epoch; /* later times become this; -1: none */
	bool any_name; /* of pour_changes(): names of whiteouts, too */
};

/* A layer's tar: whiteout names become whiteouts. Ends at the trailer. */
int pour_tar(const struct pour *p, struct tar_reader *from, struct error *err);

/* Sorted changes. Each file is opened and read once. */
int
pour_changes(const struct pour *p, const struct change_list *changes, struct error *err);
struct change_list pour_list(const struct change *changes, size_t n);

/* One change, unmodified. */
int pour_one(const struct pour *p, const struct change *c, struct error *err);

/* Ends dir and tar. */
int pour_end(const struct pour *p, struct error *err);

#endif
