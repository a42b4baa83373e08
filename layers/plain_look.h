/*
 * plain_look: one look at a plain tree, and what the parts that look share.
 */
#ifndef LAYERS_PLAIN_LOOK_H
#define LAYERS_PLAIN_LOOK_H

#include "base/array.h"
#include "base/map.h"
#include "layers/layers.h"
#include "layers/plain_apply.h"
#include "layers/plain_notes.h"

struct plain_tree {
	const char *dir;
	int fd;
	uint64_t ino; /* of DIR */
	dev_t dev;
	uint32_t n_layers;
	struct notes notes;
	struct plain_events events; /* since the notes */
};

/* A directory on the way, and what stands for it in the upper directory. */
struct level {
	struct level *up; /* NULL: the root */
	const char *name;
	int fd;
	int upper_fd; /* -1: not yet */
};

/* A path that is not as a number of layers say, with all below it (IS_WHOLE), or a
 * directory itself. */
struct fix {
	struct text path;
	bool is_whole;
	uint8_t says;  /* what the layers say of it */
	uint32_t top;  /* the highest that says so */
	bool is_there; /* it was made again */
};

struct fixes {
	ARRAY(struct fix) list;
	struct arena *arena;
};

struct look {
	struct plain_tree *tree;
	const struct notes *before;
	size_t at;      /* the first of BEFORE that was not passed */
	size_t event;   /* … and of the tree's events */
	uint32_t fresh; /* the layer of what is not as before */
	struct notes now;
	struct buf path;
	int upper_fd; /* -1: nobody wants to know what changed */
	struct map
	        linked; /* inode of a changed file with several names → its first one */
	ARRAY(struct text) split; /* paths whose change times are ours */
	struct fixes *fixes;      /* not NULL: this is wanted, and no notes */
	uint32_t n_kept;          /* what a later layer changed is to be fixed, too */
	const struct cancel *cancel;
};

/* Adds to OUT all that is not as the first N layers left it. */
int plain_tree_check(struct plain_tree *t, uint32_t n, struct fixes *out,
                     const struct cancel *cancel, struct error *err);

/* The directory of the upper that stands for LEVEL, made with all above it. */
int look_upper(struct look *l, struct level *level, struct error *err);
int look_leave(struct level *level, struct error *err);
int look_put_whiteout(struct look *l, struct level *level, struct error *err);
int look_put_node(struct look *l, struct level *level, const char *name,
                  const struct stat *st, struct error *err);

/* Names that are left beside the first one are not in the tree: a cache mount's file
 * may have been linked, and must not get what later steps write. */
int look_split_from_outside(struct look *l, struct error *err);

#endif
