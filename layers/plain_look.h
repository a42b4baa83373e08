/*
 * plain_look: one walk over a plain tree, and the state that the walk's files share.
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

/* A directory on the current path, and its counterpart in the upper directory. */
struct level {
	struct level *up; /* NULL: the root */
	const char *name;
	int fd;
	int upper_fd; /* -1: not yet */
};

/* A path that differs from the layers, with everything below it (IS_WHOLE), or only the
 * directory itself. */
struct fix {
	struct text path;
	bool is_whole;
	uint8_t says;  /* its type in the layers */
	uint32_t top;  /* the highest layer with it */
	bool is_there; /* it was made again */
};

struct fixes {
	ARRAY(struct fix) list;
	struct arena *arena;
};

struct look {
	struct plain_tree *tree;
	const struct notes *before;
	size_t at;      /* the first unread entry of BEFORE */
	size_t event;   /* … and of the tree's events */
	uint32_t fresh; /* the layer for differences from BEFORE */
	struct notes now;
	struct buf path;
	int upper_fd; /* -1: changes are not copied out */
	struct map
	        linked; /* inode of a changed file with several names → its first one */
	ARRAY(struct text) split; /* paths whose ctime we changed ourselves */
	struct fixes *fixes;      /* not NULL: collect fixes instead of notes */
	uint32_t n_kept;          /* also fix what later layers changed */
	const struct cancel *cancel;
};

/* Adds to OUT every path that differs from the first N layers. */
int plain_tree_check(struct plain_tree *t, uint32_t n, struct fixes *out,
                     const struct cancel *cancel, struct error *err);

/* The directory of the upper for LEVEL, made with all its parents. */
int look_upper(struct look *l, struct level *level, struct error *err);
int look_leave(struct level *level, struct error *err);
int look_put_whiteout(struct look *l, struct level *level, struct error *err);
int look_put_node(struct look *l, struct level *level, const char *name,
                  const struct stat *st, struct error *err);

/* If a file has more names than those in the tree, the others are outside: it may be a
 * hard link to a cache mount's file, which later steps must not write to. */
int look_split_from_outside(struct look *l, struct error *err);

#endif
